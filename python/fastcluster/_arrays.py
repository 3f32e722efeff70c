"""From what users hold (arrays, tensors, frames, tables) to what the core reads.

Nothing here checks the meaning of the data; `_validation` does. The rule is that a dtype which the
core reads is kept, so that a float16 memory map stays a float16 memory map; every other numeric
dtype becomes float64. Arrays on a GPU are told from others here, without CuPy; the backend for the
GPU reads them (`_backend/gpu/_arrays.py`).
"""

import mmap
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from fastcluster._typing import Matrix
from fastcluster.exceptions import DeviceUnavailableError

__all__ = [
    "KEPT_DTYPES",
    "Vectors",
    "as_array",
    "from_dlpack",
    "is_bfloat16",
    "is_from",
    "is_on_gpu",
    "is_plain",
    "kept_dtypes",
    "on_host",
]

KEPT_DTYPES: Final = (np.float64, np.float32, np.float16, np.int8, np.uint8)
"""What the core reads as it is, beside bfloat16."""

_DLPACK_HOST: Final = (1, 3)
"""kDLCPU and kDLCUDAHost, which is host memory that a GPU may read, too."""

_DLPACK_CUDA: Final = (2, 13)
"""kDLCUDA and kDLCUDAManaged."""


@dataclass(frozen=True)
class Vectors:
    """A checked matrix: n_samples rows of n_features finite numbers.

    `data` is a NumPy array of a kept dtype (native byte order, aligned, any strides), a canonical
    CSR array of float32 or float64, or, on a GPU, a CuPy array of a kept dtype (any strides).
    """

    data: Any

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        n_samples, n_features = self.data.shape
        return n_samples, n_features

    @property
    def result_dtype(self) -> type[np.float32] | type[np.float64]:
        """The dtype of centers and distances: float64 for float64 data, float32 for all other."""
        return np.float64 if self.data.dtype == np.float64 else np.float32

    @cached_property
    def matrix(self) -> Matrix:
        """The data as the core takes it."""
        if not scipy.sparse.issparse(self.data):
            array: NDArray[Any] = self.data
            return array
        return (
            self.data.data,
            self.data.indices.astype(np.int64, copy=False),
            self.data.indptr.astype(np.int64, copy=False),
            self.shape,
        )

    @property
    def is_mapped(self) -> bool:
        """Whether the rows lie in a memory-mapped file, so that far ones are read one by one."""
        held = self.data
        while isinstance(held, np.ndarray):
            if isinstance(held, np.memmap):
                return True
            held = held.base
        return isinstance(held, mmap.mmap)

    def scaled(self, factors: NDArray[np.float64]) -> "Vectors":
        """Return a float64 copy with column j multiplied by factors[j]."""
        if scipy.sparse.issparse(self.data):
            return Vectors(self.data.astype(np.float64).multiply(factors).tocsr())
        return Vectors(self.data.astype(np.float64) * factors)

    def take(self, rows: NDArray[np.intp]) -> "Vectors":
        """Return a copy of some rows, in that order."""
        return Vectors(self.data[rows])

    def converted(self, dtype: type[np.floating[Any]]) -> "Vectors":
        """Return a copy in another dtype."""
        return Vectors(self.data.astype(dtype))

    def column_means(self) -> NDArray[np.float64]:
        """Return the mean of each column, computed in float64."""
        means: NDArray[np.float64] = np.asarray(self.data.mean(axis=0, dtype=np.float64)).ravel()
        return means

    def column_squares(self, center: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of squared differences to a center, for each column."""
        dense = self.data.toarray() if scipy.sparse.issparse(self.data) else self.data
        squares: NDArray[np.float64] = np.square(dense - center).sum(axis=0)
        return squares

    def weighted_sum(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of the rows, each times its weight, computed in float64."""
        total: NDArray[np.float64] = self.data.astype(np.float64).T @ weights
        return total

    def are_all_equal(self) -> bool:
        """Say whether all rows are the same."""
        ends = [self.data.max(axis=0), self.data.min(axis=0)]
        if scipy.sparse.issparse(self.data):
            ends = [end.toarray() for end in ends]
        return np.array_equal(*ends)

    def value(self, row: int, column: int) -> float:
        """Return one value."""
        return float(self.data[row, column])


def as_array(X: object) -> Any:  # noqa: ANN401 - whatever scikit-learn's check takes next
    """Turn tensors, polars frames and Arrow tables into NumPy arrays, without a copy if possible.

    Everything else is returned as it is, except that arrays get native byte order and alignment.
    """
    if isinstance(X, np.ndarray):
        return _native(X)
    if hasattr(X, "__dlpack__") and hasattr(X, "__dlpack_device__") and not hasattr(X, "to_numpy"):
        return _native(from_dlpack(X))
    if is_from(X, "polars"):
        return X.to_numpy()  # type: ignore[attr-defined]
    if is_from(X, "pyarrow"):
        return np.asarray(X)
    return X


def from_dlpack(tensor: Any, read: Callable[[Any], Any] = np.from_dlpack) -> Any:  # noqa: ANN401
    """Take over any library's tensor without a copy, by NumPy's or CuPy's `from_dlpack`."""
    if getattr(tensor, "requires_grad", False):
        # A tensor that records gradients refuses to export; clustering needs none.
        tensor = tensor.detach()
    if str(getattr(tensor, "dtype", "")) == "torch.bfloat16":
        return _from_torch_bfloat16(tensor, read)
    return read(tensor)


def is_on_gpu(X: object) -> bool:
    """Say whether an array, a tensor or a sparse matrix lies on a GPU, without importing CuPy.

    Raises
    ------
    DeviceUnavailableError
        If it lies where neither the CPU nor CUDA reads, or is sparse and on a GPU.
    """
    if isinstance(X, np.ndarray):
        return False
    if hasattr(X, "__dlpack_device__"):
        kind = int(X.__dlpack_device__()[0])
        if kind not in _DLPACK_HOST and kind not in _DLPACK_CUDA:
            raise DeviceUnavailableError(
                f"an array on a device of DLPack's type {kind} cannot be read: fastcluster reads "
                "host memory and NVIDIA GPUs\nhint: pass .cpu() of it, or a NumPy array"
            )
        on_gpu = kind in _DLPACK_CUDA
        if on_gpu and str(getattr(X, "layout", "torch.strided")) != "torch.strided":
            raise _sparse_on_gpu("X.to_dense()")
        return on_gpu
    if type(X).__module__.startswith("cupyx.scipy.sparse"):
        raise _sparse_on_gpu("X.toarray()")
    return hasattr(X, "__cuda_array_interface__")


def on_host(values: Any) -> Any:  # noqa: ANN401 - any array, or no array
    """Return an array that lies on a GPU as a NumPy array, and anything else as it is."""
    if not is_on_gpu(values):
        return values
    if hasattr(values, "get"):
        return values.get()
    if hasattr(values, "cpu"):
        return as_array(values.cpu())
    return np.asarray(values)


def kept_dtypes(X: object) -> list[Any] | None:
    """Return the dtypes that stay, the target for all others first; None keeps bfloat16."""
    if is_bfloat16(getattr(X, "dtype", None)):
        return None
    return list(KEPT_DTYPES)


def is_plain(X: object) -> bool:
    """Say whether X is an array of rows of a kept dtype, so that nothing is to convert."""
    return (
        type(X) is np.ndarray
        and X.ndim == 2
        and X.size > 0
        and (X.dtype in KEPT_DTYPES or is_bfloat16(X.dtype))
    )


def is_bfloat16(dtype: object) -> bool:
    """Say whether this is ml_dtypes' bfloat16, without importing ml_dtypes."""
    return isinstance(dtype, np.dtype) and dtype.name == "bfloat16"


def _native(array: NDArray[Any]) -> NDArray[Any]:
    """Give the array this machine's byte order and alignment, by a copy only if needed."""
    if not array.dtype.isnative:
        return array.astype(array.dtype.newbyteorder("="))
    if not array.flags.aligned:
        return array.copy()
    return array


def _from_torch_bfloat16(tensor: Any, read: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - a torch.Tensor
    """Read the bits as int16, which NumPy knows, and name them bfloat16 again."""
    try:
        import ml_dtypes
    except ImportError as error:
        raise TypeError(
            "X is a bfloat16 tensor, and bfloat16 is read only with the package ml_dtypes\n"
            "hint: pip install ml_dtypes, or pass X.float()"
        ) from error
    bits = read(tensor.view(sys.modules["torch"].int16))
    return bits.view(ml_dtypes.bfloat16)


def is_from(X: object, package: str) -> bool:
    """Say whether X's class comes from a package, without importing the package."""
    return type(X).__module__.partition(".")[0] == package


def _sparse_on_gpu(dense: str) -> DeviceUnavailableError:
    return DeviceUnavailableError(
        "a sparse matrix on a GPU cannot be read: on a GPU, rows are dense\n"
        f"hint: pass {dense}, or the sparse matrix in host memory for the CPU"
    )
