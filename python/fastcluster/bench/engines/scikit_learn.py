"""scikit-learn, whose estimators this library's stand in for."""

from contextlib import AbstractContextManager

import numpy as np
import sklearn
from sklearn.cluster import DBSCAN, HDBSCAN, KMeans, MiniBatchKMeans
from sklearn.metrics import pairwise_distances_argmin, silhouette_score
from threadpoolctl import threadpool_limits

from fastcluster.bench.contract import Given, Outcome, Settings, Vectors
from fastcluster.bench.engines._settings import core_mask, without_none

NAME = "scikit-learn"


def version() -> str:
    """Return the installed version."""
    return str(sklearn.__version__)


def threads(n_threads: int) -> AbstractContextManager[object]:
    """Limit its OpenMP and BLAS pools by threadpoolctl, as its documentation says."""
    limits: AbstractContextManager[object] = threadpool_limits(n_threads)
    return limits


def assign(X: Vectors, centers: Given, settings: Settings) -> Outcome:
    """Find the nearest center of each row; the distances are not returned."""
    return Outcome(pairwise_distances_argmin(X, centers))


def lloyd(X: Vectors, centers: Given, settings: Settings) -> Outcome:
    """Fit from the given start."""
    return _fitted(KMeans, X, settings, init=centers)


def fit(X: Vectors, centers: Given, settings: Settings) -> Outcome:
    """Fit with every default."""
    return _fitted(KMeans, X, settings)


def minibatch(X: Vectors, centers: Given, settings: Settings) -> Outcome:
    """Fit mini-batch k-means with every default."""
    return _fitted(MiniBatchKMeans, X, settings)


def dbscan(X: Vectors, given: Given, settings: Settings) -> Outcome:
    """Label the rows; it finds and keeps all neighbourhoods first."""
    model = DBSCAN(n_jobs=settings.n_threads, **settings.parameters).fit(X)
    return Outcome(model.labels_, core=core_mask(len(X), model.core_sample_indices_))


def hdbscan(X: Vectors, given: Given, settings: Settings) -> Outcome:
    """Label the rows; a copy of X, which its future default makes, is not asked for."""
    model = HDBSCAN(n_jobs=settings.n_threads, copy=False, **settings.parameters).fit(X)
    return Outcome(model.labels_)


def silhouette(X: Vectors, given: Given, settings: Settings) -> Outcome:
    """Score the labels, by distances in blocks of rows."""
    return Outcome(values=np.array(silhouette_score(X, given, **settings.parameters)))


def _fitted(
    estimator: type[KMeans | MiniBatchKMeans],
    X: Vectors,
    settings: Settings,
    **parameters: object,
) -> Outcome:
    model = estimator(
        settings.n_clusters,
        random_state=settings.seed,
        **without_none(max_iter=settings.max_iter, tol=settings.tol),
        **parameters,
    ).fit(X)
    return Outcome(model.labels_, model.cluster_centers_, model.n_iter_)
