"""k-means|| on the GPU: rounds that draw many rows at once, then k-means++ on what was drawn.

# Idea
Each round keeps each row with probability 2k·w·D²/Σw·D², so five rounds draw about 10·k rows, of
which k-means++, weighted by how many rows each stands for, chooses k. The data is read a few times,
not k times. Draws, distances and sums are the core's (`kmeans/init/parallel.rs`), and so are the
rows.

# Cost
About 10·n·k·d multiply-adds in the exact assignment, and 40 bytes a row.

# Source
Bahmani, Moseley, Vattani, Kumar and Vassilvitskii, "Scalable k-means++", 2012,
doi:10.14778/2180912.2180915.
"""

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fastcluster._backend.gpu.kmeans._coreset import choose_among
from fastcluster._backend.gpu.kmeans._draw import draw_rows
from fastcluster._backend.gpu.kmeans._plus_plus import Draws, Population
from fastcluster._backend.gpu.rows._at_rows import centers_at
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._ordered import ordered_sum
from fastcluster._backend.gpu.runtime._random import Stream
from fastcluster._backend.gpu.scores._assign import Assigner

__all__ = ["choose_in_rounds"]

_ROUNDS: Final = 5
"""Rounds of drawing; the authors find that five suffice."""

_OVERSAMPLING: Final = 2.0
"""Rows drawn per round, as a multiple of the clusters."""


def choose_in_rounds(
    population: Population, n_clusters: int, rounds: Stream, reduce: Draws
) -> NDArray[np.int64]:
    """Choose `n_clusters` rows.

    Parameters
    ----------
    population : Population
        At least `n_clusters` rows.
    n_clusters : int
        Rows to choose.
    rounds : Stream
        Number r·n + i is row i's in round r.
    reduce : Draws
        The numbers of the first row, and of k-means++ on the drawn ones.
    """
    weights, n = population.weights, population.rows.n_rows
    drawn = draw_rows(n, weights, 1, reduce.first)
    nearest = _Nearest(population, drawn)
    for number in range(_ROUNDS):
        mass = nearest.distances if weights is None else weights * nearest.distances
        total = float(ordered_sum(mass).get()[0])
        if not 0.0 < total < math.inf:
            break
        likely = rounds.uniform(number * n, n) < (_OVERSAMPLING * n_clusters / total) * mass
        new = cupy().flatnonzero(likely).get()
        # A drawn row may lie a rounding away from itself under cosine: it is not drawn again.
        new = new[~np.isin(new, drawn)].astype(np.int64)
        nearest.approach(new, len(drawn))
        drawn = np.concatenate([drawn, new])
    if len(drawn) <= n_clusters:
        return _filled(drawn, weights, n, n_clusters, reduce.first)
    return choose_among(population, drawn, nearest.masses(weights, len(drawn)), n_clusters, reduce)


class _Nearest:
    """The nearest drawn row of each row, and the squared distance to it in working space."""

    def __init__(self, population: Population, drawn: NDArray[np.int64]) -> None:
        cp, rows = cupy(), population.rows
        self._rows, self._budget = rows, population.budget
        self.distances = cp.full(rows.n_rows, math.inf, dtype="float64")
        self._places = cp.zeros(rows.n_rows, dtype="int64")
        self.approach(drawn, 0)

    def approach(self, new: NDArray[np.int64], known: int) -> None:
        """Take newly drawn rows into account; they are numbered from `known`."""
        if len(new) == 0:
            return
        cp, rows = cupy(), self._rows
        assigner = Assigner(rows, len(new), budget=self._budget, keep=False)
        assigner.aim(centers_at(rows, new))
        for block in rows.blocks():
            labels = assigner.labels(block)
            distances = assigner.distances(block, labels)
            span = slice(block.start, block.stop)
            nearer = distances < self.distances[span]
            self.distances[span] = cp.where(nearer, distances, self.distances[span])
            self._places[span] = cp.where(nearer, labels + known, self._places[span])

    def masses(self, weights: Any, count: int) -> NDArray[np.float64]:  # noqa: ANN401
        """Return the weight of the rows that each drawn row stands for, added in row order."""
        places = self._places.get()
        given = None if weights is None else weights.get()
        return np.bincount(places, weights=given, minlength=count).astype(np.float64)


def _filled(
    drawn: NDArray[np.int64],
    weights: Any,  # noqa: ANN401 - a device array or None
    n_rows: int,
    n_clusters: int,
    stream: Stream,
) -> NDArray[np.int64]:
    """Too few rows were drawn: random others make up the number."""
    enough = min(n_rows, n_clusters + len(drawn))
    others = draw_rows(n_rows, weights, enough, stream)
    others = others[~np.isin(others, drawn)]
    return np.concatenate([drawn, others])[:n_clusters]
