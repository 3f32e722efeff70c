"""scikit-learn, whose estimators this library's stand in for."""

from contextlib import AbstractContextManager

import sklearn
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.metrics import pairwise_distances_argmin
from threadpoolctl import threadpool_limits

from fastcluster.bench.contract import Outcome, Settings, Start, Vectors
from fastcluster.bench.engines._settings import given

NAME = "scikit-learn"


def version() -> str:
    """Return the installed version."""
    return str(sklearn.__version__)


def threads(n_threads: int) -> AbstractContextManager[object]:
    """Limit its OpenMP and BLAS pools by threadpoolctl, as its documentation says."""
    limits: AbstractContextManager[object] = threadpool_limits(n_threads)
    return limits


def assign(X: Vectors, centers: Start, settings: Settings) -> Outcome:
    """Find the nearest center of each row; the distances are not returned."""
    return Outcome(pairwise_distances_argmin(X, centers))


def lloyd(X: Vectors, centers: Start, settings: Settings) -> Outcome:
    """Fit from the given start."""
    return _fitted(KMeans, X, settings, init=centers)


def fit(X: Vectors, centers: Start, settings: Settings) -> Outcome:
    """Fit with every default."""
    return _fitted(KMeans, X, settings)


def minibatch(X: Vectors, centers: Start, settings: Settings) -> Outcome:
    """Fit mini-batch k-means with every default."""
    return _fitted(MiniBatchKMeans, X, settings)


def _fitted(
    estimator: type[KMeans | MiniBatchKMeans],
    X: Vectors,
    settings: Settings,
    **parameters: object,
) -> Outcome:
    model = estimator(
        settings.n_clusters,
        random_state=settings.seed,
        **given(max_iter=settings.max_iter, tol=settings.tol),
        **parameters,
    ).fit(X)
    return Outcome(model.labels_, model.cluster_centers_, model.n_iter_)
