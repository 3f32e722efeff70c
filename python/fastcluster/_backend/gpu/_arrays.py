"""Arrays of a call on a GPU: taken over without a copy, handed out as the caller's kind.

Rows are CuPy arrays inside, or NumPy arrays that the engine uploads. This is the one place where
arrays change between CuPy, torch and NumPy.
"""

import sys
from collections.abc import Iterator
from typing import Any, Final, NoReturn, TypeVar

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from fastcluster import _core
from fastcluster._arrays import (
    Vectors,
    as_array,
    from_dlpack,
    is_bfloat16,
    is_from,
    is_on_gpu,
    on_host,
)
from fastcluster._backend.gpu.runtime._device import device_of, use_device
from fastcluster.exceptions import DeviceUnavailableError

__all__ = ["GpuArrays", "GpuVectors", "home_of"]

_Array = TypeVar("_Array")
"""A caller's array; types know NumPy's only."""

_AT_A_TIME: Final = 2**25
"""Values that are looked at at a time: scratch memory is 256 MiB where they are widened."""

_BFLOAT16_EXPONENT: Final = 0x7F80
"""The bits that are all set in a bfloat16 that is not finite."""


def home_of(X: object) -> str:
    """Return whose arrays the caller uses: "numpy", "cupy" or "torch"."""
    if not is_on_gpu(X):
        return "numpy"
    return "torch" if is_from(X, "torch") else "cupy"


