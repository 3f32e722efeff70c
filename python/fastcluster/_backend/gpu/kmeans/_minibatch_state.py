"""Mini-batch centers on their way: add rows up, move, reassign, as the core does.

Sums are added row by row in the order of the rows, so the centers have the core's bits.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fastcluster._backend.gpu.kmeans._draw import draw_rows
from fastcluster._backend.gpu.rows._at_rows import RowSums, put
from fastcluster._backend.gpu.rows._centers import Centers
from fastcluster._backend.gpu.rows._rows import Block, Rows
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._random import Stream

__all__ = ["State"]

_REASSIGNMENTS: Final = 1001
"""The task of the random numbers, of which every step takes its own: odd ones from here."""

_HEAVIEST: Final = 5.0
"""The heaviest center counts at most so many times the mean one when light ones are looked for."""


class State:
    """Centers, the weight that each was given, and what they were given since they last moved.

    Parameters
    ----------
    rows : Rows
        The rows of the call.
    centers : Centers
        Changed in place.
    counts : ndarray of float64 of shape (n_clusters,)
        Weight that each center was given before.
    reassignment_ratio : float
        Centers below this share of the heaviest weigh too little.
    seed : int
        Seed of the reassignments.
    """

    def __init__(
        self,
        rows: Rows,
        centers: Centers,
        counts: NDArray[np.float64],
        reassignment_ratio: float,
        seed: int,
    ) -> None:
        self.centers, self.counts = centers, counts
        self._rows, self._ratio, self._seed = rows, reassignment_ratio, seed
        self._sums = RowSums(rows, None, len(counts))
        self._totals = self._sums.totals

    @property
    def has_empty(self) -> bool:
        """Whether a center was never given anything."""
        return bool((self.counts == 0.0).any())

    def give(self, block: Block, labels: Any, weights: Any = None) -> None:  # noqa: ANN401
        """Give the centers the rows of a block, and their weights, to be moved by later."""
        part = Block(0, block.n_rows, block.values, block.inverse_norms)
        sums = self._sums
        if weights is not None:
            sums = RowSums(self._rows, weights, len(self.counts))
        sums.add(self._totals, part, labels)

    def advance(self, fade: float) -> float:
        """Move each center to the mean of what it had, times `fade`, and what it was given since.

        Returns the squared movements, in working space.
        """
        cp, d = cupy(), self._rows.n_features
        old = self.counts * fade
        kept = cp.asarray(old)
        given = self._totals[:, d].copy()
        self._totals[:, :d] += kept[:, None] * self.centers.working
        self._totals[:, d] += kept
        report = cp.zeros(3, dtype=cp.int64)
        dirty = (given > 0.0).astype(cp.uint8)
        moved = self.centers.move(self._totals, dirty, report, self._rows)
        self._totals.fill(0.0)
        # The host waits here, when all is under way.
        self.counts = old + given.get()
        return _added(moved.get())

    def reassign(
        self,
        rows: Rows,
        weights: Any,  # noqa: ANN401 - a device array or None
        most: int,
        step: int,
    ) -> tuple[int, float]:
        """Move the centers of least weight, `most` at most, to different random rows of weight.

        Returns how many, and their squared movements.
        """
        n_weighty = rows.n_rows if weights is None else int((weights > 0.0).sum())
        poor = self._poor(min(most, n_weighty))
        if len(poor) == 0:
            return 0, 0.0
        stream = Stream(self._seed, _REASSIGNMENTS + step * 2)
        heavy = None if weights is None else (weights > 0.0).astype("float64")
        drawn = draw_rows(rows.n_rows, heavy, len(poor), stream)
        places = cupy().asarray(poor.astype(np.int32))
        moved = put(rows, rows.take(drawn), self.centers, places)
        # Not so low that the next reassignment takes the same centers at once.
        rich = np.delete(self.counts, poor)
        if len(rich):
            self.counts[poor] = rich.min()
        return len(poor), _added(moved.get())

    def _poor(self, most: int) -> NDArray[np.intp]:
        """Return the lightest of the centers that weigh too little, `most` at most, by number."""
        mean = _added(self.counts) / len(self.counts)
        threshold = self._ratio * min(float(self.counts.max()), _HEAVIEST * mean)
        poor = np.flatnonzero(self.counts < threshold)
        lightest = np.argsort(self.counts[poor], kind="stable")[:most]
        return np.sort(poor[lightest])


def _added(values: NDArray[np.float64]) -> float:
    """Return a sum of values, added one after the other."""
    return float(np.add.accumulate(values)[-1])
