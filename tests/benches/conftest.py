"""What the tests of the benchmark harness share."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

# The harness is run from the root of the repository and is no part of the installed package.
sys.path.insert(0, str(Path(__file__).parents[2]))

from benches.end_to_end import engines, measure, runner
from benches.end_to_end.contract import Outcome


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    """Let timings follow one another at once: nothing is concluded from them here."""
    monkeypatch.setattr(measure, "PAUSE_SECONDS", 0.0)


class FakeEngine(SimpleNamespace):
    """An engine that labels every row 0 and notes when it was called."""

    def __init__(self, name, calls):
        super().__init__(NAME=name, calls=calls)

    def version(self):
        return "1.0"

    def threads(self, n_threads):
        self.n_threads = n_threads
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def lloyd(self, X, centers, settings):
        self.calls.append((self.NAME, len(X), settings.seed))
        return Outcome(np.zeros(len(X), dtype=np.int32), centers, settings.max_iter)


@pytest.fixture
def fake_engines(monkeypatch):
    """Put fakes in the places of all engines; return the list of their calls."""
    calls = []
    fakes = {name: FakeEngine(name, calls) for name in engines.MODULES}
    monkeypatch.setattr(runner, "load", fakes.__getitem__)
    return SimpleNamespace(calls=calls, **{name.replace("-", "_"): fakes[name] for name in fakes})


CASES = """
[data.blobs]
mixture = { n_samples = 600, n_features = 4, n_blobs = 8 }

[short]
rows_max = 300
repeats = 1

[[case]]
name = "first"
title = "Lloyd on blobs"
data = "blobs"
task = "lloyd"
n_clusters = 5
start = "rows"
max_iter = 4
tol = 0.0
peers = ["scikit-learn"]
faster_than = { scikit-learn = 1.0 }

[[case]]
name = "second"
title = "nearest of means"
data = "blobs"
task = "assign"
n_clusters = 5
start = "means"
peers = ["scikit-learn", "faiss"]
"""


@pytest.fixture
def cases_file(tmp_path):
    path = tmp_path / "cases.toml"
    path.write_text(CASES)
    return path
