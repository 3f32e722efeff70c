"""The silhouette of rows and its mean."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastcluster._arrays import on_host
from fastcluster._backend import select
from fastcluster._typing import ArrayLike, Device, RandomState
from fastcluster._validation import (
    check_labels,
    check_vectors,
    checked_call,
    draw_rows,
    numbered,
)
from fastcluster.metrics._clusters import read_clusters
from fastcluster.metrics._native import NATIVE

__all__ = ["silhouette_samples", "silhouette_score"]


@checked_call("sample_size", "random_state", "n_jobs", "device")
def silhouette_score(  # noqa: PLR0913 - scikit-learn's signature and ours
    X: ArrayLike,
    labels: ArrayLike,
    *,
    metric: Any = "euclidean",  # noqa: ANN401 - a name or a function
    sample_size: int | None = None,
    random_state: RandomState = None,
    n_jobs: int | None = None,
    device: Device = "auto",
    **kwds: Any,  # noqa: ANN401 - of any metric
) -> float:
    """Compute the mean silhouette of all rows, exactly.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Vectors, in any dtype that `KMeans` takes; distances of shape (n_samples, n_samples) if
        metric="precomputed".
    labels : array-like of shape (n_samples,)
        The cluster of each row; any values, of which 2 to n_samples - 1 are distinct. A label for
        noise counts as a cluster.
    metric : str or callable, default="euclidean"
        "euclidean", "sqeuclidean" and "cosine" are computed here, everything else by
        scikit-learn's function.
    sample_size : int or None, default=None
        Score only so many random rows, among themselves, as scikit-learn does (and the same ones
        for the same `random_state`). `silhouette_estimate` is more precise for the same work.
    random_state : int, RandomState instance or None, default=None
        Seed of the sample.
    n_jobs : int or None, default=None
        Threads. None is all permitted cores, or 1 inside a joblib worker.
    device : {"auto", "cpu", "cuda"}, default="auto"
        Where to run; "auto" follows the array, as in `KMeans`.
    **kwds
        More arguments for the metric; scikit-learn's function computes what they are given to.

    Returns
    -------
    float
        Between -1 and 1; large where rows are much nearer to their own cluster than to others.

    Raises
    ------
    ValueError
        If X and `labels` differ in length, X holds NaN, or the number of labels is not between 2
        and n_samples - 1.

    See Also
    --------
    silhouette_samples : The value of each row.
    silhouette_estimate : The mean from some rows, with a confidence interval.

    Notes
    -----
    Sums of Euclidean distances take n_samples**2 * n_features / 2 multiply-adds in float32, near
    pairs in float64; the score is within about 1e-8 of a float64 computation. The other two follow
    from the clusters' means in n_samples * n_clusters * n_features, in float64. Results are the
    same bits for any number of threads; between instruction sets, Euclidean ones may differ by
    rounding.

    References
    ----------
    Rousseeuw 1987, :doi:`10.1016/0377-0427(87)90125-7`.

    Examples
    --------
    >>> from fastcluster.metrics import silhouette_score
    >>> round(silhouette_score([[0.0], [1.0], [9.0], [10.0]], [0, 0, 1, 1]), 4)
    0.8885
    """
    if metric not in NATIVE or kwds:
        from sklearn.metrics import silhouette_score as general

        select(device, n_jobs, X).only_on_cpu(f"metric={metric!r}")
        value: float = general(
            X,
            labels,
            metric=metric,
            sample_size=sample_size,
            random_state=random_state,
            n_jobs=n_jobs,
            **kwds,
        )
        return value
    backend = select(device, n_jobs, X)
    vectors = check_vectors(X, backend)
    checked = check_labels(labels, vectors.shape[0], backend)
    if sample_size is not None:
        rows = draw_rows(random_state, vectors.shape[0], sample_size)
        vectors, checked = vectors.take(rows), checked[rows]
    numbers = numbered(checked)
    values = on_host(backend.silhouette(vectors.matrix, numbers, metric=metric))
    return float(np.mean(values))


@checked_call("n_jobs", "device")
def silhouette_samples(
    X: ArrayLike,
    labels: ArrayLike,
    *,
    metric: Any = "euclidean",  # noqa: ANN401 - a name or a function
    n_jobs: int | None = None,
    device: Device = "auto",
    **kwds: Any,  # noqa: ANN401 - of any metric
) -> NDArray[np.float64]:
    """Compute the silhouette of each row, exactly.

    With a the mean distance to the other rows of its cluster, and b the least mean distance to the
    rows of another cluster, it is (b - a) / max(a, b).

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
        As in `silhouette_score`.
    labels : array-like of shape (n_samples,)
        As in `silhouette_score`.
    metric : str or callable, default="euclidean"
        As in `silhouette_score`.
    n_jobs : int or None, default=None
        Threads. None is all permitted cores, or 1 inside a joblib worker.
    device : {"auto", "cpu", "cuda"}, default="auto"
        Where to run; "auto" follows the array, as in `KMeans`.
    **kwds
        More arguments for the metric; scikit-learn's function computes what they are given to.

    Returns
    -------
    ndarray of float64 of shape (n_samples,)
        Between -1 and 1; 0 for a row alone in its cluster. Where vectors are float32,
        scikit-learn's are so too.

    Raises
    ------
    ValueError
        As `silhouette_score`.

    See Also
    --------
    silhouette_score : Their mean.

    Notes
    -----
    Cost and precision are those of `silhouette_score`; with Euclidean distances, values are within
    about 1e-6 of a float64 computation.

    Examples
    --------
    >>> from fastcluster.metrics import silhouette_samples
    >>> silhouette_samples([[0.0], [1.0], [5.0]], [0, 0, 1]).tolist()
    [0.8, 0.75, 0.0]
    """
    if metric not in NATIVE or kwds:
        from sklearn.metrics import silhouette_samples as general

        select(device, n_jobs, X).only_on_cpu(f"metric={metric!r}")
        values = general(X, labels, metric=metric, n_jobs=n_jobs, **kwds)
        return np.asarray(values, dtype=np.float64)
    backend, vectors, numbers = read_clusters(X, labels, n_jobs=n_jobs, device=device)
    return backend.give(backend.silhouette(vectors.matrix, numbers, metric=metric))
