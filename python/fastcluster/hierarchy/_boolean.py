"""Distances between rows of true and false values, by counting agreements.

For two rows: a counts the columns true in both, b and c those true in one only, d those false in
both. Each distance is a ratio of such counts, as the older package defines it (SciPy has since
dropped some and gives NaN for others).
"""

import numpy as np
from numpy.typing import NDArray

from fastcluster.hierarchy._row_by_row import RowDistances
from fastcluster.hierarchy._typing import Counts


def boolean_distances(rows: NDArray[np.bool_], metric: str) -> NDArray[np.float64]:
    """Return condensed distances between rows of shape (n, n_columns), metric one of `BOOLEAN`."""
    # Counts up to 2**53 are exact in float64, and its matrix product is the fast one.
    numbers = rows.astype(np.float64)
    i, j = np.triu_indices(len(rows), 1)
    n_true = numbers.sum(axis=1)
    a = (numbers @ numbers.T)[i, j]
    b, c = n_true[i] - a, n_true[j] - a
    with np.errstate(invalid="ignore", divide="ignore"):
        return BOOLEAN[metric](a, b, c, rows.shape[1] - a - b - c)


def boolean_row_distances(rows: NDArray[np.bool_], metric: str) -> RowDistances:
    """Return a function of the distances of one of the rows."""
    numbers = rows.astype(np.float32)
    n_true = rows.sum(axis=1, dtype=np.float64)

    def of_row(index: int, others: NDArray[np.intp]) -> NDArray[np.float64]:
        # Counts up to 2**24 are exact in float32.
        a = (numbers[others] @ numbers[index]).astype(np.float64)
        b, c = n_true[index] - a, n_true[others] - a
        with np.errstate(invalid="ignore", divide="ignore"):
            return BOOLEAN[metric](a, b, c, rows.shape[1] - a - b - c)

    return of_row


def _jaccard(a: Counts, b: Counts, c: Counts, d: Counts) -> Counts:
    """Return the share of differing columns among those true in either; 0 for empty rows."""
    del d
    return _zero_where_empty(b + c, a + b + c)


def _yule(a: Counts, b: Counts, c: Counts, d: Counts) -> Counts:
    return _zero_where_empty(2 * b * c, a * d + b * c, empty=b * c == 0)


def _matching(a: Counts, b: Counts, c: Counts, d: Counts) -> Counts:
    return (b + c) / (a + b + c + d)


def _dice(a: Counts, b: Counts, c: Counts, d: Counts) -> Counts:
    del d
    return _zero_where_empty(b + c, 2 * a + b + c)


def _kulsinski(a: Counts, b: Counts, c: Counts, d: Counts) -> Counts:
    """Return the mean share of a row's true columns that the other lacks; NaN if it has none."""
    del d
    return (b / (a + b) + c / (a + c)) / 2


def _rogerstanimoto(a: Counts, b: Counts, c: Counts, d: Counts) -> Counts:
    return 2 * (b + c) / (a + 2 * (b + c) + d)


def _russellrao(a: Counts, b: Counts, c: Counts, d: Counts) -> Counts:
    return (b + c + d) / (a + b + c + d)


def _sokalsneath(a: Counts, b: Counts, c: Counts, d: Counts) -> Counts:
    del d
    return _zero_where_empty(2 * (b + c), a + 2 * (b + c))


def _zero_where_empty(
    part: Counts, whole: Counts, empty: NDArray[np.bool_] | None = None
) -> Counts:
    return np.where(whole == 0 if empty is None else empty, 0.0, part / whole)


BOOLEAN = {
    "jaccard": _jaccard,
    "yule": _yule,
    "matching": _matching,
    "sokalmichener": _matching,
    "dice": _dice,
    "kulsinski": _kulsinski,
    "rogerstanimoto": _rogerstanimoto,
    "russellrao": _russellrao,
    "sokalsneath": _sokalsneath,
}
"""Each metric for truth values, by name."""
