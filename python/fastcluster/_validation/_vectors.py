"""Vectors: the matrix that a call is about, finite and in a dtype that the core reads."""

from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from fastcluster._arrays import (
    KEPT_DTYPES,
    Vectors,
    as_array,
    is_bfloat16,
    is_plain,
    kept_dtypes,
)
from fastcluster._validation._memory import check_memory

if TYPE_CHECKING:
    from fastcluster._backend import Backend

__all__ = [
    "check_dense",
    "check_enough_rows",
    "check_vectors",
    "device_rows",
    "refuse_not_finite",
    "split_finite",
]


def check_vectors(
    X: object,
    backend: "Backend",
    *,
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
    backend : Backend
        Reads X where it lies, and searches it for NaN and infinity.
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
    held = backend.on_device(X, input_name)
    if held is not None:
        vectors = device_rows(backend.vectors(held), estimator, input_name)
    else:
        vectors = backend.vectors(_host_rows(X, estimator, input_name))
    if scipy.sparse.issparse(vectors.data):
        backend.only_on_cpu("a sparse matrix")
    if estimator is not None:
        # Names stand on the frame that the user passed; the width is the same in both.
        named = hasattr(X, "columns") or hasattr(X, "column_names")
        shaped = X if named else _shaped_as(vectors.data)
        validate_data(estimator, shaped, reset=reset, skip_check_array=True)
    if finite:
        refuse_not_finite(vectors, backend, input_name)
    return vectors


def device_rows(vectors: Vectors, estimator: object, input_name: str) -> Vectors:
    """Return rows on a GPU in a dtype that the engine reads; the rules are those of the host.

    Raises
    ------
    ValueError
        If they are empty, have not two dimensions, or are complex.
    MemoryError
        If they have to be converted, and the copy is larger than `memory_limit`.
    """
    array = vectors.data
    if array.ndim < 2:
        raise ValueError(
            f"Expected 2D array, got {'1D' if array.ndim else 'scalar'} array instead: "
            f"{input_name} has shape {array.shape}\n"
            f"hint: pass {input_name}.reshape(-1, 1) for one feature, or "
            f"{input_name}.reshape(1, -1) for one row"
        )
    check_array(
        _shaped_as(array),
        dtype=None,
        ensure_all_finite=False,
        estimator=estimator,
        input_name=input_name,
    )
    if array.dtype in KEPT_DTYPES or is_bfloat16(array.dtype):
        return vectors
    _check_conversion(array, input_name)
    return vectors.converted(np.float64)


def refuse_not_finite(vectors: Vectors, backend: "Backend", input_name: str) -> None:
    """Refuse vectors with NaN or infinity, and say where the first is."""
    dtype = vectors.data.dtype
    if dtype.kind in "iu":
        return
    found = backend.first_not_finite(vectors.matrix)
    if found is None:
        return
    row, column = found
    if np.isnan(vectors.value(row, column)):
        what, way_out = "NaN", "drop or fill the missing values"
    else:
        name = "bfloat16" if is_bfloat16(dtype) else dtype
        what = f"infinity or a value too large for dtype('{name}')"
        way_out = "drop the row, or scale the data or use a wider dtype"
    raise ValueError(
        f"Input {input_name} contains {what}.\n"
        f"hint: the first is in row {row}, column {column}; {way_out}"
    )


def split_finite(
    vectors: Vectors, backend: "Backend"
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
    if data.dtype.kind in "iu" or backend.first_not_finite(vectors.matrix) is None:
        return vectors, None, none, none
    is_nan, is_inf = backend.rows_not_finite(data)
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


def _host_rows(X: object, estimator: object, input_name: str) -> Any:  # noqa: ANN401 - dense or CSR
    """Return rows in host memory as a NumPy array of a dtype that the core reads, or as CSR."""
    if isinstance(X, np.ndarray):
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
    return _canonical(array) if scipy.sparse.issparse(array) else array


def _shaped_as(array: Any) -> Any:  # noqa: ANN401 - any array
    """Return what scikit-learn checks in place of an array on a GPU: a 0 of its shape and dtype."""
    if isinstance(array, np.ndarray) or scipy.sparse.issparse(array):
        return array
    return np.broadcast_to(np.zeros((), dtype=array.dtype), array.shape)


def _check_conversion(X: Any, input_name: str) -> None:  # noqa: ANN401 - an array
    """Refuse an array that cannot be read as it is, if its copy would pass the limit."""
    if is_bfloat16(X.dtype):
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
