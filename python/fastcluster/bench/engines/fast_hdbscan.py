"""fast_hdbscan, by the same group: HDBSCAN for few dimensions, compiled by Numba.

Its `min_samples` does not count the row itself, so it gets one less than the others.
"""

from importlib.metadata import version as installed

from fast_hdbscan import HDBSCAN

from fastcluster.bench.contract import Given, NotAvailable, Outcome, Settings, Vectors
from fastcluster.bench.engines._numba import threads
from fastcluster.bench.engines._settings import others_within

__all__ = ["NAME", "REMARKS", "hdbscan", "threads", "version"]

NAME = "fast_hdbscan"
REMARKS = {"hdbscan": "above 30 dimensions its neighbours, and so its tree, are approximate"}


def version() -> str:
    """Return the installed version."""
    return installed("fast_hdbscan")


def hdbscan(X: Vectors, given: Given, settings: Settings) -> Outcome:
    """Label the rows."""
    if settings.parameters.get("metric", "euclidean") != "euclidean":
        raise NotAvailable("is compared by Euclidean distance only")
    model = HDBSCAN(
        min_cluster_size=settings.parameters["min_cluster_size"],
        min_samples=others_within(settings),
    )
    try:
        model.fit(X)
    except ImportError as error:  # above 30 dimensions
        raise NotAvailable("needs pynndescent: pip install 'fast_hdbscan[nndescent]'") from error
    return Outcome(model.labels_)
