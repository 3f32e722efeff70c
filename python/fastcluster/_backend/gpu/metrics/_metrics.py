"""Scores of clusterings on a GPU."""

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fastcluster._backend.gpu.metrics._centroids import Centroids
from fastcluster._backend.gpu.metrics._clusters import Clusters
from fastcluster._backend.gpu.metrics._silhouette import Silhouettes
from fastcluster._backend.gpu.rows._rows import Block, Rows
from fastcluster._backend.gpu.rows._whole import all_rows, room
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._device import use_device
from fastcluster._backend.gpu.runtime._kernels import kernel, launch
from fastcluster._typing import DistanceName, Matrix

__all__ = ["GpuMetrics"]

_NO_DISTANCE: Final = 1e-8
"""Distances up to this are taken for zero where all of them are, as scikit-learn does."""

_THREADS: Final = 256


class GpuMetrics:
    """What `GpuBackend` does for scores, all but DBCV; results are in host memory."""

    __slots__ = ()

    device: int

    def silhouette(
        self,
        vectors: Matrix,
        labels: NDArray[np.uint32],
        *,
        metric: DistanceName,
        rows: NDArray[np.uint32] | None = None,
    ) -> NDArray[np.float64]:
        """Return the silhouettes of some rows, or of all, each among all rows."""
        with use_device(self.device):
            all_of, block = all_rows(vectors, cosine=metric == "cosine", what="the silhouette")
            clusters = Clusters(labels)
            if metric != "euclidean":
                return _closed(all_of, block, clusters, 0.5 if metric == "cosine" else 1.0, rows)
            scorer = Silhouettes(all_of, block, clusters)
            table_bytes = room(None) // 2
            if rows is not None:
                return scorer.of_rows(rows, table_bytes)
            if 8 * all_of.n_rows * clusters.n_clusters <= table_bytes:
                return scorer.of_all()
            return scorer.of_rows(np.arange(all_of.n_rows), table_bytes)

    def davies_bouldin(self, vectors: Matrix, labels: NDArray[np.uint32]) -> float:
        """Return the Davies-Bouldin score."""
        with use_device(self.device) as cp:
            rows, block = all_rows(vectors, cosine=False, what="the Davies-Bouldin score")
            clusters = Clusters(labels)
            centroids = Centroids(rows, block, clusters)
            k = clusters.n_clusters
            spread = centroids.distances / clusters.sizes
            worst, farthest = (cp.empty(k, dtype="float64") for _ in range(2))
            launch(
                kernel("centroids.cu", "worst_ratios"),
                -(-k * 32 // _THREADS),
                _THREADS,
                centroids.means, cp.asarray(spread), k, rows.n_features, worst, farthest,
            )  # fmt: skip
            negligible = _NO_DISTANCE * rows.scale
            if (spread <= negligible).all() or (farthest.get() <= negligible).all():
                return 0.0
            return math.fsum(worst.get()) / k

    def calinski_harabasz(self, vectors: Matrix, labels: NDArray[np.uint32]) -> float:
        """Return the Calinski-Harabasz score."""
        with use_device(self.device):
            rows, block = all_rows(vectors, cosine=False, what="the Calinski-Harabasz score")
            clusters = Clusters(labels)
            centroids = Centroids(rows, block, clusters)
            n, k = rows.n_rows, clusters.n_clusters
            means: NDArray[np.float64] = centroids.means.get()
            overall = (clusters.sizes[:, None] * means).sum(axis=0) / n
            between = (clusters.sizes * np.square(means - overall).sum(axis=1)).sum()
            within = centroids.squares.sum()
            return float(between * (n - k) / (within * (k - 1))) if within > 0.0 else 1.0


def _closed(
    rows: Rows, block: Block, clusters: Clusters, half: float, listed: NDArray[Any] | None
) -> NDArray[np.float64]:
    """Return silhouettes from the clusters' means: n·k distances in float64."""
    cp = cupy()
    centroids = Centroids(rows, block, clusters)
    listed = np.arange(rows.n_rows) if listed is None else listed
    m = len(listed)
    out = cp.empty(m, dtype="float64")
    launch(
        kernel("centroids.cu", "closed_silhouettes", **rows.macros),
        -(-m * 32 // _THREADS),
        _THREADS,
        block.values, block.inverse_norms, cp.asarray(listed.astype(np.int32)),
        cp.asarray(clusters.labels[listed].astype(np.int32)), m, rows.n_features,
        float(rows.scale), centroids.origin, centroids.means,
        cp.asarray(clusters.sizes.astype(np.float64)), cp.asarray(centroids.counts),
        cp.asarray(centroids.squares), clusters.n_clusters, half, out,
    )  # fmt: skip
    values: NDArray[np.float64] = out.get()
    return values
