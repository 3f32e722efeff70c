"""scikit-learn, whose estimators this library's stand in for."""

from contextlib import AbstractContextManager

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.metrics import pairwise_distances_argmin
from threadpoolctl import threadpool_limits

from benches.end_to_end.contract import Outcome, Settings
from benches.end_to_end.engines._given import given

NAME = "scikit-learn"


def version() -> str:
    """Return the installed version."""
    return sklearn.__version__


def threads(n_threads: int) -> AbstractContextManager[object]:
    """Limit its OpenMP and BLAS pools by threadpoolctl, as its documentation says."""
    return threadpool_limits(n_threads)


def assign(X: NDArray[np.float32], centers: NDArray[np.float32], settings: Settings) -> Outcome:
    """Find the nearest center of each row; the distances are not returned."""
    return Outcome(pairwise_distances_argmin(X, centers))


def lloyd(X: NDArray[np.float32], centers: NDArray[np.float32], settings: Settings) -> Outcome:
    """Fit from the given start."""
    return _fitted(KMeans, X, settings, init=centers)


def fit(X: NDArray[np.float32], centers: None, settings: Settings) -> Outcome:
    """Fit with every default."""
    return _fitted(KMeans, X, settings)


def minibatch(X: NDArray[np.float32], centers: None, settings: Settings) -> Outcome:
    """Fit mini-batch k-means with every default."""
    return _fitted(MiniBatchKMeans, X, settings)


def _fitted(
    estimator: type[KMeans | MiniBatchKMeans],
    X: NDArray[np.float32],
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
