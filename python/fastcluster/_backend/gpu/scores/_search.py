"""Exact search for the nearest rows: float16 products propose, float64 decides.

One kernel reads each tile of scores once, while it is in the cache, and lists the few columns of a
row that may be among the nearest; their float64 distances decide. Rows with more candidates than a
list holds, those with many copies above all, are scored a second time, and every candidate is
compared as it is met. So memory is bounded whatever the data is.
"""

from typing import Any, Final

import numpy as np

from fastcluster._backend.gpu.rows._rows import Block, Rows
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._kernels import kernel, launch
from fastcluster._backend.gpu.runtime._memory import shrinking
from fastcluster._backend.gpu.scores._shadow import Shadow, empty_shadow, shadow
from fastcluster._backend.gpu.scores._tiles import (
    TILE,
    WARP,
    WARP_THREADS,
    Scores,
    Targets,
    warp_blocks,
)

__all__ = ["Searcher"]

_ROWS_LEAST: Final = 64
"""Rows of a tile, where memory is short."""


class _Lists:
    """Candidates of the rows of a tile: row r has its list at r · capacity."""

    def __init__(self, n_rows: int, n_neighbors: int) -> None:
        # Twice the neighbors, so that a list is cut once for as many new candidates as it keeps.
        capacity = max(4 * WARP, 2 * n_neighbors + 2 * WARP)
        self.capacity = -(-capacity // WARP) * WARP
        cp = cupy()
        self.limits = cp.empty(n_rows, dtype=np.float32)
        self.counts = cp.empty(n_rows, dtype=np.int32)
        self.crowds = cp.empty(n_rows, dtype=np.int32)
        self.farthest = cp.empty(n_rows, dtype=np.float64)
        self.lowers = cp.empty(n_rows * self.capacity, dtype=np.float32)
        self.uppers = cp.empty(n_rows * self.capacity, dtype=np.float32)
        self.columns = cp.empty(n_rows * self.capacity, dtype=np.uint32)
        self.keys = cp.empty(n_rows * self.capacity, dtype=np.float64)

    def clear(self) -> None:
        """Empty all lists."""
        self.limits.fill(np.inf)
        self.farthest.fill(np.inf)
        self.counts.fill(0)
        self.crowds.fill(0)


class Searcher:
    """Finds the nearest targets of rows, block by block; its memory is used again by every block.

    Parameters
    ----------
    rows : Rows
        The rows of the call; their scale is that of the targets.
    targets : Targets
        What is searched among; of the same dtype as the rows, or float32 or float64.
    n_neighbors : int
        How many to find, no more than there are targets.
    itself : bool
        Whether the rows are the targets; then a row is not its own neighbor.
    by_distance : bool
        Order by distances in the caller's units instead of squared ones: different squares may have
        equal roots, which are then ordered by the targets' numbers.
    tile : tuple of int
        Rows and columns of a tile. No result depends on it.

    Attributes
    ----------
    n_crowded : int
        Rows that were scored a second time, so far.
    """

    def __init__(
        self,
        rows: Rows,
        targets: Targets,
        n_neighbors: int,
        *,
        itself: bool = False,
        by_distance: bool = False,
        tile: tuple[int, int] = TILE,
    ) -> None:
        self._rows, self._targets, self._n_neighbors = rows, targets, n_neighbors
        self._itself, self._by_distance = itself, by_distance
        self._functions: dict[str, Any] = {}
        self.n_crowded = 0

        def make(n_rows: int) -> tuple[Scores, _Lists, Shadow | None]:
            found = Scores(rows.n_rows, targets.columns, (n_rows, tile[1]))
            room = None if itself else empty_shadow(found.n_rows, rows.n_features)
            return found, _Lists(found.n_rows, n_neighbors), room

        made = shrinking(make, tile[0], min(tile[0], _ROWS_LEAST), "a tile of rows")
        self._scores, self._lists, self._room = made

    def nearest(self, block: Block) -> tuple[Any, Any]:
        """Find the nearest targets of each row of a block.

        Parameters
        ----------
        block : Block
            Some of the rows.

        Returns
        -------
        distances : device array of float64 of shape (n, n_neighbors)
            In the caller's units, nearest first.
        indices : device array of int64 of shape (n, n_neighbors)
            Numbers of the targets; ties to the lowest.

        Notes
        -----
        The number of crowded rows is read to the host once a tile of rows.
        """
        cp, shape = cupy(), (block.n_rows, self._n_neighbors)
        distances = cp.empty(shape, dtype=np.float64)
        indices = cp.empty(shape, dtype=np.int64)
        for first in range(0, block.n_rows, self._scores.n_rows):
            last = min(first + self._scores.n_rows, block.n_rows)
            self._tile(block.part(first, last), distances[first:last], indices[first:last])
        return distances, indices

    def _tile(self, part: Block, distances: Any, indices: Any) -> None:  # noqa: ANN401 - device arrays
        lists, n, k = self._lists, part.n_rows, self._n_neighbors
        own = part.start if self._itself else -1
        rounded = self._shadow_of(part)
        lists.clear()
        for first, scores, columns in self._scores.tiles(rounded.values):
            self._launch(
                "list_candidates", n,
                scores, columns.squares, columns.reach, columns.rate, first, len(columns.squares),
                rounded.norms, rounded.lost, part.inverse_norms, own,
                lists.limits, lists.lowers, lists.uppers, lists.columns, lists.counts, lists.crowds,
                n, k, lists.capacity,
            )  # fmt: skip
        self._launch(
            "close_lists", n,
            rounded.norms, rounded.lost, lists.limits, lists.lowers, lists.uppers, lists.columns,
            lists.counts, lists.crowds, n, k, lists.capacity,
        )  # fmt: skip
        self._launch(
            "compare_candidates", n,
            *self._pairs(part), lists.columns, lists.counts, lists.keys, n, lists.capacity,
        )  # fmt: skip
        crowded = cupy().flatnonzero(lists.crowds[:n])
        if crowded.size:
            self._settle(part, rounded, crowded)
        self._launch(
            "write_nearest", n,
            lists.keys, lists.columns, lists.counts, part.inverse_norms, self._rows.scale, own,
            distances, indices, n, k, lists.capacity,
        )  # fmt: skip

    def _settle(self, part: Block, rounded: Shadow, crowded: Any) -> None:  # noqa: ANN401 - device array
        """Score the crowded rows once more and compare every candidate."""
        lists, n = self._lists, crowded.size
        own = part.start if self._itself else -1
        self.n_crowded += n
        gathered = cupy().take(rounded.values, crowded, axis=0)
        for first, scores, columns in self._scores.tiles(gathered):
            self._launch(
                "settle_candidates", n,
                scores, columns.squares, columns.reach, columns.rate, first, len(columns.squares),
                rounded.norms, rounded.lost, crowded, own, *self._pairs(part), lists.limits,
                lists.farthest, lists.keys, lists.columns, lists.counts, n, self._n_neighbors,
                lists.capacity,
            )  # fmt: skip

    def _pairs(self, part: Block) -> tuple[Any, ...]:
        """Return what kernels read of both sides for distances."""
        rows, targets = self._rows, self._targets
        return (
            part.values, rows.scale, part.inverse_norms,
            targets.block.values, targets.rows.scale, targets.block.inverse_norms, rows.n_features,
        )  # fmt: skip

    def _shadow_of(self, part: Block) -> Shadow:
        if self._room is None:
            return self._targets.shadow.part(part.start, part.stop)
        return shadow(self._rows, part, self._targets.frame, self._room.part(0, part.n_rows))

    def _launch(self, name: str, n_rows: int, *args: Any) -> None:  # noqa: ANN401 - as `launch`
        if name not in self._functions:
            macros = {**self._rows.macros, "BY_DISTANCE": int(self._by_distance)}
            if self._targets.rows.code != self._rows.code:
                macros["COLUMN"] = self._targets.rows.code
            self._functions[name] = kernel("topk.cu", name, **macros)
        launch(self._functions[name], warp_blocks(n_rows), WARP_THREADS, *args)
