"""All rows of a call on the device at once, for what compares every row with every other."""

from typing import Any

import numpy as np

from fastcluster._backend.gpu.rows._rows import Block, Rows
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._device import is_on_gpu
from fastcluster._backend.gpu.runtime._memory import available
from fastcluster.exceptions import DeviceUnavailableError

__all__ = ["all_rows", "dense", "of_one_dtype", "room"]


def all_rows(vectors: Any, *, cosine: bool, what: str) -> tuple[Rows, Block]:  # noqa: ANN401
    """Return the rows, and all of them as one block.

    Raises
    ------
    DeviceUnavailableError
        If the rows are sparse.
    MemoryError
        If the GPU cannot hold them.
    """
    vectors = dense(vectors, what)
    data = cupy().ascontiguousarray(vectors) if is_on_gpu(vectors) else vectors
    rows = Rows.of(data, cosine=cosine)
    if not rows.is_resident:
        raise MemoryError(
            f"{what} compares all rows with each other and needs them on the GPU: "
            f"{vectors.nbytes} bytes, and {available()} are to spare\n"
            "hint: free arrays on the GPU, pass X as float16, or pass device='cpu'"
        )
    return rows, next(iter(rows.blocks()))


def of_one_dtype(one: Any, other: Any, *, what: str) -> tuple[Any, Any]:  # noqa: ANN401 - matrices
    """Return two dense matrices as they are, or as float64, in which every dtype is exact."""
    one, other = dense(one, what), dense(other, what)
    if one.dtype == other.dtype:
        return one, other
    return one.astype(np.float64), other.astype(np.float64)


def room(memory_limit: int | None) -> int:
    """Return the bytes that may be taken now."""
    return available() if memory_limit is None else min(available(), memory_limit)


def dense(vectors: Any, what: str) -> Any:  # noqa: ANN401 - a matrix
    """Return a matrix as it is.

    Raises
    ------
    DeviceUnavailableError
        If it is sparse.
    """
    if isinstance(vectors, tuple):
        raise DeviceUnavailableError(
            f"{what} of sparse rows does not run on a GPU\n"
            "hint: pass device='cpu', or X as a dense array"
        )
    return vectors
