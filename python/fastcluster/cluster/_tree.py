"""The tree of an agglomerative clustering, and its cut into clusters."""

import heapq
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastcluster.hierarchy._condensed import check_no_nan
from fastcluster.hierarchy._engine import (
    backend,
    check_means_fit,
    check_room,
    dendrogram,
)
from fastcluster.hierarchy._linkage import VECTORS_ABOVE, goes_without, pairwise, without_distances
from fastcluster.hierarchy._metrics import row_distances
from fastcluster.hierarchy._row_by_row import spanning_tree
from fastcluster.hierarchy._typing import Dendrogram

__all__ = ["cut", "tree"]

Affinity = str | Callable[[Any], Any]

_GROWN = ("braycurtis", "canberra", "chebyshev", "cityblock", "euclidean", "hamming")
"""Metrics for which scikit-learn grows a tree for single linkage; for the others SciPy does."""

_SCIPY_NAMES = {"l1": "cityblock", "l2": "euclidean", "manhattan": "cityblock"}


def tree(
    data: Any,  # noqa: ANN401 - a dense array
    linkage: str,
    metric: Affinity,
    device: str,
    n_jobs: int | None,
) -> Dendrogram:
    """Return the merges of two or more finite rows, children as scikit-learn orders them.

    That is the lower node first, but for single linkage from vectors the cluster that the spanning
    tree, grown from row 0, reached first.
    """
    if callable(metric):
        data, metric = np.asarray(metric(data), dtype=np.float64), "precomputed"
    n = len(data)
    if metric == "precomputed":
        return dendrogram(_upper_triangle(data), n, linkage)
    name = _SCIPY_NAMES.get(metric, metric)
    if name == "cosine" and not data.any(axis=1).all():
        raise ValueError(
            "Cosine affinity cannot be used when X contains zero vectors\nhint: drop these rows"
        )
    engine = backend(device, n_jobs)
    if linkage in ("ward", "single"):
        check_means_fit(data.shape, linkage)
    if linkage == "ward":
        return engine.linkage_vectors(data, method="ward", metric="euclidean")
    if linkage == "single" and name in _GROWN:
        grown = (
            engine.spanning_tree(data)
            if name == "euclidean"
            else spanning_tree(n, row_distances(data, name, None))
        )
        return engine.linkage_tree(n, *grown)
    if n > VECTORS_ABOVE and goes_without(linkage, name):
        merges = without_distances(data, linkage, name)
        if merges is not None:
            return merges
    return dendrogram(pairwise(data, name), n, linkage)


def _upper_triangle(matrix: NDArray[Any]) -> NDArray[np.float64]:
    """Return condensed distances of a square matrix, whose lower triangle is not read."""
    n = len(matrix)
    if matrix.shape != (n, n):
        raise ValueError(
            f"Distance matrix should be square, got matrix of shape {matrix.shape}\n"
            "hint: metric='precomputed' takes the distances of all pairs of rows"
        )
    check_room(8 * (n * (n - 1) // 2), f"the distances of all pairs of {n} rows")
    parts = [np.asarray(matrix[row, row + 1 :], dtype=np.float64) for row in range(n)]
    condensed = np.concatenate(parts)
    check_no_nan(condensed, n)
    return condensed


def cut(children: NDArray[np.intp], n_clusters: int) -> NDArray[np.intp]:
    """Return the label of each row where the tree has `n_clusters` clusters.

    Clusters are numbered as scikit-learn does: by the places in a heap from which, again and again,
    the last merge was taken and replaced by its two children.
    """
    n = len(children) + 1
    if n_clusters > n:
        raise ValueError(
            f"Cannot extract more clusters than samples: {n_clusters} clusters were given for a "
            f"tree with {n} leaves.\nhint: pass n_clusters={n} or fewer"
        )
    last_first = [-(2 * n - 2)]
    for _ in range(n_clusters - 1):
        one, other = children[-last_first[0] - n].tolist()
        heapq.heappush(last_first, -one)
        heapq.heappushpop(last_first, -other)
    labels = np.full(2 * n - 1, -1, dtype=np.intp)
    labels[-np.array(last_first)] = np.arange(n_clusters)
    # A node stands above its children: from the top down, each hands on its label.
    for node in range(2 * n - 2, n - 1, -1):
        if labels[node] >= 0:
            labels[children[node - n]] = labels[node]
    return labels[:n].copy()
