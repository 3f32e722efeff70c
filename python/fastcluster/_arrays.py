"""From what users hold (arrays, tensors, frames, tables) to what the core reads.

Nothing here checks the meaning of the data; `_validation` does. The rule is that a dtype which the
core reads is kept, so that a float16 memory map stays a float16 memory map; every other numeric
dtype becomes float64.
"""

import mmap
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from fastcluster._typing import Matrix
from fastcluster.exceptions import DeviceUnavailableError

__all__ = ["KEPT_DTYPES", "Vectors", "as_array", "is_bfloat16", "is_plain", "kept_dtypes"]

KEPT_DTYPES: Final = (np.float64, np.float32, np.float16, np.int8, np.uint8)
"""What the core reads as it is, beside bfloat16."""

_DLPACK_CPU: Final = 1


@dataclass(frozen=True)
class Vectors:
    """A checked matrix: n_samples rows of n_features finite numbers.

    `data` is a NumPy array of a kept dtype (native byte order, aligned, any strides) or a canonical
    CSR array of float32 or float64.
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


def as_array(X: object) -> Any:  # noqa: ANN401 - whatever scikit-learn's check takes next
    """Turn tensors, polars frames and Arrow tables into NumPy arrays, without a copy if possible.

    Everything else is returned as it is, except that arrays get native byte order and alignment.

    Raises
    ------
    DeviceUnavailableError
        If a tensor lives on a GPU.
    """
    if isinstance(X, np.ndarray):
        return _native(X)
    if hasattr(X, "__dlpack__") and hasattr(X, "__dlpack_device__") and not hasattr(X, "to_numpy"):
        return _native(_from_dlpack(X))
    if _is_from(X, "polars"):
        return X.to_numpy()  # type: ignore[attr-defined]
    if _is_from(X, "pyarrow"):
        return np.asarray(X)
    return X


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


def _from_dlpack(tensor: Any) -> NDArray[Any]:  # noqa: ANN401 - any library's tensor
    device_type, _ = tensor.__dlpack_device__()
    if int(device_type) != _DLPACK_CPU:
        raise DeviceUnavailableError(
            "X is on a GPU, and this build of fastcluster works on the CPU only\n"
            "hint: pass X.cpu() or a NumPy array"
        )
    if getattr(tensor, "requires_grad", False):
        # A tensor that records gradients refuses to export; clustering needs none.
        tensor = tensor.detach()
    if str(getattr(tensor, "dtype", "")) == "torch.bfloat16":
        return _from_torch_bfloat16(tensor)
    return np.from_dlpack(tensor)


def _from_torch_bfloat16(tensor: Any) -> NDArray[Any]:  # noqa: ANN401 - a torch.Tensor
    """Read the bits as int16, which NumPy knows, and name them bfloat16 again."""
    try:
        import ml_dtypes
    except ImportError as error:
        raise TypeError(
            "X is a bfloat16 tensor, and NumPy reads bfloat16 only with the package ml_dtypes\n"
            "hint: pip install ml_dtypes, or pass X.float()"
        ) from error
    bits = np.from_dlpack(tensor.view(sys.modules["torch"].int16))
    return bits.view(ml_dtypes.bfloat16)


def _is_from(X: object, package: str) -> bool:
    """Say whether X's class comes from a package, without importing the package."""
    return type(X).__module__.partition(".")[0] == package
