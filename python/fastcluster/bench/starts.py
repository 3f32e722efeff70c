"""Start centers: made once from fixed seeds, the same for every engine."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fastcluster.bench.contract import Given, Vectors

__all__ = ["STARTS", "StartName", "nearest", "start_centers"]

StartName = Literal["none", "rows", "means"]
STARTS: tuple[StartName, ...] = ("none", "rows", "means")

BLOCK_ROWS = 4096
"""Rows that are compared with the centers at a time: 4,096 x 1,024 float32 products are 16 MiB."""
MEANS_ITERATIONS = 3


def start_centers(X: Vectors, n_clusters: int, start: StartName, seed: int = 0) -> Given:
    """Return start centers of shape (n_clusters, n_features), or None.

    "rows" are distinct rows of X, "means" those after three Lloyd iterations, which is what centers
    look like inside a fit, and "none" leaves the start to the libraries.

    Raises
    ------
    ValueError
        If X has fewer distinct rows than clusters are wanted.
    """
    if start == "none":
        return None
    centers = X[_distinct_rows(X, n_clusters, seed)]
    if start == "means":
        for _ in range(MEANS_ITERATIONS):
            centers = _means(X, nearest(X, centers), centers)
    return np.ascontiguousarray(centers)


def _distinct_rows(X: Vectors, n_rows: int, seed: int) -> NDArray[np.intp]:
    """Draw rows of which no two are equal: equal start centers would leave empty clusters."""
    chosen: dict[bytes, int] = {}
    for row in np.random.default_rng(seed).permutation(len(X)):
        chosen.setdefault(X[row].tobytes(), int(row))
        if len(chosen) == n_rows:
            return np.fromiter(chosen.values(), dtype=np.intp)
    raise ValueError(
        f"n_clusters={n_rows} needs as many distinct rows, got {len(chosen)}\n"
        f"hint: pass {len(chosen)} or fewer"
    )


def nearest(X: Vectors, centers: Vectors) -> NDArray[np.intp]:
    """Return the nearest center of each row, in float32."""
    half_norms = np.square(centers).sum(axis=1) / 2
    blocks = [X[first : first + BLOCK_ROWS] for first in range(0, len(X), BLOCK_ROWS)]
    return np.concatenate([np.argmin(half_norms - rows @ centers.T, axis=1) for rows in blocks])


def _means(X: Vectors, labels: NDArray[np.intp], centers: Vectors) -> Vectors:
    """Return the mean of each cluster; an empty one keeps its center."""
    counts = np.bincount(labels, minlength=len(centers))
    order = np.argsort(labels, kind="stable")
    filled = np.flatnonzero(counts)
    firsts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    means = centers.copy()
    for cluster in filled:  # cluster by cluster: a sorted copy of X would be as large as X
        rows = order[firsts[cluster] : firsts[cluster] + counts[cluster]]
        means[cluster] = X[rows].mean(axis=0, dtype=np.float64)
    return means
