"""SciPy: its hierarchical clustering. It has one thread."""

from contextlib import AbstractContextManager
from importlib.metadata import version as installed

from scipy.cluster.hierarchy import linkage as scipy_linkage
from threadpoolctl import threadpool_limits

from fastcluster.bench.contract import Given, Outcome, Settings, Vectors
from fastcluster.bench.engines._settings import needed

NAME = "SciPy"


def version() -> str:
    """Return the installed version."""
    return installed("scipy")


def threads(n_threads: int) -> AbstractContextManager[object]:
    """Limit the pools of its BLAS by threadpoolctl."""
    limits: AbstractContextManager[object] = threadpool_limits(n_threads)
    return limits


def linkage(X: Vectors, given: Given, settings: Settings) -> Outcome:
    """Build the dendrogram of condensed distances."""
    return Outcome(values=scipy_linkage(needed(given), settings.parameters["method"])[:, 2])


def ward(X: Vectors, given: Given, settings: Settings) -> Outcome:
    """Build Ward's dendrogram: it holds the distances of all pairs."""
    return Outcome(values=scipy_linkage(X, "ward")[:, 2])
