"""What the tests of the benchmark harness share."""

import sys
from pathlib import Path

import pytest

import fake_engines as fakes

# The cases are run from the root of the repository and are no part of the installed package.
sys.path.insert(0, str(Path(__file__).parents[2]))

from fastcluster.bench import measure


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    """Let timings follow one another at once: nothing is concluded from them here."""
    monkeypatch.setattr(measure, "PAUSE_SECONDS", 0.0)


@pytest.fixture
def fake_engines(monkeypatch):
    """Put fakes in the places of all engines; return the list of their calls."""
    return fakes.install(monkeypatch)


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

[[case]]
name = "third"
title = "too long to wait for"
long = true
data = "blobs"
task = "fit"
n_clusters = 5
"""


@pytest.fixture
def cases_file(tmp_path):
    path = tmp_path / "cases.toml"
    path.write_text(CASES)
    return path
