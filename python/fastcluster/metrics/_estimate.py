"""The mean silhouette from some rows, and how far off it may be."""

from dataclasses import dataclass

import numpy as np

from fastcluster._arrays import on_host
from fastcluster._typing import ArrayLike, Device, DistanceName, RandomState
from fastcluster._validation import checked_call, draw_rows
from fastcluster.metrics._clusters import read_clusters

__all__ = ["SilhouetteEstimate", "silhouette_estimate"]


@dataclass(frozen=True, slots=True)
class SilhouetteEstimate:
    """A mean silhouette with its confidence interval.

    Parameters
    ----------
    value : float
        The mean over the rows that were drawn.
    low, high : float
        The ends of the interval; both are `value` where all rows were drawn.
    confidence_level : float
        How often such an interval holds the mean over all rows.
    n_samples : int
        Rows that were drawn.
    """

    value: float
    low: float
    high: float
    confidence_level: float
    n_samples: int


@checked_call(
    "n_samples",
    "confidence_level",
    "random_state",
    "n_jobs",
    "device",
    metric="metric_of_scores",
)
def silhouette_estimate(  # noqa: PLR0913 - independent settings
    X: ArrayLike,
    labels: ArrayLike,
    *,
    metric: DistanceName = "euclidean",
    n_samples: int = 1000,
    confidence_level: float = 0.95,
    random_state: RandomState = None,
    n_jobs: int | None = None,
    device: Device = "auto",
) -> SilhouetteEstimate:
    """Estimate the mean silhouette of all rows from some of them.

    Rows are drawn without replacement, and each one's silhouette is exact, among all rows: only
    which rows are drawn is left to chance. (`silhouette_score` with `sample_size` compares drawn
    rows with drawn rows, and so has a bias as well, which no interval covers.)

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Vectors, in any dtype that `KMeans` takes.
    labels : array-like of shape (n_samples,)
        As in `silhouette_score`.
    metric : {"euclidean", "sqeuclidean", "cosine"}, default="euclidean"
        The distance.
    n_samples : int, default=1000
        Rows to draw, at least 2; all, if there are no more.
    confidence_level : float, default=0.95
        How often intervals should hold the mean over all rows, between 0 and 1.
    random_state : int, RandomState instance or None, default=None
        Seed of the draw.
    n_jobs : int or None, default=None
        Threads. None is all permitted cores, or 1 inside a joblib worker.
    device : {"auto", "cpu", "cuda"}, default="auto"
        Where to run; "auto" follows the array, as in `KMeans`.

    Returns
    -------
    SilhouetteEstimate
        The estimate and its interval: Student's t, for a finite number of rows.

    Raises
    ------
    ValueError
        As `silhouette_score`.

    See Also
    --------
    silhouette_score : The mean over all rows.

    Notes
    -----
    The interval takes the mean of the drawn silhouettes for normally distributed, which holds from
    some dozens of rows on. Cost: n_samples * len(X) * n_features multiply-adds.

    Examples
    --------
    >>> from fastcluster.metrics import silhouette_estimate
    >>> found = silhouette_estimate([[0.0], [1.0], [9.0], [10.0]], [0, 0, 1, 1], n_samples=4)
    >>> round(found.value, 4), found.low == found.high
    (0.8885, True)
    """
    backend, vectors, numbers = read_clusters(X, labels, n_jobs=n_jobs, device=device)
    n_rows = vectors.shape[0]
    rows = np.sort(draw_rows(random_state, n_rows, n_samples)).astype(np.uint32)
    values = on_host(backend.silhouette(vectors.matrix, numbers, metric=metric, rows=rows))
    value = float(values.mean())
    half = _half_width(float(values.var(ddof=1)), len(rows), n_rows, confidence_level)
    return SilhouetteEstimate(
        value=value,
        low=max(value - half, -1.0),
        high=min(value + half, 1.0),
        confidence_level=confidence_level,
        n_samples=len(rows),
    )


def _half_width(variance: float, n_drawn: int, n_rows: int, level: float) -> float:
    """Return Student's interval for the mean of a finite population, half of it."""
    from scipy.special import stdtrit

    quantile = float(stdtrit(n_drawn - 1, (1.0 + level) / 2.0))
    return quantile * float(np.sqrt(variance / n_drawn * (1.0 - n_drawn / n_rows)))
