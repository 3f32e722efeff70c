"""The bits of all pairs of rows, tile by tile: kept as far as memory allows, else decided again.

Each pair comes once: of a tile on the diagonal the part above it. A consumer is told of many tiles
at once where their bits are kept, which spares launches.

# Cost
n²/2 pairs a pass, of which kept tiles cost one bit each after the first. 200,000 rows: 2.6 GB of
bits.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._memory import shrinking
from fastcluster._backend.gpu.scores._near import Near, Side

__all__ = ["Consumer", "Triangle", "parts"]

Consumer = Callable[[Any, Any, int], None]
"""Takes the bits of some tiles, the first row and column of each, and how many tiles these are."""


def parts(n_rows: int, side: int) -> Iterator[tuple[int, int]]:
    """Yield where tiles begin and end."""
    for start in range(0, n_rows, side):
        yield start, min(start + side, n_rows)


class Triangle:
    """All pairs of rows of one side.

    Parameters
    ----------
    near : Near
        What decides.
    rows : Side
        All rows.
    budget : int
        Bytes that kept bits may take.

    Attributes
    ----------
    n_kept, n_tiles : int
        Tiles whose bits are kept, and all.
    """

    def __init__(self, near: Near, rows: Side, budget: int) -> None:
        cp = cupy()
        self._near = near
        strips = [(start, rows.part(start, stop)) for start, stop in parts(rows.n_rows, near.side)]
        self._tiles = [(one, two) for i, one in enumerate(strips) for two in strips[i:]]
        self.n_tiles = len(self._tiles)
        self._bits = shrinking(
            lambda n_kept: cp.empty((n_kept, near.words), dtype="uint32"),
            min(self.n_tiles, budget // (4 * near.words)),
            0,
            "the bits of a tile",
        )
        self.n_kept = self._bits.shape[0]
        starts = np.array([(one[0], two[0]) for one, two in self._tiles], dtype=np.int64)
        self._starts = cp.asarray(starts)
        self._again = cp.empty((1, near.words), dtype="uint32")
        self._is_first = True

    def visit(self, consumer: Consumer) -> None:
        """Hand the bits of all tiles to a consumer."""
        if self._is_first:
            for tile in range(self.n_kept):
                self._decide(tile, self._bits[tile])
            self._is_first = False
        if self.n_kept:
            consumer(self._bits, self._starts, self.n_kept)
        for tile in range(self.n_kept, self.n_tiles):
            self._decide(tile, self._again[0])
            consumer(self._again, self._starts[tile:], 1)

    def _decide(self, tile: int, bits: Any) -> None:  # noqa: ANN401 - a device array
        (first_row, rows), (first_column, columns) = self._tiles[tile]
        self._near.decide(rows, columns, first_row - first_column, bits)
