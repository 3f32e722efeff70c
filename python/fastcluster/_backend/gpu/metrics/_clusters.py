"""Labels and the rows in the order of their labels, in host memory and on the device."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fastcluster._backend.gpu.runtime._cupy import cupy

__all__ = ["Clusters", "cut"]


class Clusters:
    """The rows of every cluster.

    Parameters
    ----------
    labels : ndarray of uint32 of shape (n,)
        Numbers from 0 without a gap.

    Attributes
    ----------
    labels, order, starts, sizes : ndarray
        The labels; rows by cluster, ascending within one; where each cluster begins in the order,
        and the end; how many rows each has.
    device_order, labels_by_place, device_starts : device array
        int32, int32 and int64: the order, the cluster of each place, the starts.

    Raises
    ------
    ValueError
        If there are fewer than two clusters, or as many as rows.
    """

    def __init__(self, labels: NDArray[np.uint32]) -> None:
        cp = cupy()
        self.labels = labels
        self.sizes = np.bincount(labels)
        n, k = len(labels), len(self.sizes)
        if not 2 <= k < n:
            raise ValueError(
                f"Number of labels is {k}. Valid values are 2 to n_samples - 1 (inclusive)\n"
                f"hint: X has {n} rows"
            )
        self.starts = np.concatenate([[0], np.cumsum(self.sizes)]).astype(np.int64)
        self.order = np.argsort(labels, kind="stable").astype(np.int32)
        self.device_order = cp.asarray(self.order)
        self.labels_by_place = cp.asarray(labels[self.order].astype(np.int32))
        self.device_starts = cp.asarray(self.starts)

    @property
    def n_clusters(self) -> int:
        """How many clusters."""
        return len(self.sizes)


def cut(starts: NDArray[np.int64], most: int) -> list[tuple[int, int]]:
    """Cut the order of clusters into blocks of at most `most` places.

    A block shares one origin, so it should lie in one cluster: large clusters are cut evenly, small
    ones are put together.
    """
    blocks: list[tuple[int, int]] = []
    begun = 0
    for start, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        small = end - start <= most // 2
        if begun < start and (not small or end - begun > most):
            blocks.append((begun, start))
            begun = start
        if not small:
            blocks.extend(_evenly(start, end, most))
            begun = end
    if begun < starts[-1]:
        blocks.append((begun, int(starts[-1])))
    return blocks


def _evenly(start: int, end: int, most: int) -> Iterator[tuple[int, int]]:
    part = -(-(end - start) // -(-(end - start) // most))
    for first in range(start, end, part):
        yield first, min(first + part, end)
