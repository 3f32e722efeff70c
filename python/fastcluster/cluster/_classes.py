"""Sums over the rows of each class, and probabilities from scores."""

from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from fastcluster._arrays import Vectors

__all__ = ["class_centroids", "log_softmax", "sum_of_squares_within"]


def class_centroids(
    vectors: Vectors,
    class_of_row: NDArray[np.intp],
    n_classes: int,
    *,
    median: bool,
) -> NDArray[np.float64]:
    """Return the mean or the median of the rows of each class, computed in float64.

    The result has shape (n_classes, n_features). One class at a time is copied. Medians are for
    vectors in host memory.
    """
    centroids = np.empty((n_classes, vectors.shape[1]), dtype=np.float64)
    for index in range(n_classes):
        rows = vectors.take(np.flatnonzero(class_of_row == index))
        centroids[index] = _medians(rows.data) if median else rows.column_means()
    return centroids


def sum_of_squares_within(
    vectors: Vectors,
    class_of_row: NDArray[np.intp],
    centroids: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return, for each feature, the sum of squared differences to the class's centroid."""
    squares = np.zeros(vectors.shape[1], dtype=np.float64)
    for index, centroid in enumerate(centroids):
        rows = vectors.take(np.flatnonzero(class_of_row == index))
        squares += rows.column_squares(centroid)
    return squares


def log_softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log probabilities from log likelihoods, row by row, without overflow."""
    shifted: NDArray[np.float64] = scores - scores.max(axis=1, keepdims=True)
    log_total: NDArray[np.float64] = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return shifted - log_total


def _medians(rows: Any) -> NDArray[np.float64]:  # noqa: ANN401 - a dense array or a CSR matrix
    if not scipy.sparse.issparse(rows):
        dense: NDArray[np.float64] = np.median(rows.astype(np.float64), axis=0)
        return dense
    from sklearn.utils.sparsefuncs import csc_median_axis_0

    sparse: NDArray[np.float64] = csc_median_axis_0(rows.tocsc())
    return sparse
