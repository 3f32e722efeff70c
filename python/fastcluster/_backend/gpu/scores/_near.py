"""Which pairs of rows are within a radius: a bit a pair, tile by tile.

# Idea
A float16 product scores a tile of pairs. Where the score is farther from the limit than its proven
bound (`_bands.py`), it decides; the pairs between are compared in float64 by the rule of the CPU:
Σ(x_i - y_i)² <= fl(eps·eps), or 1 - cos <= eps. What becomes of the pairs is the caller's business,
and reads one bit of each instead of four bytes.

# Cost
2·d float16 operations a pair and 4 bytes written and read, in cache for tiles of a few thousand
rows; a float64 distance for the pairs between.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from fastcluster._backend.gpu.rows._rows import Block, Rows
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._gemm import scores
from fastcluster._backend.gpu.runtime._kernels import kernel, launch
from fastcluster._backend.gpu.runtime._memory import shrinking
from fastcluster._backend.gpu.scores._bands import Columns, columns
from fastcluster._backend.gpu.scores._shadow import Frame, Shadow, shadow

__all__ = ["SIDE", "Near", "Side", "side_of", "tile_bytes", "warps"]

SIDE: Final = 4096
"""Rows and columns of a tile: its scores are 64 MiB, about the level-2 cache of a large GPU."""

_SMALLEST: Final = 256
_THREADS: Final = 256
_LARGEST_32: Final = float(np.finfo(np.float32).max)
_HUGE: Final = 1e300
"""No squared distance in a frame comes near this."""


@dataclass(frozen=True)
class Side:
    """Rows on one side of the pairs."""

    block: Block
    scale: float
    shadow: Shadow
    squares: Any
    """The shadow's, infinite for rows of zeros under cosine."""
    columns: Columns

    def part(self, start: int, stop: int) -> "Side":
        """Return a view of some of the rows."""
        values = self.block.values[start:stop]
        inverse_norms = self.block.inverse_norms
        if inverse_norms.shape[0] == self.block.n_rows:
            inverse_norms = inverse_norms[start:stop]
        return Side(
            Block(0, stop - start, values, inverse_norms),
            self.scale,
            self.shadow.part(start, stop),
            self.squares[start:stop],
            self.columns.part(start, stop),
        )

    @property
    def n_rows(self) -> int:
        """How many rows."""
        return self.block.n_rows


def side_of(rows: Rows, block: Block, frame: Frame, eps: float) -> Side:
    """Prepare the rows of a block.

    A row of zeros under cosine is at distance 1 from all others: its square is infinite, of the
    sign that says whether that is within `eps`.
    """
    cp = cupy()
    own = shadow(rows, block, frame)
    squares = own.squares
    if rows.cosine:
        decided = np.float32(-np.inf if eps >= 1.0 else np.inf)
        squares = cp.where(block.inverse_norms == 0.0, decided, squares)
    return Side(block, float(rows.scale), own, squares, columns(own))


class Near:
    """Decides tiles of pairs.

    Parameters
    ----------
    rows : Rows
        Rows of one side; those of the other are of the same dtype, metric and scale.
    eps : float
        The radius, in the caller's units.
    frame : Frame
        Where both sides have their shadows.
    n_rows : int
        Rows of the larger side.

    Attributes
    ----------
    side : int
        Rows and columns of a tile, a multiple of 32; fewer where memory is short.
    """

    def __init__(self, rows: Rows, eps: float, frame: Frame, n_rows: int) -> None:
        factor = frame.factor
        self._limit = eps if rows.cosine else (eps * rows.scale) * (eps * rows.scale)
        # Under cosine 2·(1 - cos) is the squared distance of unit rows, but for a few roundings.
        squared = min(self._limit * (2.0 if rows.cosine else 1.0) * factor * factor, _HUGE)
        slack = 2.0**-20 * squared
        if rows.cosine:
            slack += 8.0 * (rows.n_features / 16.0 + 12.0) * 2.0**-52 * factor * factor
        self._inside = _float32_below(squared - slack)
        self._outside = _float32_above(squared + slack)
        self.side, self._scores = shrinking(_scratch, _side_for(n_rows), _SMALLEST, "pairs")
        self._kernel = kernel("eps.cu", "decide", **rows.macros)

    @property
    def words(self) -> int:
        """32-bit words of a tile's bits."""
        return self.side * self.side // 32

    def decide(self, one: Side, other: Side, diagonal: int, bits: Any) -> None:  # noqa: ANN401
        """Write the bits of a tile of two sides, of `self.side` rows at most.

        Parameters
        ----------
        one, other : Side
            The tile's rows and columns.
        diagonal : int
            Column c counts for row r where c > r + diagonal.
        bits : device array of uint32 of shape (words,)
            Overwritten; the word of row r for columns 32w and on is number w·side + r.
        """
        m, n = one.n_rows, other.n_rows
        tile = self._scores[: m * n].reshape(m, n)
        scores(one.shadow.values, other.columns.values, tile)
        launch(
            self._kernel,
            -(-(warps(self.side) * 32) // _THREADS),
            _THREADS,
            tile, m, n, self.side, diagonal,
            one.block.values, one.block.inverse_norms,
            one.shadow.norms, one.shadow.lost, one.squares, one.scale,
            other.block.values, other.block.inverse_norms, other.squares, other.scale,
            other.columns.reach, other.columns.rate, one.block.values.shape[1],
            self._inside, self._outside, float(self._limit), bits,
        )  # fmt: skip


def tile_bytes(n_rows: int) -> int:
    """Return what the scores and the bits of a tile take, with so many rows on the larger side."""
    side = _side_for(n_rows)
    return 4 * side * side + side * side // 8


def warps(side: int) -> int:
    """Return the squares of 32 rows by 32 columns of a tile."""
    return (side // 32) ** 2


def _side_for(n_rows: int) -> int:
    return min(SIDE, -(-n_rows // 32) * 32)


def _scratch(side: int) -> tuple[int, Any]:
    side = -(-side // 32) * 32
    return side, cupy().empty(side * side, dtype="float32")


def _float32_below(value: float) -> float:
    """Return a finite float32 that is not above a value."""
    if value >= _LARGEST_32:
        return _LARGEST_32
    rounded = np.float32(value)
    if float(rounded) > value:
        rounded = np.nextafter(rounded, np.float32(-np.inf))
    return float(rounded)


def _float32_above(value: float) -> float:
    """Return a float32 that is not below a value; infinity where there is none."""
    return float("inf") if value >= _LARGEST_32 else -_float32_below(-value)
