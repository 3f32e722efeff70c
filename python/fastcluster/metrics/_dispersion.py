"""Scores from the spread of clusters about their centroids."""

from fastcluster._typing import ArrayLike, Device
from fastcluster._validation import checked_call
from fastcluster.metrics._clusters import read_clusters

__all__ = ["calinski_harabasz_score", "davies_bouldin_score"]


@checked_call("n_jobs", "device")
def davies_bouldin_score(
    X: ArrayLike, labels: ArrayLike, *, n_jobs: int | None = None, device: Device = "auto"
) -> float:
    """Compute the Davies-Bouldin score.

    For each cluster, the largest (s_i + s_j) / d_ij over the other clusters, s the mean distance of
    rows from their centroid and d the distance of centroids; the score is the mean of these.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Vectors, in any dtype that `KMeans` takes.
    labels : array-like of shape (n_samples,)
        The cluster of each row; 2 to n_samples - 1 distinct values.
    n_jobs : int or None, default=None
        Threads. None is all permitted cores, or 1 inside a joblib worker.
    device : {"auto", "cpu", "cuda"}, default="auto"
        Where to run; "auto" follows the array, as in `KMeans`.

    Returns
    -------
    float
        0 is best.

    Raises
    ------
    ValueError
        As `silhouette_score`.

    See Also
    --------
    calinski_harabasz_score : Spread between clusters over spread within.

    Notes
    -----
    Two passes over X, and n_clusters**2 * n_features. Sums are float64 for every dtype.

    References
    ----------
    Davies and Bouldin 1979, :doi:`10.1109/TPAMI.1979.4766909`.

    Examples
    --------
    >>> from fastcluster.metrics import davies_bouldin_score
    >>> round(davies_bouldin_score([[0.0], [1.0], [9.0], [10.0]], [0, 0, 1, 1]), 4)
    0.1111
    """
    backend, vectors, numbers = read_clusters(X, labels, n_jobs=n_jobs, device=device)
    return backend.davies_bouldin(vectors.matrix, numbers)


@checked_call("n_jobs", "device")
def calinski_harabasz_score(
    X: ArrayLike, labels: ArrayLike, *, n_jobs: int | None = None, device: Device = "auto"
) -> float:
    """Compute the Calinski-Harabasz score, also called the variance ratio.

    Parameters
    ----------
    X, labels, n_jobs, device
        As in `davies_bouldin_score`.

    Returns
    -------
    float
        Variance between clusters over variance within, by degrees of freedom; larger is better,
        and 1 if there is no variance within.

    Raises
    ------
    ValueError
        As `silhouette_score`.

    See Also
    --------
    davies_bouldin_score : The same spreads, cluster by cluster.

    Notes
    -----
    Two passes over X. Sums are float64 for every dtype.

    References
    ----------
    Calinski and Harabasz 1974, :doi:`10.1080/03610927408827101`.

    Examples
    --------
    >>> from fastcluster.metrics import calinski_harabasz_score
    >>> calinski_harabasz_score([[0.0], [1.0], [9.0], [10.0]], [0, 0, 1, 1])
    162.0
    """
    backend, vectors, numbers = read_clusters(X, labels, n_jobs=n_jobs, device=device)
    return backend.calinski_harabasz(vectors.matrix, numbers)
