"""Where the values of rows are, and how kernels get them: in C-contiguous blocks on the device."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastcluster._backend.gpu.rows._ring import DEPTH, Ring
from fastcluster._backend.gpu.runtime._cupy import cupy

__all__ = ["Resident", "Source", "Streamed"]

_BLOCK_BYTES: Final = 128 << 20
"""Of a streamed block or of a contiguous copy: the bus is then busy for milliseconds at a time."""

_STREAMED_SHARE: Final = 0.25
"""Of the budget: what the ring's buffers may take on the device."""

_SMALLEST_BLOCK: Final = 4096
"""Rows: the CPU's runs of rows, which its sums keep apart, stay whole."""

_Piece: TypeAlias = tuple[int, int, Any]
"""Start, stop and the rows between."""


@dataclass(frozen=True)
class Resident:
    """Rows on the device, of any strides."""

    values: Any

    def blocks(self, size: int | None, unit: int) -> Iterator[_Piece]:
        """Yield the rows in blocks of at most `size`; strided ones are copied block by block."""
        n_rows = len(self.values)
        whole = bool(self.values.flags.c_contiguous)
        if size is None:
            size = n_rows if whole else _rows_of(_BLOCK_BYTES, self.values, unit)
        for start in range(0, n_rows, size):
            stop = min(start + size, n_rows)
            values = self.values[start:stop]
            yield start, stop, values if whole else cupy().ascontiguousarray(values)

    def take(self, indices: Any) -> Any:  # noqa: ANN401 - device arrays
        """Copy rows out."""
        return cupy().ascontiguousarray(self.values[indices])


@dataclass
class Streamed:
    """Rows in host memory, of any strides, which pass over the bus whenever they are read."""

    array: NDArray[Any]
    budget: int
    unit: int
    _rings: dict[int, Ring] = field(default_factory=dict)

    def blocks(self, size: int | None, unit: int) -> Iterator[_Piece]:
        """Yield the rows in blocks of at most `size`; each is valid until the next is asked for."""
        room = min(_BLOCK_BYTES, int(self.budget * _STREAMED_SHARE) // DEPTH)
        most = _rows_of(room, self.array, unit)
        return self._ring(most if size is None else min(size, most)).blocks()

    def take(self, indices: Any) -> Any:  # noqa: ANN401 - device arrays
        """Gather rows on the host, and send them."""
        return cupy().asarray(np.ascontiguousarray(self.array[indices.get()]))

    def uploaded(self) -> Resident:
        """Send all rows at once."""
        values = cupy().empty(self.array.shape, dtype=self.array.dtype)
        for _ in Ring(self.array, _rows_of(_BLOCK_BYTES, self.array, self.unit)).blocks(values):
            pass
        return Resident(values)

    def _ring(self, size: int) -> Ring:
        """One ring for all passes: pinning memory is slow."""
        if size not in self._rings:
            self._rings.clear()
            self._rings[size] = Ring(self.array, size)
        return self._rings[size]


Source: TypeAlias = Resident | Streamed


def _rows_of(n_bytes: int, values: Any, unit: int) -> int:  # noqa: ANN401 - any array
    """Return how many rows make so many bytes: multiples of `unit`, or a power of two below it."""
    rows: int = n_bytes // max(values.shape[1] * values.dtype.itemsize, 1)
    if rows >= unit:
        return rows // unit * unit
    while unit > max(rows, _SMALLEST_BLOCK):
        unit //= 2
    return unit
