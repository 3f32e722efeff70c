"""Condensed distances: the upper triangle of a distance matrix, row by row, as one array.

Entry `n*i - i*(i + 1)/2 + (j - i - 1)` is the distance of rows i < j of n.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastcluster.hierarchy._errors import LinkageInputError


def real(array: NDArray[Any], name: str = "X") -> NDArray[np.float64]:
    """Return C-ordered float64, without a copy where it is that; refuse complex numbers."""
    if np.iscomplexobj(array):
        raise LinkageInputError(
            f"{name} must be real, got dtype {array.dtype}\nhint: pass {name}.real or abs({name})"
        )
    return np.asarray(array, dtype=np.float64, order="C")


def n_observations(condensed: NDArray[Any]) -> int:
    """Return the n >= 2 whose n*(n - 1)/2 distances these are; raise where there is none."""
    length = len(condensed)
    n = int(np.ceil(np.sqrt(2.0 * length)))
    if n < 2 or n * (n - 1) // 2 != length:
        raise LinkageInputError(
            "X as a one-dimensional array must be condensed distances, n*(n - 1)/2 values for "
            f"n >= 2 rows, got {length} values\n"
            "hint: scipy.spatial.distance.pdist gives this form; vectors are rows of a "
            "two-dimensional array"
        )
    return n


def check_no_nan(condensed: NDArray[np.float64], n: int) -> None:
    """Raise FloatingPointError, naming the pair of rows, if a distance is NaN."""
    # The sum is NaN also for infinities of both signs; it spares a boolean array in most calls.
    with np.errstate(all="ignore"):
        if not np.isnan(condensed.sum()):
            return
    found = np.flatnonzero(np.isnan(condensed))
    if found.size:
        i, j = _pair(int(found[0]), n)
        raise FloatingPointError(
            f"X must give no NaN distance, got NaN for rows {i} and {j}\n"
            "hint: drop or fill rows with missing values, and drop constant rows where the metric "
            "divides by a norm"
        )


def _pair(index: int, n: int) -> tuple[int, int]:
    """Return the rows i < j whose distance is at `index`."""
    i = 0
    while index >= n - 1 - i:
        index -= n - 1 - i
        i += 1
    return i, i + 1 + index