class GpuVectors(Vectors):
    """Vectors that lie on a GPU."""

    def scaled(self, factors: NDArray[np.float64]) -> "GpuVectors":
        """Return a float64 copy with column j multiplied by factors[j]."""
        with use_device(self.data.device.id) as cp:
            return GpuVectors(self.data.astype(np.float64) * cp.asarray(factors))

    def take(self, rows: NDArray[np.intp]) -> "GpuVectors":
        """Return a copy of some rows, in that order."""
        with use_device(self.data.device.id) as cp:
            return GpuVectors(self.data[cp.asarray(rows)])

    def converted(self, dtype: type[np.floating[Any]]) -> "GpuVectors":
        """Return a copy in another dtype, in C order."""
        with use_device(self.data.device.id):
            return GpuVectors(self.data.astype(dtype, order="C"))

    def column_means(self) -> NDArray[np.float64]:
        """Return the mean of each column, computed in float64, in host memory."""
        sums = np.zeros(self.shape[1])
        with use_device(self.data.device.id):
            for _, block in _blocks(self.data):
                sums += block.astype(np.float64).sum(axis=0).get()
        return sums / self.shape[0]

    def column_squares(self, center: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of squared differences to a center, for each column, in host memory."""
        squares = np.zeros(self.shape[1])
        with use_device(self.data.device.id) as cp:
            origin = cp.asarray(center)
            for _, block in _blocks(self.data):
                differences = block.astype(np.float64) - origin
                squares += (differences * differences).sum(axis=0).get()
        return squares

    def weighted_sum(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of the rows, each times its weight, in host memory."""
        total = np.zeros(self.shape[1])
        with use_device(self.data.device.id) as cp:
            for start, block in _blocks(self.data):
                shares = cp.asarray(weights[start : start + len(block)])
                total += (block.astype(np.float64).T @ shares).get()
        return total

    def are_all_equal(self) -> bool:
        """Say whether all rows are the same."""
        with use_device(self.data.device.id):
            first = self.data[:1].astype(np.float64)
            blocks = (block for _, block in _blocks(self.data))
            return all(bool((block.astype(np.float64) == first).all()) for block in blocks)

    def value(self, row: int, column: int) -> float:
        """Return one value."""
        with use_device(self.data.device.id):
            return float(self.data[row, column].get())


class GpuArrays:
    """How `GpuBackend` takes arrays in and hands them out; `HostArrays` does so on the CPU."""

    __slots__ = ()

    device: int
    n_threads: int
    home: str

    def on_device(self, values: object, name: str) -> Any | None:  # noqa: ANN401 - an array
        """Return what the user passed as a CuPy array on this GPU; None for host memory.

        Raises
        ------
        ValueError
            If it lies on another GPU.
        """
        if not is_on_gpu(values):
            return None
        number = device_of(values)
        if number != self.device:
            raise ValueError(
                f"mixed devices: {name} is on GPU {number}, and X is on GPU {self.device}\n"
                f"hint: move {name} to GPU {self.device}, or pass it in host memory"
            )
        return self._cupy_of(values)

    def beside(self, values: Any, name: str) -> Any:  # noqa: ANN401 - labels, weights or None
        """Return what the user passed beside X, one value a row, in host memory."""
        array = self.on_device(values, name)
        if array is not None:
            return array.get()
        return as_array(values) if hasattr(values, "__dlpack__") else values

    def moved(self, fitted: Any) -> Any:  # noqa: ANN401 - any array
        """Return what a fit kept, wherever that is, in C order where this backend reads it.

        That is this GPU, or host memory, from which the engine uploads.
        """
        if scipy.sparse.issparse(fitted):
            self.only_on_cpu("a model of sparse rows")
        if device_of(fitted) != self.device:
            return np.ascontiguousarray(on_host(fitted))
        with use_device(self.device) as cp:
            return cp.ascontiguousarray(self._cupy_of(fitted))

    def give(self, values: _Array) -> _Array:
        """Return a result as the caller gets it: in the namespace and on the device of X."""
        given: Any = values
        if self.home == "numpy":
            given = on_host(values)
        else:
            with use_device(self.device) as cp:
                array = cp.asarray(values)
                given = array if self.home == "cupy" else _torch_of(array)
        result: _Array = given
        return result

    def vectors(self, data: Any) -> Vectors:  # noqa: ANN401 - a CuPy or NumPy array
        """Return checked rows as vectors."""
        return GpuVectors(data) if is_on_gpu(data) else Vectors(data)

    def first_not_finite(self, matrix: Any) -> tuple[int, int] | None:  # noqa: ANN401 - an array
        """Return row and column of the first NaN or infinity, None where there is none."""
        if not is_on_gpu(matrix):
            return _core.check_finite(matrix, n_threads=self.n_threads)
        with use_device(self.device) as cp:
            for start, block in _blocks(matrix):
                strange = _not_finite(cp, block)
                if bool(strange.any()):
                    row, column = divmod(int(strange.ravel().argmax()), matrix.shape[1])
                    return start + row, column
        return None

    def rows_not_finite(self, data: Any) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:  # noqa: ANN401
        """Return which rows of an array hold NaN, and which infinity, in host memory."""
        if not is_on_gpu(data):
            return np.isnan(data).any(axis=1), np.isinf(data).any(axis=1)
        is_nan, is_inf = (np.zeros(data.shape[0], dtype=np.bool_) for _ in range(2))
        with use_device(self.device) as cp:
            for start, block in _blocks(data):
                values = block.astype(np.float32) if is_bfloat16(block.dtype) else block
                rows = slice(start, start + len(block))
                is_nan[rows] = cp.isnan(values).any(axis=1).get()
                is_inf[rows] = cp.isinf(values).any(axis=1).get()
        return is_nan, is_inf

    def only_on_cpu(self, what: str) -> NoReturn:
        """Refuse what no GPU does.

        Raises
        ------
        DeviceUnavailableError
            Always.
        """
        ways = {"numpy": "", "cupy": " and X.get()", "torch": " and X.cpu()"}
        raise DeviceUnavailableError(
            f"{what} does not run on a GPU\nhint: pass device='cpu'{ways[self.home]}"
        )

    def _cupy_of(self, values: Any) -> Any:  # noqa: ANN401 - an array on this GPU, a CuPy array
        with use_device(self.device) as cp:
            if isinstance(values, cp.ndarray):
                return values
            if hasattr(values, "__dlpack__"):
                return from_dlpack(values, cp.from_dlpack)
            return cp.asarray(values)


def _torch_of(array: Any) -> Any:  # noqa: ANN401 - a CuPy array, a torch.Tensor
    """Return a tensor over the same memory; bfloat16 passes as its bits."""
    torch = sys.modules["torch"]
    if is_bfloat16(array.dtype):
        return torch.from_dlpack(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_dlpack(array)


def _blocks(matrix: Any) -> Iterator[tuple[int, Any]]:  # noqa: ANN401 - CuPy arrays
    """Yield the rows some at a time, with the number of the first."""
    step = max(1, _AT_A_TIME // matrix.shape[1])
    for start in range(0, matrix.shape[0], step):
        yield start, matrix[start : start + step]


def _not_finite(cp: Any, values: Any) -> Any:  # noqa: ANN401 - CuPy, its arrays
    """Return where values are NaN or infinite."""
    if not is_bfloat16(values.dtype):
        return ~cp.isfinite(values)
    bits = cp.ascontiguousarray(values).view(np.uint16)
    return (bits & _BFLOAT16_EXPONENT) == _BFLOAT16_EXPONENT
