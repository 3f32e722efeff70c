"""Sums over the rows of each class, and probabilities from scores."""

from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

__all__ = ["class_centroids", "log_softmax", "sum_of_squares_within"]


def class_centroids(
    data: Any,  # noqa: ANN401 - a dense array or a CSR matrix
    class_of_row: NDArray[np.intp],
    n_classes: int,
    *,
    median: bool,
) -> NDArray[np.float64]:
    """Return the mean or the median of the rows of each class, computed in float64.

    The result has shape (n_classes, n_features). One class at a time is copied.
    """
    centroids = np.empty((n_classes, data.shape[1]), dtype=np.float64)
    for index in range(n_classes):
        rows = data[np.flatnonzero(class_of_row == index)]
        if not median:
            centroids[index] = np.asarray(rows.mean(axis=0, dtype=np.float64)).ravel()
        elif scipy.sparse.issparse(rows):
            from sklearn.utils.sparsefuncs import csc_median_axis_0

            centroids[index] = csc_median_axis_0(rows.tocsc())
        else:
            centroids[index] = np.median(rows.astype(np.float64), axis=0)
    return centroids


def sum_of_squares_within(
    data: Any,  # noqa: ANN401 - a dense array or a CSR matrix
    class_of_row: NDArray[np.intp],
    centroids: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return, for each feature, the sum of squared differences to the class's centroid."""
    squares = np.zeros(data.shape[1], dtype=np.float64)
    for index, centroid in enumerate(centroids):
        rows = data[np.flatnonzero(class_of_row == index)]
        dense = rows.toarray() if scipy.sparse.issparse(rows) else rows
        squares += np.square(dense - centroid).sum(axis=0)
    return squares


def log_softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log probabilities from log likelihoods, row by row, without overflow."""
    shifted: NDArray[np.float64] = scores - scores.max(axis=1, keepdims=True)
    log_total: NDArray[np.float64] = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return shifted - log_total
