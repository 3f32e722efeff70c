"""Single linkage for any metric, row by row: Prim's algorithm, with the distances of one row held.

# Cost
n - 1 rows of distances to the rows that are left; 16 bytes a row.

# Source
Prim 1957, doi:10.1002/j.1538-7305.1957.tb01515.x. Each row is joined to the one added before it,
and of equally near rows the lowest comes first, as in the older package.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastcluster.hierarchy._engine import backend
from fastcluster.hierarchy._typing import Dendrogram

RowDistances: TypeAlias = Callable[[int, NDArray[np.intp]], NDArray[np.float64]]
"""Distances of a row to the listed rows."""


def single_linkage(n: int, distances: RowDistances) -> Dendrogram:
    """Return the dendrogram of n >= 2 rows; raise FloatingPointError for a distance of NaN."""
    merges = backend().linkage_tree(n, *spanning_tree(n, distances))
    merges[:, :2].sort(axis=1)
    return merges


def spanning_tree(
    n: int, distances: RowDistances
) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
    """Return ends and weights of the tree's edges, in the order of its growth."""
    ends = np.empty((n - 1, 2), dtype=np.uint32)
    weights = np.empty(n - 1)
    left = np.arange(1, n)
    reach = np.full(n - 1, np.inf)
    last = 0
    for step in range(n - 1):
        found = distances(last, left)
        if np.isnan(found).any():
            other = int(left[np.isnan(found).argmax()])
            i, j = sorted((last, other))
            raise FloatingPointError(
                f"X must give no NaN distance, got NaN for rows {i} and {j}\n"
                "hint: drop or fill rows with missing values, and drop constant rows where the "
                "metric divides by a norm"
            )
        np.minimum(reach, found, out=reach)
        nearest = int(reach.argmin())
        ends[step] = last, left[nearest]
        weights[step] = reach[nearest]
        last = int(left[nearest])
        left, reach = np.delete(left, nearest), np.delete(reach, nearest)
    return ends, weights
