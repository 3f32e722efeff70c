"""The mean of every cluster and how far its rows are from it, as the core's `metrics/centroids.rs`.

# Precision
Rows are read in float64 relative to a typical one; means are sums over fixed parts of the order,
combined in order; spreads are distances in difference form.

# Cost
Two passes over the rows, at the speed of memory.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fastcluster._backend.gpu.metrics._clusters import Clusters
from fastcluster._backend.gpu.rows._rows import Block, Rows
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._kernels import kernel, launch
from fastcluster._backend.gpu.scores._shadow import widened

__all__ = ["Centroids", "means_of"]

_PART_ROWS: Final = 1024
"""Rows that one thread a feature sums up."""

_TYPICAL_ROWS: Final = 31
"""Rows whose median is the origin."""

_THREADS: Final = 256


class Centroids:
    """Means and spreads of clusters, in working space relative to an origin.

    Parameters
    ----------
    rows : Rows
        All rows.
    block : Block
        The same, on the device.
    clusters : Clusters
        Their clusters.

    Attributes
    ----------
    origin : device array of float64 of shape (d,)
        The median of a few rows.
    means : device array of float64 of shape (k, d)
        Relative to it.
    counts : ndarray of float64 of shape (k,)
        Rows that count: all but rows of zeros under cosine.
    distances, squares : ndarray of float64 of shape (k,)
        Σ‖x - c‖ and Σ‖x - c‖² of each cluster.
    """

    def __init__(self, rows: Rows, block: Block, clusters: Clusters) -> None:
        cp = cupy()
        self.origin = _typical(rows)
        self.counts = clusters.sizes.astype(np.float64)
        if rows.cosine:
            void = block.inverse_norms.get() == 0.0
            self.counts -= np.bincount(clusters.labels[void], minlength=clusters.n_clusters)
        groups = list(zip(clusters.starts[:-1].tolist(), clusters.starts[1:].tolist(), strict=True))
        self.means = means_of(rows, block, clusters, groups, self.origin, self.counts)
        squares = cp.empty(rows.n_rows, dtype="float64")
        launch(
            kernel("centroids.cu", "spreads", **rows.macros),
            -(-rows.n_rows * 16 // _THREADS),
            _THREADS,
            block.values, block.inverse_norms, clusters.device_order, clusters.labels_by_place,
            rows.n_rows, rows.n_features, float(rows.scale), self.origin, self.means, squares,
        )  # fmt: skip
        of_rows = squares.get()
        self.squares = np.add.reduceat(of_rows, clusters.starts[:-1])
        self.distances = np.add.reduceat(np.sqrt(of_rows), clusters.starts[:-1])


def means_of(
    rows: Rows,
    block: Block,
    clusters: Clusters,
    groups: Sequence[tuple[int, int]],
    origin: Any,  # noqa: ANN401 - a device array
    counts: NDArray[np.float64],
) -> Any:  # noqa: ANN401 - a device array
    """Return the mean of the rows at some places for each group, relative to the origin."""
    cp = cupy()
    parts = [
        (number, first, min(first + _PART_ROWS, end))
        for number, (start, end) in enumerate(groups)
        for first in range(start, end, _PART_ROWS)
    ]
    table = np.array(parts, dtype=np.int64)
    first_parts = np.searchsorted(table[:, 0], np.arange(len(groups) + 1))
    sums = cp.empty((len(parts), rows.n_features), dtype="float64")
    launch(
        kernel("centroids.cu", "part_sums", **rows.macros),
        -(-len(parts) * rows.n_features // _THREADS),
        _THREADS,
        block.values, block.inverse_norms, clusters.device_order, rows.n_features,
        float(rows.scale), origin, cp.asarray(np.ascontiguousarray(table[:, 1:])), len(parts), sums,
    )  # fmt: skip
    means = cp.empty((len(groups), rows.n_features), dtype="float64")
    launch(
        kernel("centroids.cu", "group_means"),
        -(-len(groups) * rows.n_features // _THREADS),
        _THREADS,
        sums, cp.asarray(first_parts.astype(np.int64)), cp.asarray(counts), len(groups),
        rows.n_features, means,
    )  # fmt: skip
    return means


def _typical(rows: Rows) -> Any:  # noqa: ANN401 - a device array
    """Return the median of each feature over a few rows."""
    count = min(rows.n_rows, _TYPICAL_ROWS)
    values = widened(rows, rows.take(np.arange(count) * rows.n_rows // count))
    return cupy().asarray(np.sort(values.get(), axis=0)[count // 2])
