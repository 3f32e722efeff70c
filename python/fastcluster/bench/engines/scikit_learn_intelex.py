"""Intel's extension of scikit-learn: KMeans and DBSCAN on oneDAL, without patching scikit-learn.

oneDAL runs Lloyd's algorithm only, and hands to scikit-learn what it does not support, such as one
cluster. Its MiniBatchKMeans and pairwise distances are scikit-learn's own, so they are no tasks.
"""

from contextlib import AbstractContextManager, nullcontext
from importlib.metadata import version as installed

from sklearnex.cluster import DBSCAN, KMeans

from fastcluster.bench.contract import Given, Outcome, Settings, Vectors
from fastcluster.bench.engines._settings import core_mask, without_none

NAME = "scikit-learn-intelex"


def version() -> str:
    """Return the installed version."""
    return installed("scikit-learn-intelex")


def threads(n_threads: int) -> AbstractContextManager[None]:
    """Do nothing: the tasks pass `n_jobs`."""
    return nullcontext(None)


def lloyd(X: Vectors, centers: Given, settings: Settings) -> Outcome:
    """Fit from the given start."""
    return _fitted(X, settings, init=centers)


def fit(X: Vectors, centers: Given, settings: Settings) -> Outcome:
    """Fit with every default."""
    return _fitted(X, settings)


def dbscan(X: Vectors, given: Given, settings: Settings) -> Outcome:
    """Label the rows."""
    model = DBSCAN(n_jobs=settings.n_threads, **settings.parameters).fit(X)
    return Outcome(model.labels_, core=core_mask(len(X), model.core_sample_indices_))


def _fitted(X: Vectors, settings: Settings, **parameters: object) -> Outcome:
    model = KMeans(
        settings.n_clusters,
        random_state=settings.seed,
        n_jobs=settings.n_threads,
        **without_none(max_iter=settings.max_iter, tol=settings.tol),
        **parameters,
    ).fit(X)
    return Outcome(model.labels_, model.cluster_centers_, model.n_iter_)
