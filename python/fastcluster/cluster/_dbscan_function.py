"""DBSCAN as a plain function."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastcluster._typing import ArrayLike, Device
from fastcluster.cluster._dbscan import DBSCAN

__all__ = ["dbscan"]


def dbscan(  # noqa: PLR0913 - scikit-learn's signature and ours
    X: ArrayLike,
    eps: float = 0.5,
    *,
    min_samples: int = 5,
    metric: str | Callable[..., float] = "minkowski",
    metric_params: dict[str, Any] | None = None,
    algorithm: str = "auto",
    leaf_size: int = 30,
    p: float | None = 2,
    sample_weight: ArrayLike = None,
    n_jobs: int | None = None,
    device: Device = "auto",
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Cluster vectors, or rows of known distances, as dense regions.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features) or (n_samples, n_samples)
        Vectors, or distances where `metric="precomputed"`.
    eps : float, default=0.5
        Largest distance of two neighbours.
    min_samples : int, default=5
        Neighbours, or their total weight, that make a row core, itself included.
    metric : str or callable, default="minkowski"
        As in `DBSCAN`; "minkowski" with `p=2` is "euclidean".
    metric_params : dict, default=None
        Keyword arguments of the metric.
    algorithm : {"auto", "ball_tree", "kd_tree", "brute"}, default="auto"
        How scikit-learn finds neighbours under its metrics.
    leaf_size : int, default=30
        As `algorithm`.
    p : float, default=2
        Power of the Minkowski metric.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each row, as in `DBSCAN.fit`.
    n_jobs : int or None, default=None
        Threads. None is all permitted cores, or 1 inside a joblib worker.
    device : {"auto", "cpu", "cuda"}, default="auto"
        Where to run; "auto" follows the array, as in `KMeans`.

    Returns
    -------
    core_samples : ndarray of intp of shape (n_core_samples,)
        The core rows, in order.
    labels : ndarray of intp of shape (n_samples,)
        Cluster of each row, -1 for noise.

    Raises
    ------
    ValueError
        If X, the weights or a parameter are out of their range.

    See Also
    --------
    DBSCAN : The estimator, which also labels new rows.

    Examples
    --------
    >>> from fastcluster import dbscan
    >>> core_samples, labels = dbscan([[0.0], [1.0], [2.0], [9.0]], eps=1, min_samples=3)
    >>> core_samples.tolist(), labels.tolist()
    ([1], [0, 0, 0, -1])
    """
    model = DBSCAN(
        eps,
        min_samples=min_samples,
        metric=metric,
        metric_params=metric_params,
        algorithm=algorithm,
        leaf_size=leaf_size,
        p=p,
        n_jobs=n_jobs,
        device=device,
    ).fit(X, sample_weight=sample_weight)
    return model.core_sample_indices_, model.labels_
