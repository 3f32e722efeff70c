"""Distances that the user passes in place of vectors."""

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_array

from fastcluster._arrays import as_array

__all__ = ["check_distances"]


def check_distances(X: object) -> NDArray[np.float64]:
    """Return a square matrix of distances as float64.

    Raises
    ------
    ValueError
        If it is not square, or holds NaN, infinity or a negative number.
    """
    checked: NDArray[np.float64] = check_array(as_array(X), dtype=np.float64, input_name="X")
    rows, columns = checked.shape
    if rows != columns:
        raise ValueError(
            f"Precomputed metric requires shape (n_samples, n_samples), got ({rows}, {columns})\n"
            "hint: pass the distances of all pairs of rows"
        )
    if checked.min() < 0:
        raise ValueError(
            f"X holds the distance {checked.min():g}, but distances must be >= 0\n"
            "hint: pass distances, not similarities"
        )
    return checked
