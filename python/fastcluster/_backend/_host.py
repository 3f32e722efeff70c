"""Arrays of a call on the CPU: everything that it reads and returns lies in host memory."""

from typing import Any, TypeVar

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from fastcluster import _core
from fastcluster._arrays import Vectors, as_array, is_on_gpu, on_host
from fastcluster._typing import Matrix

__all__ = ["HostArrays"]

_Array = TypeVar("_Array")


class HostArrays:
    """How `CpuBackend` takes arrays in and hands them out; `GpuArrays` does the same on a GPU."""

    __slots__ = ()

    n_threads: int

    def on_device(self, values: object, name: str) -> Any | None:  # noqa: ANN401 - an array
        """Return what the user passed as an array on this backend's GPU; None for host memory.

        Raises
        ------
        ValueError
            If it lies elsewhere than X.
        """
        if is_on_gpu(values):
            raise ValueError(
                f"mixed devices: {name} is on a GPU, and X is in host memory\n"
                f"hint: pass {name}.get() of a CuPy array, {name}.cpu() of a tensor"
            )
        return None

    def beside(self, values: Any, name: str) -> Any:  # noqa: ANN401 - labels, weights or None
        """Return what the user passed beside X, one value a row, in host memory."""
        self.on_device(values, name)
        return as_array(values) if hasattr(values, "__dlpack__") else values

    def moved(self, fitted: Any) -> Any:  # noqa: ANN401 - any array or CSR matrix
        """Return what a fit kept, wherever that is, in C order where this backend reads it."""
        return fitted if scipy.sparse.issparse(fitted) else np.ascontiguousarray(on_host(fitted))

    def give(self, values: _Array) -> _Array:
        """Return a result as the caller gets it: in the namespace and on the device of X."""
        return values

    def vectors(self, data: Any) -> Vectors:  # noqa: ANN401 - a dense array or a CSR matrix
        """Return checked rows as vectors."""
        return Vectors(data)

    def first_not_finite(self, matrix: Matrix) -> tuple[int, int] | None:
        """Return row and column of the first NaN or infinity, None where there is none."""
        return _core.check_finite(matrix, n_threads=self.n_threads)

    def rows_not_finite(self, data: Any) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:  # noqa: ANN401
        """Return which rows of a dense array or a CSR matrix hold NaN, and which infinity."""
        if not scipy.sparse.issparse(data):
            return np.isnan(data).any(axis=1), np.isinf(data).any(axis=1)
        n_rows = data.shape[0]
        row_of_entry = np.repeat(np.arange(n_rows), np.diff(data.indptr))
        is_nan, is_inf = (
            np.bincount(row_of_entry, weights=test(data.data), minlength=n_rows) > 0
            for test in (np.isnan, np.isinf)
        )
        return is_nan, is_inf

    def only_on_cpu(self, what: str) -> None:
        """Refuse what no GPU does; this is the CPU."""
