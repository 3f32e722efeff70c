"""Distances from new rows to clusters of rows, a block of rows at a time."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["nearest_cluster"]

_HELD: Final = 4 * 2**20
"""Distances held at a time: 32 MiB."""

_REDUCED: Final = {"single": np.minimum, "complete": np.maximum, "average": np.add}


def nearest_cluster(
    n_rows: int,
    distances: Callable[[slice], NDArray[Any]],
    labels: NDArray[np.intp],
    linkage: str,
) -> NDArray[np.intp]:
    """Return for each new row the cluster at the least distance, ties to the lowest number.

    `distances(rows)` are those of a slice of new rows to all rows that have labels. A row is as far
    from a cluster as from its nearest row ("single"), its farthest ("complete"), or on average.
    """
    by_label = np.argsort(labels, kind="stable")
    sizes = np.bincount(labels)
    starts = np.cumsum(sizes) - sizes
    step = max(1, _HELD // len(labels))
    found = np.empty(n_rows, dtype=np.intp)
    for first in range(0, n_rows, step):
        rows = slice(first, min(first + step, n_rows))
        block = np.asarray(distances(rows), dtype=np.float64)[:, by_label]
        reduced = _REDUCED[linkage].reduceat(block, starts, axis=1)
        if linkage == "average":
            reduced /= sizes
        found[rows] = reduced.argmin(axis=1)
    return found
