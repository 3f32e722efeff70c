"""The training row that each new row would join first, under mutual reachability.

A new row is compared with its nearest training rows first. One that is not listed is at least as
far as the last listed one, so a listed row that reaches the new row within that distance is the
answer. The few new rows for which none does are compared with all training rows.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fastcluster._backend.gpu.rows._rows import Block, Rows
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._kernels import kernel, launch
from fastcluster._backend.gpu.scores._search import Searcher
from fastcluster._backend.gpu.scores._shadow import widened
from fastcluster._backend.gpu.scores._tiles import Targets

__all__ = ["Attacher"]

_ALL: Final = (1024, 8192)
"""New rows and training rows that are compared at a time: 64 MiB of distances."""

_SIDE: Final = 16
"""Rows and columns of a thread block's tile of distances."""


class Attacher:
    """Attaches new rows to training rows.

    Parameters
    ----------
    rows : Rows
        The new rows; their scale is that of the targets.
    targets : Targets
        The training rows.
    cores : ndarray of float64 of shape (n_training,)
        Their core distances.
    min_samples : int
        Training rows that a new row has within its core distance.
    alpha : float
        What distances are divided by.
    n_listed : int
        Training rows that are listed of a new row: `min_samples` or more.

    Attributes
    ----------
    n_searched : int
        New rows that were compared with all training rows, so far.
    """

    def __init__(
        self,
        rows: Rows,
        targets: Targets,
        cores: NDArray[np.float64],
        *,
        min_samples: int,
        alpha: float,
        n_listed: int,
    ) -> None:
        self._rows, self._targets, self._cores = rows, targets, cores
        self._min_samples, self._alpha = min_samples, float(alpha)
        self._is_all = n_listed == targets.rows.n_rows
        self._searcher = Searcher(rows, targets, n_listed, by_distance=True)
        self.n_searched = 0

    def attach(self, block: Block) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
        """Return the training row of each row of a block, and at what height they join."""
        distances, indices = (array.get() for array in self._searcher.nearest(block))
        own = distances[:, self._min_samples - 1].copy()
        lengths = np.maximum(distances / self._alpha, own[:, None])
        heights = np.maximum(lengths, self._cores[indices])
        # Lists are in the order of distances, then of numbers: so is the first of equal heights.
        best = heights.argmin(axis=1)
        each = np.arange(len(best))
        rows, least = indices[each, best], heights[each, best]
        if not self._is_all:
            left = np.flatnonzero(least > lengths[:, -1])
            self.n_searched += len(left)
            for first in range(0, len(left), _ALL[0]):
                some = left[first : first + _ALL[0]]
                rows[some], least[some] = self._compare(block, some, own[some])
        return rows.astype(np.uint32), least

    def _compare(
        self, block: Block, some: NDArray[np.intp], own: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Compare some rows of a block with all training rows."""
        cp, targets = cupy(), self._targets
        picked = cp.asarray(some)
        norms = cp.take(block.inverse_norms, picked) if self._rows.cosine else block.inverse_norms
        part = Block(0, len(some), cp.take(block.values, picked, axis=0), norms)
        device_own = cp.asarray(own)
        parts = []
        for first in range(0, targets.rows.n_rows, _ALL[1]):
            last = min(first + _ALL[1], targets.rows.n_rows)
            near = self._nearest_of(part, first, last, device_own)
            parts.append(tuple(array.get() for array in near))
        rows, heights, distances = (np.stack(column) for column in zip(*parts, strict=True))
        # The parts are in the order of training rows, and the sort keeps that of equal ones.
        best = np.lexsort((distances, heights), axis=0)[0]
        each = np.arange(len(some))
        return rows[best, each], heights[best, each]

    def _nearest_of(self, part: Block, first: int, last: int, own: Any) -> tuple[Any, Any, Any]:  # noqa: ANN401
        """Return the first of some training rows by height, distance and number, and both."""
        cp = cupy()
        distances = self._distances(part, first, last)
        cores = cp.asarray(self._cores[first:last])
        heights = cp.maximum(cp.maximum(distances / self._alpha, own[:, None]), cores[None, :])
        least = heights.min(axis=1)
        tied = cp.where(heights == least[:, None], distances, np.inf)
        return tied.argmin(axis=1) + first, least, tied.min(axis=1)

    def _distances(self, part: Block, first: int, last: int) -> Any:  # noqa: ANN401 - a device array
        """Return the distances to some training rows, as they are defined."""
        cp, rows, targets = cupy(), self._rows, self._targets
        against = targets.block.part(first, last)
        out = cp.empty((part.n_rows, last - first))
        voids = cp.zeros(last - first, dtype=np.uint8)
        if rows.cosine:
            voids = (against.inverse_norms == 0.0).astype(np.uint8)
        n_tiles = -(-part.n_rows // _SIDE) * -(-(last - first) // _SIDE)
        launch(
            kernel("transform.cu", "transform", **rows.macros, DOUBLE=1), n_tiles, _SIDE * _SIDE,
            part.values, part.n_rows, rows.n_features, rows.scale, part.inverse_norms,
            widened(targets.rows, against), voids, last - first, out,
        )  # fmt: skip
        return out
