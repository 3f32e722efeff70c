"""Exact nearest-centroid assignment: float16 products propose, float64 decides.

Tiles of rows and centers are scored by one product each (`_gemm`), and a kernel keeps of every row
the best center and how near the next one may be. After the last tile, a row is proved if no other
center can be nearest, by the bands of `_bands`. The rows that are left are scored once more, and
every center that their bands leave is compared in float64, ties to the lowest index. Labels
therefore equal a float64 brute force, for any tile size, whatever order cuBLAS sums in, and however
many rows are left.

Cost: 2·n·k·d operations on tensor cores, 8·n·k bytes of scores written and read, for the most part
in a large GPU's cache; the flagged rows again, and one float64 distance for each center that a band
leaves. Rows of at most 256 features are looked at where their sums arise, without tiles of scores
(`assign_fused.cu`).
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from fastcluster._backend.gpu.rows._centers import Centers
from fastcluster._backend.gpu.rows._rows import Block, Rows
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._gemm import ALIGNMENT, scores
from fastcluster._backend.gpu.runtime._kernels import kernel, launch
from fastcluster._backend.gpu.runtime._memory import available, shrinking
from fastcluster._backend.gpu.scores._bands import Columns, columns
from fastcluster._backend.gpu.scores._shadow import (
    Frame,
    Shadow,
    empty_shadow,
    frame_of,
    shadow,
    shadow_bytes,
    shadow_of_centers,
)

__all__ = ["Assigner"]

_TILE_BYTES: Final = 64 << 20
"""Scores of a tile: large enough that launches cost little; a cache of 50 MB holds most of it."""

_TILE_COLUMNS: Final = 2048
"""Centers of a tile: with so few, its rows are enough to keep all multiprocessors reading."""

_TILE_ROWS_MOST: Final = 65_536

_TILE_SHARE: Final = 1 / 8
_KEPT_SHARE: Final = 0.6
_PART_SHARE: Final = 0.5
"""What scores, shadows of all rows, and what a part of the rows needs may take of the budget."""

_PART_WORK: Final = 2**46
"""Multiply-adds between reads to the host, about a quarter of a second: Ctrl-C is heard then."""

_STATE_BYTES: Final = 17
"""What a row takes during a pass, beside its shadow."""

_SMALLEST_PART: Final = 1024

_THREADS: Final = 256
_ROWS_PER_BLOCK: Final = 4 * _THREADS // 32
"""Of `best_two`: a warp takes four."""

_FUSED_STEPS: Final = (1, 2, 4, 6, 8, 12, 16)
"""Of 16 features: those that `assign_fused.cu` is compiled for. Wider rows have tiles of scores."""

_FUSED_THREADS: Final = 128
_STEPS_OF_32_ROWS: Final = 8
"""A warp of the fused kernel takes 32 rows up to here, and 16 above: as its registers allow."""


@dataclass(frozen=True)
class _Target:
    """The centers of a pass, in tiles: the first center of each and what it is scored with."""

    centers: Centers
    frame: Frame
    columns: Columns
    tiles: list[tuple[int, Columns]]


@dataclass(frozen=True)
class _Scratch:
    """What a pass knows of the rows of a part, their shadow where none is kept, scores of a tile.

    Memory that every pass uses again.
    """

    least: Any
    second: Any
    most: Any
    index: Any
    flags: Any
    shadow: Shadow | None
    scores: Any

    @classmethod
    def of(cls, n_rows: int, n_features: int, tile: tuple[int, int], *, keep: bool) -> "_Scratch":
        """Allocate it for so many rows; as much as flagged rows will need is free afterwards."""
        cp = cupy()
        least, second, most = (cp.empty(n_rows, dtype=np.float32) for _ in range(3))
        index, flags = cp.empty(n_rows, dtype=np.int32), cp.empty(n_rows, dtype=np.bool_)
        room = None if keep else empty_shadow(n_rows, n_features)
        scores = cp.empty(min(tile[0], n_rows) * tile[1], dtype=np.float32)
        cp.empty(scores.nbytes + 16 * n_rows, dtype=np.uint8)
        return cls(least, second, most, index, flags, room, scores)


class Assigner:
    """Assigns rows to centers, block by block; one for a fit, every pass uses its memory again.

    Parameters
    ----------
    rows : Rows
        The rows of the call.
    n_centers : int
        Centers of every pass.
    budget : int, optional
        Bytes of device memory for scratch and kept shadows; what is free, if not given.
    keep : bool
        Whether shadows are kept for later passes where the budget suffices.
    tile : tuple of int, optional
        Rows and centers of a tile, the latter a multiple of 8; by the budget, if not given.
    fused : bool
        Whether rows of few features are scored without tiles.

    Attributes
    ----------
    n_flagged : int
        Rows that the products could not decide, so far.
    rechecked : device array of uint64 of shape (1,)
        Distances that were taken in float64 to decide them, so far.
    """

    def __init__(
        self,
        rows: Rows,
        n_centers: int,
        *,
        budget: int | None = None,
        keep: bool = True,
        tile: tuple[int, int] | None = None,
        fused: bool = True,
    ) -> None:
        cp = cupy()
        d = rows.n_features
        room = available() if budget is None else budget
        n_padded = -(-n_centers // ALIGNMENT) * ALIGNMENT
        self._rows, self._n_centers = rows, n_centers
        self._frame: Frame | None = None
        self._target: _Target | None = None
        self._of_centers = empty_shadow(n_padded, d, zeros=True)
        self._tile = tile or _tile_of(int(room * _TILE_SHARE), rows.n_rows, n_padded)
        self._steps = _fused_steps(d) if fused else 0
        keep = keep and rows.n_rows * shadow_bytes(d) <= room * _KEPT_SHARE
        self._kept = _kept_shadow(rows.n_rows, d) if keep else None
        self._known: set[tuple[int, int]] = set()
        per_row = _STATE_BYTES + (shadow_bytes(d) if self._kept is None else 0)
        wanted = min(int(room * _PART_SHARE) // per_row, _PART_WORK // (n_padded * d), rows.n_rows)
        self._part_rows = max(wanted, min(_SMALLEST_PART, rows.n_rows))
        self._scratch: _Scratch | None = None
        self.rechecked = cp.zeros(1, dtype=np.uint64)
        self.n_flagged = 0

    @property
    def n_bytes(self) -> int:
        """What kept shadows, a tile of scores and the rows of a part take, or will."""
        d = self._rows.n_features
        shadows = self._rows.n_rows if self._kept is not None else self._part_rows
        tile = 4 * self._tile[0] * self._tile[1]
        return shadows * shadow_bytes(d) + self._part_rows * _STATE_BYTES + tile

    def aim(self, centers: Centers) -> None:
        """Set the centers of the next pass; only the first call reads something to the host."""
        if self._frame is None:
            self._frame = frame_of(self._rows, centers)
        of_centers = columns(shadow_of_centers(centers, self._frame, self._of_centers))
        _, width = self._tile
        n_padded = len(of_centers.squares)
        tiles = [
            (first, of_centers.part(first, min(first + width, n_padded)))
            for first in range(0, n_padded, width)
        ]
        self._target = _Target(centers, self._frame, of_centers, tiles)

    def labels(self, block: Block, out: Any = None) -> Any:  # noqa: ANN401 - device arrays
        """Return the nearest center of each row as device int32; ties to the lowest index.

        Rows of zeros under cosine have label 0. The number of undecided rows is read to the host
        once a block, or more often if the block is large.
        """
        if out is None:
            out = cupy().empty(block.n_rows, dtype=np.int32)
        target, scratch = self._aimed(), self._memory()
        for start in range(0, block.n_rows, self._part_rows):
            stop = min(start + self._part_rows, block.n_rows)
            part = block.part(start, stop)
            of_rows = self._shadow_of(part, target, scratch)
            self._label(part, of_rows, target, scratch, out[start:stop])
            flagged = cupy().flatnonzero(scratch.flags[: part.n_rows])
            self.n_flagged += len(flagged)
            step = max(scratch.scores.nbytes // shadow_bytes(self._rows.n_features), 1)
            for first in range(0, len(flagged), step):
                some = flagged[first : first + step]
                out[start:stop][some] = self._settled(part, of_rows, target, scratch, some)
        return out

    def distances(self, block: Block, labels: Any, out: Any = None) -> Any:  # noqa: ANN401
        """Return each row's squared distance from its center, device float64, in working space."""
        if out is None:
            out = cupy().empty(block.n_rows)
        centers = self._aimed().centers
        launch(
            kernel("assign.cu", "distances_to", **self._rows.macros),
            -(-block.n_rows // (_THREADS // 16)), _THREADS,
            block.values, block.n_rows, self._rows.n_features, self._rows.scale,
            block.inverse_norms, centers.working, centers.void, labels, out,
        )  # fmt: skip
        return out

    def _aimed(self) -> _Target:
        if self._target is None:
            raise RuntimeError("aim() has to be called before rows are assigned")
        return self._target

    def _memory(self) -> _Scratch:
        """Allocate what a part needs, once; for smaller parts where memory does not suffice."""
        if self._scratch is None and self._kept is not None:
            # Shadows are kept only where enough memory is left beside them.
            with suppress(MemoryError):
                self._scratch = self._allocated()
            if self._scratch is None:
                self._kept = None
        if self._scratch is None:
            self._scratch = self._allocated()
        self._part_rows = len(self._scratch.least)
        self._tile = (min(self._tile[0], self._part_rows), self._tile[1])
        return self._scratch

    def _allocated(self) -> _Scratch:
        d, keep = self._rows.n_features, self._kept is not None
        return shrinking(
            lambda n_rows: _Scratch.of(n_rows, d, self._tile, keep=keep),
            self._part_rows, min(self._part_rows, _SMALLEST_PART), "a pass over parts",
        )  # fmt: skip

    def _shadow_of(self, part: Block, target: _Target, scratch: _Scratch) -> Shadow:
        """Return the shadow of a part: a kept one, or made anew."""
        if self._kept is None or part.is_gathered:
            room = scratch.shadow
            out = None if room is None else room.part(0, part.n_rows)
            return shadow(self._rows, part, target.frame, out)
        kept = self._kept.part(part.start, part.stop)
        if (part.start, part.stop) not in self._known:
            shadow(self._rows, part, target.frame, kept)
            self._known.add((part.start, part.stop))
        return kept

    def _label(
        self,
        part: Block,
        of_rows: Shadow,
        target: _Target,
        scratch: _Scratch,
        out: Any,  # noqa: ANN401 - a device array
    ) -> None:
        """Label the rows of a part with their best centers, and flag those that are not proved."""
        if self._steps:
            self._pass_fused(of_rows, target, scratch)
        else:
            self._pass_tiled(of_rows, target, scratch)
        launch(
            kernel("assign.cu", "flag", **self._rows.macros), -(-part.n_rows // _THREADS), _THREADS,
            part.n_rows, of_rows.norms, of_rows.lost, part.inverse_norms,
            scratch.second, scratch.most, scratch.index, out, scratch.flags,
        )  # fmt: skip

    def _pass_fused(self, of_rows: Shadow, target: _Target, scratch: _Scratch) -> None:
        """Find the best two centers of each row without tiles of scores."""
        n_rows, n_padded = of_rows.values.shape
        all_centers = target.columns
        rows_per_block = 4 * 16 * (2 if self._steps <= _STEPS_OF_32_ROWS else 1)
        launch(
            kernel("assign_fused.cu", "best_two_fused", STEPS=self._steps),
            -(-n_rows // rows_per_block), _FUSED_THREADS,
            of_rows.values.view(np.uint32), n_rows, all_centers.values, self._n_centers, n_padded,
            all_centers.squares, all_centers.reach, all_centers.rate, of_rows.norms, of_rows.lost,
            scratch.second, scratch.most, scratch.index,
        )  # fmt: skip

    def _pass_tiled(self, of_rows: Shadow, target: _Target, scratch: _Scratch) -> None:
        """Find the best two centers of each row in tiles of scores."""
        best_two = kernel("assign.cu", "best_two")
        for first_row, n_rows, first, of_centers, found in self._scored(of_rows, target, scratch):
            launch(
                best_two, -(-n_rows // _ROWS_PER_BLOCK), _THREADS,
                found, n_rows, min(len(of_centers.squares), self._n_centers - first),
                len(of_centers.squares), of_centers.squares, of_centers.reach, of_centers.rate,
                of_rows.norms, of_rows.lost, first_row, first,
                scratch.least, scratch.second, scratch.most, scratch.index,
            )  # fmt: skip

    def _settled(
        self,
        part: Block,
        of_rows: Shadow,
        target: _Target,
        scratch: _Scratch,
        flagged: Any,  # noqa: ANN401 - device arrays
    ) -> Any:  # noqa: ANN401
        """Return the labels of some rows of a part, by all distances that their bands leave."""
        cp, rows, centers = cupy(), self._rows, target.centers
        some = of_rows.take(flagged)
        distances = cp.empty(len(flagged))
        nearest = cp.empty(len(flagged), dtype=np.int32)
        settle = kernel("assign.cu", "settle", **rows.macros)
        for first_row, n_rows, first, of_centers, found in self._scored(some, target, scratch):
            launch(
                settle, -(-n_rows // (_THREADS // 32)), _THREADS,
                found, n_rows, min(len(of_centers.squares), self._n_centers - first),
                len(of_centers.squares), of_centers.squares, of_centers.reach, of_centers.rate,
                some.norms, some.lost, first_row, scratch.most, flagged,
                part.values, rows.scale, part.inverse_norms, centers.working, centers.void,
                rows.n_features, first, distances, nearest, self.rechecked,
            )  # fmt: skip
        return nearest

    def _scored(
        self, of_rows: Shadow, target: _Target, scratch: _Scratch
    ) -> Iterator[tuple[int, int, int, Columns, Any]]:
        """Score rows tile by tile; yields first row, rows, first center, centers and scores."""
        height, _ = self._tile
        found = scratch.scores
        for first_row in range(0, len(of_rows.norms), height):
            values = of_rows.values[first_row : first_row + height]
            for first, of_centers in target.tiles:
                shape = (len(values), len(of_centers.squares))
                # Most tiles are alike, and a view takes as long as a launch.
                if found.shape != shape:
                    found = scratch.scores[: shape[0] * shape[1]].reshape(shape)
                scores(values, of_centers.values, found)
                yield first_row, len(values), first, of_centers, found


def _kept_shadow(n_rows: int, n_features: int) -> Shadow | None:
    """Return memory for the shadow of all rows; None where others have taken it meanwhile."""
    try:
        return empty_shadow(n_rows, n_features)
    except cupy().cuda.memory.OutOfMemoryError:
        return None


def _fused_steps(n_features: int) -> int:
    """Return the steps of 16 features that the fused kernel takes, 0 where it does not serve."""
    return next((steps for steps in _FUSED_STEPS if 16 * steps >= n_features), 0)


def _tile_of(room: int, n_rows: int, n_padded: int) -> tuple[int, int]:
    """Return rows and centers of a tile of scores that takes at most so many bytes, or little."""
    most = max(min(room, _TILE_BYTES) // 4, 64 * ALIGNMENT)
    width = min(n_padded, _TILE_COLUMNS, most // 64 // ALIGNMENT * ALIGNMENT)
    return min(most // width, _TILE_ROWS_MOST, n_rows), width
