"""What the tests of the comparison share."""

import numpy as np
import pytest

import fake_engines as fakes
from fastcluster.bench import measure
from fastcluster.bench.trial import Trial, Work


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    """Let timings follow one another at once: nothing is concluded from them here."""
    monkeypatch.setattr(measure, "PAUSE_SECONDS", 0.0)


@pytest.fixture
def fake_engines(monkeypatch):
    """Put fakes in the places of all engines; return the list of their calls."""
    return fakes.install(monkeypatch)


@pytest.fixture
def make_trial():
    """Return a function that makes a trial of 600 rows around 8 corners."""
    draw = np.random.default_rng(0)
    corners = 6 * draw.normal(size=(8, 4))
    X = (corners[draw.integers(8, size=600)] + draw.normal(size=(600, 4))).astype(np.float32)

    def make(task="lloyd", max_iter=4, tol=0.0):
        centers = X[:5].copy() if task in ("assign", "lloyd") else None
        return Trial(Work(task, 5, max_iter, tol), X, centers, 1)

    return make
