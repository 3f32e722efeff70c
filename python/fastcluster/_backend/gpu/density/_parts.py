"""Parts of a graph that edges join: the host's share of Borůvka's algorithm, in whole columns.

Edges are ordered by weight, then by the lower row, then by the higher, so no two are equal, the
lightest edge of every part is in the one lightest tree, and joining along all of them makes no
cycle.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Edges", "Parts"]


@dataclass(frozen=True)
class Edges:
    """Edges from some rows to others."""

    rows: NDArray[np.int64]
    others: NDArray[np.int64]
    weights: NDArray[np.float64]

    @property
    def low(self) -> NDArray[np.int64]:
        """The lower row of each."""
        return np.minimum(self.rows, self.others)

    @property
    def high(self) -> NDArray[np.int64]:
        """The higher row of each."""
        return np.maximum(self.rows, self.others)

    def taken(self, which: NDArray[Any]) -> "Edges":
        """Return some of the edges."""
        return Edges(self.rows[which], self.others[which], self.weights[which])

    @staticmethod
    def joined(some: "list[Edges]") -> "Edges":
        """Return all edges of several sets."""
        return Edges(
            np.concatenate([edges.rows for edges in some]),
            np.concatenate([edges.others for edges in some]),
            np.concatenate([edges.weights for edges in some]),
        )

    def in_order(self) -> "Edges":
        """Return them sorted."""
        return self.taken(np.lexsort((self.high, self.low, self.weights)))


class Parts:
    """The parts into which edges have joined the rows so far, numbered from 0.

    Parameters
    ----------
    n_rows : int
        Rows; each is a part at first.

    Attributes
    ----------
    of_row : ndarray of uint32 of shape (n_rows,)
        The part of each row.
    count : int
        How many parts there are.
    """

    def __init__(self, n_rows: int) -> None:
        self.of_row = np.arange(n_rows, dtype=np.uint32)
        self.count = n_rows
        self._joins: list[Edges] = []

    def least(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the least weight in each part of one weight a row."""
        least = np.full(self.count, np.inf)
        np.minimum.at(least, self.of_row, weights)
        return least

    def join(self, edges: Edges) -> None:
        """Join parts along the lightest of the edges of each; every part has one that leaves it."""
        part = self.of_row[edges.rows]
        lightest = edges.taken(_first_of_each(part, edges, self.count))
        own = np.arange(self.count)
        above = self.of_row[lightest.others].astype(np.intp)
        # Two parts that choose each other chose the same edge.
        is_root = (above[above] == own) & (own < above)
        above[is_root] = own[is_root]
        self._joins.append(lightest.taken(~is_root))
        while not np.array_equal(higher := above[above], above):
            above = higher
        numbers = np.cumsum(is_root, dtype=np.uint32) - np.uint32(1)
        self.of_row = numbers[above[self.of_row]]
        self.count = int(is_root.sum())

    def tree(self) -> Edges:
        """Return the edges that joined parts, in order."""
        none = np.empty(0, dtype=np.int64)
        start = Edges(none, none, np.empty(0, dtype=np.float64))
        return Edges.joined([start, *self._joins]).in_order()


def _first_of_each(part: NDArray[np.uint32], edges: Edges, count: int) -> NDArray[np.intp]:
    """Return which edge is the first of each part, in the order of edges."""
    left = np.arange(len(part))
    for column in (edges.weights, edges.low, edges.high):
        values, parts = column[left], part[left]
        last = np.inf if column.dtype == np.float64 else np.iinfo(np.int64).max
        least = np.full(count, last, dtype=column.dtype)
        np.minimum.at(least, parts, values)
        left = left[values == least[parts]]
    first = np.empty(count, dtype=np.intp)
    first[part[left]] = left
    return first
