"""Vectors: the matrix that a call is about, finite and in a dtype that the core reads."""

from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from fastcluster import _core
from fastcluster._arrays import (
    KEPT_DTYPES,
    Vectors,
    as_array,
    is_bfloat16,
    is_plain,
    kept_dtypes,
)
from fastcluster._validation._memory import check_memory

__all__ = ["check_dense", "check_enough_rows", "check_vectors", "split_finite"]


def check_vectors(
    X: object,
    *,
    n_threads: int,
    estimator: Any = None,  # noqa: ANN401 - any scikit-learn estimator
    reset: bool = False,
    input_name: str = "X",
    finite: bool = True,
) -> Vectors:
    """Return X as finite vectors, in its own dtype if the core reads that, else in float64.

    Parameters
    ----------
    X : array-like, tensor, frame, table or sparse matrix of shape (n_samples, n_features)
        What the user passed. It is not changed, and copied only where its layout has to change.
    n_threads : int
        Threads for the search for NaN and infinity.
    estimator : estimator, optional
        Gets or is compared with the feature names and `n_features_in_`.
    reset : bool
        True in fit: the estimator learns names and width. False afterwards: they are compared.
    input_name : str
        What messages call X.
    finite : bool
        Whether NaN and infinity are refused; `split_finite` sets such rows apart.

    Raises
    ------
    ValueError
        If X is empty, has not two dimensions, holds complex numbers, NaN or infinity, or does not
        match the fit.
    MemoryError
        If X has to be converted, and the copy is larger than `memory_limit`.
    """
    _check_conversion(X, input_name)
    array = as_array(X)
    if not is_plain(array):
        sparse = scipy.sparse.issparse(array)
        array = check_array(
            array,
            accept_sparse="csr",
            dtype=[np.float64, np.float32] if sparse else kept_dtypes(array),
            ensure_all_finite=False,
            estimator=estimator,
            input_name=input_name,
        )
    if scipy.sparse.issparse(array):
        array = _canonical(array)
    if estimator is not None:
        # Names stand on the frame that the user passed; the width is the same in both.
        named = X if hasattr(X, "columns") or hasattr(X, "column_names") else array
        validate_data(estimator, named, reset=reset, skip_check_array=True)
    vectors = Vectors(array)
    if finite:
        _refuse_not_finite(vectors, n_threads, input_name)
    return vectors


def split_finite(
    vectors: Vectors, n_threads: int
) -> tuple[Vectors, NDArray[np.intp] | None, NDArray[np.intp], NDArray[np.intp]]:
    """Set rows with NaN or infinity apart.

    Returns
    -------
    vectors : Vectors
        The finite rows: the very ones given where all are.
    rows : ndarray or None
        Their numbers; None where all rows are finite.
    infinite, missing : ndarray
        The numbers of rows with infinity and no NaN, and of rows with NaN.
    """
    none = np.empty(0, dtype=np.intp)
    data = vectors.data
    if data.dtype.kind in "iu" or _core.check_finite(vectors.matrix, n_threads=n_threads) is None:
        return vectors, None, none, none
    if scipy.sparse.issparse(data):
        row_of_entry = np.repeat(np.arange(data.shape[0]), np.diff(data.indptr))
        is_nan, is_inf = (
            np.bincount(row_of_entry, weights=test(data.data), minlength=data.shape[0]) > 0
            for test in (np.isnan, np.isinf)
        )
    else:
        is_nan, is_inf = np.isnan(data).any(axis=1), np.isinf(data).any(axis=1)
    rows = np.flatnonzero(~(is_nan | is_inf))
    return vectors.take(rows), rows, np.flatnonzero(is_inf & ~is_nan), np.flatnonzero(is_nan)


def check_dense(X: object, *, n_least: int = 1, estimator: object = None) -> None:
    """Refuse a sparse matrix, and fewer rows than `n_least`, in scikit-learn's words."""
    if scipy.sparse.issparse(X) or n_least > 1:
        check_array(
            X,
            dtype=None,
            ensure_all_finite=False,
            ensure_min_samples=n_least,
            estimator=estimator,
        )


def check_enough_rows(vectors: Vectors, n_clusters: int) -> None:
    """Refuse more clusters than rows."""
    n_samples, _ = vectors.shape
    if n_samples < n_clusters:
        raise ValueError(
            f"n_samples={n_samples} should be >= n_clusters={n_clusters}.\n"
            f"hint: pass n_clusters={n_samples} or fewer"
        )


def _check_conversion(X: object, input_name: str) -> None:
    """Refuse an array that cannot be read as it is, if its copy would pass the limit."""
    if not isinstance(X, np.ndarray) or is_bfloat16(X.dtype):
        return
    kept = X.dtype.newbyteorder("=") in KEPT_DTYPES
    if kept and X.dtype.isnative and X.flags.aligned:
        return
    n_bytes = X.nbytes if kept else X.size * np.dtype(np.float64).itemsize
    check_memory(n_bytes, f"a copy of {input_name} that replaces its dtype {X.dtype.str}")


def _canonical(matrix: Any) -> Any:  # noqa: ANN401 - spmatrix or sparray
    """Return a CSR matrix of floats whose rows hold each column once, in order.

    The user's own is left as it is.
    """
    if matrix.dtype not in (np.float32, np.float64):
        matrix = matrix.astype(np.float64)
    if matrix.has_canonical_format:
        return matrix
    matrix = matrix.copy()
    matrix.sum_duplicates()
    return matrix


def _refuse_not_finite(vectors: Vectors, n_threads: int, input_name: str) -> None:
    dtype = vectors.data.dtype
    if dtype.kind in "iu":
        return
    found = _core.check_finite(vectors.matrix, n_threads=n_threads)
    if found is None:
        return
    row, column = found
    if np.isnan(np.float64(vectors.data[row, column])):
        what, way_out = "NaN", "drop or fill the missing values"
    else:
        name = "bfloat16" if is_bfloat16(dtype) else dtype
        what = f"infinity or a value too large for dtype('{name}')"
        way_out = "drop the row, or scale the data or use a wider dtype"
    raise ValueError(
        f"Input {input_name} contains {what}.\n"
        f"hint: the first is in row {row}, column {column}; {way_out}"
    )
