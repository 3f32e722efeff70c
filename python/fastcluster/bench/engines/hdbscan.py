"""hdbscan, by McInnes, Healy and Astels, whose estimator scikit-learn's stands in for.

Its `min_samples` does not count the row itself, so it gets one less than the others. It may search
its minimum spanning tree approximately unless told otherwise; here it is told.
"""

from contextlib import AbstractContextManager
from importlib.metadata import version as installed

from hdbscan import HDBSCAN
from threadpoolctl import threadpool_limits

from fastcluster.bench.contract import Given, NotAvailable, Outcome, Settings, Vectors
from fastcluster.bench.engines._settings import others_within

NAME = "hdbscan"


def version() -> str:
    """Return the installed version."""
    return installed("hdbscan")


def threads(n_threads: int) -> AbstractContextManager[object]:
    """Limit BLAS and OpenMP by threadpoolctl; the task passes `core_dist_n_jobs`."""
    limits: AbstractContextManager[object] = threadpool_limits(n_threads)
    return limits


def hdbscan(X: Vectors, given: Given, settings: Settings) -> Outcome:
    """Label the rows."""
    if settings.parameters.get("metric", "euclidean") != "euclidean":
        raise NotAvailable("its other metrics need a matrix of all distances")
    model = HDBSCAN(
        min_cluster_size=settings.parameters["min_cluster_size"],
        min_samples=others_within(settings),
        approx_min_span_tree=False,
        core_dist_n_jobs=settings.n_threads,
    ).fit(X)
    return Outcome(model.labels_)
