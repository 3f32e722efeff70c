"""K-means and nearest centers as plain functions."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastcluster._backend import select
from fastcluster._config import setting
from fastcluster._typing import ArrayLike, Device, Metric, RandomState
from fastcluster._validation import (
    check_centers,
    check_enough_rows,
    check_memory,
    check_vectors,
    check_weights,
    checked_call,
    draw_seed,
)
from fastcluster.cluster._kmeans import KMeans

__all__ = ["k_means", "kmeans_plusplus", "nearest_centroids"]


@checked_call("n_neighbors", "metric", "n_jobs", "device")
def nearest_centroids(
    X: ArrayLike,
    centers: ArrayLike,
    n_neighbors: int = 1,
    *,
    metric: Metric = "euclidean",
    n_jobs: int | None = None,
    device: Device = "auto",
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Find the nearest centers of each row, exactly.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Vectors, in any dtype that `KMeans` takes.
    centers : array-like of shape (n_centers, n_features)
        Vectors to search among.
    n_neighbors : int, default=1
        How many centers to return for each row, at most n_centers.
    metric : {"euclidean", "cosine"}, default="euclidean"
        "cosine" is 1 - cos; a row or center of zeros is at distance 1 from everything.
    n_jobs : int or None, default=None
        Threads. None is all permitted cores, or 1 inside a joblib worker.
    device : {"auto", "cpu", "cuda"}, default="auto"
        Where to run; "auto" follows the array, as in `KMeans`.

    Returns
    -------
    distances : ndarray of shape (n_samples, n_neighbors)
        True distances (FAISS returns squared ones), nearest first; float64 for float64 X, else
        float32.
    indices : ndarray of int64 of shape (n_samples, n_neighbors)
        Rows of `centers`; ties go to the lowest.

    Raises
    ------
    ValueError
        If `n_neighbors` is more than there are centers, or the widths differ.

    See Also
    --------
    KMeans.predict : The nearest center of a fitted model.

    Examples
    --------
    >>> from fastcluster import nearest_centroids
    >>> distances, indices = nearest_centroids([[1.0], [7.0]], [[0.0], [10.0]], n_neighbors=2)
    >>> distances.tolist()
    [[1.0, 9.0], [3.0, 7.0]]
    >>> indices.tolist()
    [[0, 1], [1, 0]]
    """
    backend = select(device, n_jobs, X)
    vectors = check_vectors(X, backend)
    checked = check_centers(centers, vectors, backend, n_clusters=None, parameter="centers")
    n_centers = checked.shape[0]
    if n_neighbors > n_centers:
        raise ValueError(
            f"n_neighbors={n_neighbors} should be <= the number of centers, {n_centers}\n"
            f"hint: pass n_neighbors={n_centers} or fewer"
        )
    n_samples, _ = vectors.shape
    n_bytes_per_pair = np.dtype(vectors.result_dtype).itemsize + np.dtype(np.int64).itemsize
    check_memory(
        n_samples * n_neighbors * n_bytes_per_pair,
        f"the {n_samples} x {n_neighbors} distances and indices",
    )
    distances, indices = backend.nearest(
        vectors.matrix, checked, n_neighbors=n_neighbors, metric=metric
    )
    return backend.give(distances), backend.give(indices)


@checked_call("n_clusters", "sample_weight", "x_squared_norms", "random_state", "n_local_trials")
def kmeans_plusplus(
    X: ArrayLike,
    n_clusters: int,
    *,
    sample_weight: ArrayLike = None,
    x_squared_norms: ArrayLike = None,
    random_state: RandomState = None,
    n_local_trials: int | None = None,
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Choose start centers among the rows of X by greedy k-means++.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Vectors to choose from.
    n_clusters : int
        How many to choose, at most n_samples.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each row; a row of weight 0 is not chosen.
    x_squared_norms : array-like of shape (n_samples,), default=None
        Accepted for scikit-learn's sake: only its length is checked, the norms are computed anyway.
    random_state : int, RandomState instance or None, default=None
        Seed of the draw.
    n_local_trials : int or None, default=None
        Candidates tried for each center, of which the best is kept. None is 2 +
        int(log(n_clusters)).

    Returns
    -------
    centers : ndarray of shape (n_clusters, n_features)
        The chosen rows, as float32 or float64.
    indices : ndarray of int64 of shape (n_clusters,)
        Which rows they are.

    Raises
    ------
    ValueError
        If there are fewer rows than centers, or `x_squared_norms` has another length than X.
    MemoryError
        If the draw needs more than `memory_limit`.

    See Also
    --------
    KMeans : Starts this way by default.

    Examples
    --------
    >>> from fastcluster import kmeans_plusplus
    >>> centers, indices = kmeans_plusplus([[0.0], [1.0], [9.0]], 3, random_state=0)
    >>> sorted(indices.tolist())
    [0, 1, 2]
    """
    backend = select("auto", None, X)
    vectors = check_vectors(X, backend)
    weights = check_weights(sample_weight, vectors, backend)
    check_enough_rows(vectors, n_clusters)
    n_samples, _ = vectors.shape
    if x_squared_norms is not None and len(x_squared_norms) != n_samples:
        raise ValueError(
            f"The length of x_squared_norms {len(x_squared_norms)} should be equal to the length "
            f"of n_samples {n_samples}.\nhint: leave x_squared_norms out"
        )
    centers, indices = backend.start_centers(
        vectors.matrix,
        n_clusters=n_clusters,
        init="k-means++",
        sample_weight=weights,
        seed=draw_seed(random_state),
        metric="euclidean",
        memory_limit=setting("memory_limit"),
        n_local_trials=n_local_trials,
    )
    return backend.give(centers), backend.give(indices)


@checked_call("sample_weight", "return_n_iter")
def k_means(  # noqa: PLR0913 - scikit-learn's signature
    X: ArrayLike,
    n_clusters: int,
    *,
    sample_weight: ArrayLike = None,
    init: ArrayLike = "k-means++",
    n_init: int | str = "auto",
    max_iter: int = 300,
    verbose: bool = False,
    tol: float = 1e-4,
    random_state: RandomState = None,
    copy_x: bool = True,
    algorithm: str = "lloyd",
    return_n_iter: bool = False,
) -> tuple[Any, ...]:
    """Run `KMeans` and return what it found as a tuple.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Vectors to cluster.
    n_clusters : int
        Number of clusters.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each row.
    init, n_init, max_iter, verbose, tol, random_state, copy_x, algorithm
        As in `KMeans`.
    return_n_iter : bool, default=False
        Whether the number of iterations is returned too.

    Returns
    -------
    centers : ndarray of shape (n_clusters, n_features)
        `cluster_centers_`.
    labels : ndarray of int32 of shape (n_samples,)
        `labels_`.
    inertia : float
        `inertia_`.
    n_iter : int
        `n_iter_`; only if `return_n_iter`.

    See Also
    --------
    KMeans : The estimator, which can also predict.

    Examples
    --------
    >>> from fastcluster import k_means
    >>> centers, labels, inertia = k_means([[0.0], [1.0], [9.0]], 2, init=[[0.0], [9.0]])
    >>> labels.tolist(), inertia
    ([0, 0, 1], 0.5)
    """
    model = KMeans(
        n_clusters=n_clusters,
        init=init,
        n_init=n_init,
        max_iter=max_iter,
        verbose=verbose,
        tol=tol,
        random_state=random_state,
        copy_x=copy_x,
        algorithm=algorithm,
    ).fit(X, sample_weight=sample_weight)
    found = (model.cluster_centers_, model.labels_, model.inertia_)
    return (*found, model.n_iter_) if return_n_iter else found
