"""Promise 5: other Python threads run while a fit does."""

import threading
import time

import numpy as np
import pytest

import fastcluster as fc


class Ticks:
    """Count how often a second thread gets to run while a block of code does."""

    def __enter__(self):
        self.count = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._tick)
        self._thread.start()
        return self

    def _tick(self):
        while not self._stop.is_set():
            self.count += 1
            time.sleep(0.0005)

    def __exit__(self, *_):
        self.during = self.count
        self._stop.set()
        self._thread.join()


@pytest.fixture(scope="module", name="X")
def vectors():
    return np.random.default_rng(0).normal(size=(30_000, 128)).astype(np.float32)


def test_ticks_stop_while_the_lock_is_held():
    """Show that the counts below could be low: one call of `sum` holds the lock to its end."""
    with Ticks() as ticks:
        before = ticks.count
        sum(range(10_000_000))
    assert ticks.during - before <= 5


def test_fit(X):
    # One iteration, so that the core reports to Python, and takes the lock, only a few times.
    estimator = fc.KMeans(3_000, init=X[:3_000], max_iter=1, n_jobs=1)
    with Ticks() as ticks:
        estimator.fit(X)
    assert ticks.during > 10


def test_nearest_centroids(X):
    with Ticks() as ticks:
        fc.nearest_centroids(X, X[:3_000], n_jobs=1)
    assert ticks.during > 10
