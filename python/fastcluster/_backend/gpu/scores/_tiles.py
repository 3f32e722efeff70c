"""Tiles of scores, and rows that are scored against: what search and spanning trees share."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from fastcluster._backend.gpu.rows._rows import Block, Rows
from fastcluster._backend.gpu.rows._sources import Resident
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._gemm import scores
from fastcluster._backend.gpu.runtime._memory import shrinking
from fastcluster._backend.gpu.scores._bands import Columns, columns
from fastcluster._backend.gpu.scores._shadow import Frame, Shadow, frame_of, shadow
from fastcluster.exceptions import DeviceUnavailableError

__all__ = [
    "TILE",
    "WARP",
    "WARP_THREADS",
    "Scores",
    "Targets",
    "in_one_space",
    "some_of",
    "warp_blocks",
    "whole_block",
]

TILE: Final = (2048, 4096)
"""Rows and columns: 32 MiB of float32, which stay in the second-level cache of large GPUs."""

WARP: Final = 32
"""Threads of a warp."""

_FACTOR_32: Final = 2.0**63
"""Factors below have squares in float32."""

WARP_THREADS: Final = 256
"""Threads per block of kernels that give each row a warp."""


def warp_blocks(n_rows: int) -> int:
    """Return how many blocks of `WARP_THREADS` give each row a warp."""
    return -(-n_rows * WARP // WARP_THREADS)


def in_one_space(vectors: Any, others: Any, *, cosine: bool) -> tuple[Rows, Rows]:  # noqa: ANN401
    """Take the rows of two arrays, scaled alike.

    Raises
    ------
    ValueError
        If they have different numbers of features.
    """
    if vectors.shape[1] != others.shape[1]:
        raise ValueError(
            f"X has {vectors.shape[1]} features, and the rows to search among have "
            f"{others.shape[1]}\nhint: pass X of their width"
        )
    rows, searched = Rows.of(vectors, cosine=cosine), Rows.of(others, cosine=cosine)
    return rows.including(searched.largest), searched.including(rows.largest)


def some_of(rows: Rows, indices: Any) -> Rows:  # noqa: ANN401 - an array of integers
    """Return some of the rows, as they are scaled and divided."""
    block = rows.take(indices)
    return replace(
        rows,
        n_rows=block.n_rows,
        inverse_norms=block.inverse_norms,
        source=Resident(block.values),
    )


def whole_block(rows: Rows) -> Block:
    """Return all rows as one block on the device.

    Raises
    ------
    DeviceUnavailableError
        If they do not fit there.
    """
    if not rows.is_resident:
        raise DeviceUnavailableError(
            f"the {rows.n_rows} x {rows.n_features} rows to search among do not fit the memory of "
            "the GPU\nhint: pass device='cpu', or float16 rows"
        )
    first = next(rows.blocks())
    return first if first.n_rows == rows.n_rows else rows.take(cupy().arange(rows.n_rows))


class Scores:
    """Memory for one tile of scores, of rows and columns no more than there are.

    Parameters
    ----------
    n_rows : int
        Rows in all.
    columns : Columns
        What they are scored against.
    tile : tuple of int
        The most rows and columns.
    """

    def __init__(self, n_rows: int, columns: Columns, tile: tuple[int, int] = TILE) -> None:
        n_columns = len(columns.squares)
        self.n_rows, width = min(n_rows, tile[0]), min(n_columns, tile[1])
        self._values = cupy().empty(self.n_rows * width, dtype=np.float32)
        self._parts = [
            (first, columns.part(first, min(first + width, n_columns)))
            for first in range(0, n_columns, width)
        ]

    def tiles(self, rows: Any) -> Iterator[tuple[int, Any, Columns]]:  # noqa: ANN401
        """Score up to `n_rows` rows, float16 of shape (n, d8), against all columns.

        Yields
        ------
        tuple of int, device array of float32 of shape (n, m) and Columns
            The first column of a tile, its products and its columns. The next tile overwrites the
            products.
        """
        n = len(rows)
        for first, part in self._parts:
            m = len(part.squares)
            out = self._values[: n * m].reshape(n, m)
            scores(rows, part.values, out)
            yield first, out, part


@dataclass(frozen=True)
class Targets:
    """Rows that others are scored against: all on the device, with their shadow."""

    rows: Rows
    block: Block
    frame: Frame
    shadow: Shadow
    columns: Columns

    @classmethod
    def of(cls, rows: Rows) -> "Targets":
        """Round all rows.

        Raises
        ------
        DeviceUnavailableError
            If they do not fit the device.
        MemoryError
            If they do, but not a copy of them in float16.
        """
        block = whole_block(rows)
        frame = frame_of(rows)
        rounded = shrinking(
            lambda _: shadow(rows, block, frame), rows.n_rows, rows.n_rows, "a float16 copy of rows"
        )
        if rows.cosine:
            # A row without direction is at squared distance 2 of rows of length 1, not at 1.
            is_void, squares = block.inverse_norms == 0.0, rounded.squares
            # Of rows that nearly agree the factor's square may leave float32.
            more = frame.factor**2 if frame.factor < _FACTOR_32 else float("inf")
            far = cupy().where(is_void, squares + more, squares)
            rounded = replace(rounded, squares=far)
        return cls(rows, block, frame, rounded, columns(rounded))
