"""dbscan, by Wang, Gu and Shun: parallel DBSCAN of points in 2 to 20 dimensions.

It starts its threads once per process and takes their number from `PARLAY_NUM_THREADS` then, so
another number later is not available.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version as installed

from dbscan import DBSCAN

from fastcluster.bench.contract import Given, NotAvailable, Outcome, Settings, Vectors

NAME = "dbscan"
REMARKS = {
    "dbscan": "a border row near several clusters may get another of them, so some rows differ"
}
FEATURES = range(2, 21)
_VARIABLE = "PARLAY_NUM_THREADS"
_started: list[int] = []
"""The number of threads with which it was first used, if it was."""


def version() -> str:
    """Return the installed version."""
    return installed("dbscan")


@contextmanager
def threads(n_threads: int) -> Iterator[None]:
    """Set its number of threads by its environment variable, which it reads once."""
    if _started and _started[0] != n_threads:
        raise NotAvailable(f"runs with the {_started[0]} threads it was started with")
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = str(n_threads)
    try:
        yield
    finally:
        os.environ.pop(_VARIABLE)
        if before is not None:
            os.environ[_VARIABLE] = before


def dbscan(X: Vectors, given: Given, settings: Settings) -> Outcome:
    """Label the rows; it has Euclidean distance only."""
    eps, min_samples = settings.parameters["eps"], settings.parameters["min_samples"]
    if X.shape[1] not in FEATURES:
        raise NotAvailable(f"takes {FEATURES[0]} to {FEATURES[-1]} features, got {X.shape[1]}")
    if settings.parameters.get("metric", "euclidean") != "euclidean":
        raise NotAvailable("has Euclidean distance only")
    if not _started:
        _started.append(settings.n_threads)
    labels, core = DBSCAN(X, eps=eps, min_samples=min_samples)
    return Outcome(labels, core=core)
