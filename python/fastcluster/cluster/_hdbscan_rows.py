"""Rows of HDBSCAN: read, set apart where they are not finite, and put back."""

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from fastcluster._arrays import Vectors
from fastcluster._backend import Backend
from fastcluster._typing import ArrayLike, Matrix
from fastcluster._validation import check_memory, check_vectors, split_finite

__all__ = ["INFINITE", "MISSING", "Rows", "as_rows", "matrix_of", "read_rows"]

_Values = TypeVar("_Values", bound=np.generic)

INFINITE = -2
"""The label of rows with infinity."""

MISSING = -3
"""The label of rows with NaN."""


@dataclass(frozen=True)
class Rows:
    """Rows of a call: the finite ones, and where they and the others stood.

    `numbers` are the finite rows among the `n_rows` given, None where all are.
    """

    vectors: Vectors
    n_rows: int
    numbers: NDArray[np.intp] | None
    infinite: NDArray[np.intp]
    missing: NDArray[np.intp]

    def spread(self, values: NDArray[_Values], infinite: float, missing: float) -> NDArray[_Values]:
        """Return values of the finite rows as values of all rows."""
        if self.numbers is None:
            return values
        spread = np.empty((self.n_rows, *values.shape[1:]), dtype=values.dtype)
        spread[self.numbers] = values
        spread[self.infinite] = infinite
        spread[self.missing] = missing
        return spread


def read_rows(
    estimator: Any,  # noqa: ANN401 - any scikit-learn estimator
    X: ArrayLike,
    backend: Backend,
    *,
    reset: bool,
    widen: bool,
) -> Rows:
    """Check X and set rows with NaN or infinity apart.

    Parameters
    ----------
    estimator : estimator
        Learns the names and the width, or is compared with.
    X : array-like
        What the user passed.
    backend : Backend
        Reads X, and searches it for NaN and infinity.
    reset : bool
        True in fit.
    widen : bool
        Whether dense rows are needed in float64.
    """
    checked = check_vectors(X, backend, estimator=estimator, reset=reset, finite=False)
    vectors, numbers, infinite, missing = split_finite(checked, backend)
    if widen and not scipy.sparse.issparse(vectors.data) and vectors.data.dtype != np.float64:
        check_memory(8 * vectors.data.size, "a copy of X in float64, which this metric needs")
        vectors = vectors.converted(np.float64)
    return Rows(vectors, checked.shape[0], numbers, infinite, missing)


def as_rows(matrix: Matrix) -> Any:  # noqa: ANN401 - dense or CSR
    """Return the rows of a matrix of the core as something to index and to compute with."""
    if isinstance(matrix, tuple):
        *parts, shape = matrix
        return scipy.sparse.csr_array(tuple(parts), shape=shape)
    return matrix


def matrix_of(rows: Any) -> Matrix:  # noqa: ANN401 - dense or CSR
    """Return rows as the core takes them."""
    return Vectors(rows).matrix
