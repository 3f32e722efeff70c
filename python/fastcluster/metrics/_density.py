"""DBCV: whether clusters are dense inside and apart from each other."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastcluster._arrays import Vectors
from fastcluster._backend import Backend, select
from fastcluster._typing import ArrayLike, Device
from fastcluster._validation import (
    check_cluster_numbers,
    check_distances,
    check_memory,
    check_vectors,
    checked_call,
)
from fastcluster.metrics._native import NATIVE

__all__ = ["validity_index"]


@checked_call("d", "per_cluster_scores", "mst_raw_dist", "n_jobs", "device")
def validity_index(  # noqa: PLR0913 - hdbscan's signature and ours
    X: ArrayLike,
    labels: ArrayLike,
    metric: Any = "euclidean",  # noqa: ANN401 - a name or a function
    d: float | None = None,
    per_cluster_scores: bool = False,
    mst_raw_dist: bool = False,
    *,
    n_jobs: int | None = None,
    device: Device = "auto",
    **kwd_args: Any,  # noqa: ANN401 - of any metric
) -> Any:  # noqa: ANN401 - a float or a tuple
    """Compute DBCV, the density-based validity of a clustering.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Vectors, in any dtype that `KMeans` takes; distances of shape (n_samples, n_samples) if
        metric="precomputed".
    labels : array-like of int of shape (n_samples,)
        The cluster of each row, from 0; negative numbers are noise.
    metric : str or callable, default="euclidean"
        "euclidean", "sqeuclidean" and "cosine" are computed as they are needed; for all others of
        scikit-learn's, the matrix of distances is made first.
    d : float or None, default=None
        Dimension in which density is meant; needed for, and used with, metric="precomputed" alone.
        Otherwise it is the number of features.
    per_cluster_scores : bool, default=False
        Whether the score of each cluster is returned too.
    mst_raw_dist : bool, default=False
        Leave core distances out, and take distances as they are.
    n_jobs : int or None, default=None
        Threads. None is all permitted cores, or 1 inside a joblib worker.
    device : {"auto", "cpu", "cuda"}, default="auto"
        Where to run. This score runs on the CPU only: "cuda" is refused.
    **kwd_args
        More arguments for the metric.

    Returns
    -------
    score : float
        Between -1 and 1, larger is better: the clusters' scores by their share of all rows, noise
        included. NaN for a single cluster, which nothing can be apart from; 0 for none.
    scores : ndarray of float64 of shape (max(labels) + 1,)
        The score of each cluster, NaN for numbers that do not occur; only if `per_cluster_scores`.

    Raises
    ------
    ValueError
        If X and `labels` differ in length, X holds NaN, or `d` is missing for precomputed
        distances.
    MemoryError
        If a matrix of distances has to be made, and is larger than `memory_limit`.

    See Also
    --------
    silhouette_score : A score for compact clusters.

    Notes
    -----
    The definition, and the rule where reachabilities tie, are those of the hdbscan package's
    function. Differences: powers of distances are relative to the least one, so that nothing
    overflows in hundreds of dimensions; equal rows are at distance zero exactly; a weight is tied
    with another within 1e-5 of it however small it is; a cluster of one row scores 0 (hdbscan
    raises); where separation and sparseness are both zero, the score is 0; there is no `verbose`.

    Within clusters, 2 * sum(sizes**2) * n_features in float64; between them, at most
    n_samples**2 / 2 * n_features, less what core distances rule out. Memory is O(n_samples) beside
    a copy of X.

    References
    ----------
    Moulavi, Jaskowiak, Campello, Zimek and Sander 2014, :doi:`10.1137/1.9781611973440.96`.

    Examples
    --------
    >>> from fastcluster.metrics import validity_index
    >>> X = [[0.0], [1.0], [2.0], [9.0], [10.0], [11.0]]
    >>> round(validity_index(X, [0, 0, 0, 1, 1, 1]), 4)
    0.8519
    """
    backend = select(device, n_jobs, X)
    settings = {"raw": bool(mst_raw_dist)}
    if metric not in NATIVE or kwd_args:
        backend.only_on_cpu(f"metric={metric!r}")
    if metric == "precomputed":
        if d is None:
            raise ValueError(
                "If metric is precomputed a d value must be provided!\n"
                "hint: pass d, the number of features behind the distances"
            )
        distances = check_distances(X)
        numbers = check_cluster_numbers(labels, len(distances), backend)
        rows, kept = _clustered(numbers)
        score, scores = backend.density_validity(
            distances, rows, kept, metric=None, dimension=float(d), **settings
        )
    else:
        vectors = check_vectors(X, backend)
        numbers = check_cluster_numbers(labels, vectors.shape[0], backend)
        score, scores = _of_vectors(backend, vectors, numbers, metric, kwd_args, **settings)
    if not per_cluster_scores:
        return score
    found = np.unique(numbers[numbers >= 0])
    by_number = np.full(int(found[-1]) + 1 if len(found) else 0, np.nan)
    by_number[found] = scores
    return score, by_number


def _clustered(numbers: NDArray[np.int64]) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return the rows that are in a cluster, and their clusters numbered without gaps."""
    rows = np.flatnonzero(numbers >= 0)
    _, kept = np.unique(numbers[rows], return_inverse=True)
    return rows.astype(np.uint32), kept.astype(np.uint32)


def _of_vectors(
    backend: Backend,
    vectors: Vectors,
    numbers: NDArray[np.int64],
    metric: Any,  # noqa: ANN401 - a name or a function
    arguments: dict[str, Any],
    *,
    raw: bool,
) -> tuple[float, NDArray[np.float64]]:
    """Return the score and those of the clusters, for vectors of any metric."""
    n_samples, n_features = vectors.shape
    rows, kept = _clustered(numbers)
    if metric in NATIVE and not arguments:
        return backend.density_validity(
            vectors.matrix, rows, kept, metric=metric, dimension=float(n_features), raw=raw
        )
    from sklearn.metrics import pairwise_distances

    check_memory(8 * len(rows) ** 2, f"the {len(rows)} x {len(rows)} distances")
    if not len(rows):
        return 0.0, np.empty(0)
    distances = pairwise_distances(vectors.data[rows], metric=metric, **arguments)
    score, scores = backend.density_validity(
        np.ascontiguousarray(distances, dtype=np.float64),
        np.arange(len(rows), dtype=np.uint32),
        kept,
        metric=None,
        dimension=float(n_features),
        raw=raw,
    )
    return score * len(rows) / n_samples, scores
