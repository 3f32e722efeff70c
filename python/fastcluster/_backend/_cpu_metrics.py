"""Scores of clusterings on the compiled core."""

import numpy as np
from numpy.typing import NDArray

from fastcluster import _core
from fastcluster._typing import DistanceName, Matrix

__all__ = ["CpuMetrics"]


class CpuMetrics:
    """The scores' part of the backend."""

    __slots__ = ()
    n_threads: int

    def silhouette(
        self,
        vectors: Matrix,
        labels: NDArray[np.uint32],
        *,
        metric: DistanceName,
        rows: NDArray[np.uint32] | None = None,
    ) -> NDArray[np.float64]:
        """Return the silhouettes of some rows, or of all, each among all rows."""
        return _core.silhouette(vectors, labels, metric=metric, n_threads=self.n_threads, rows=rows)

    def davies_bouldin(self, vectors: Matrix, labels: NDArray[np.uint32]) -> float:
        """Return the Davies-Bouldin score."""
        return _core.davies_bouldin(vectors, labels, n_threads=self.n_threads)

    def calinski_harabasz(self, vectors: Matrix, labels: NDArray[np.uint32]) -> float:
        """Return the Calinski-Harabasz score."""
        return _core.calinski_harabasz(vectors, labels, n_threads=self.n_threads)

    def density_validity(
        self,
        vectors: Matrix,
        rows: NDArray[np.uint32],
        labels: NDArray[np.uint32],
        *,
        metric: DistanceName | None,
        dimension: float,
        raw: bool,
    ) -> tuple[float, NDArray[np.float64]]:
        """Return DBCV of the listed rows' clusters, and of each; without a metric, of distances."""
        return _core.density_validity(
            vectors,
            rows,
            labels,
            metric=metric,
            dimension=dimension,
            raw=raw,
            n_threads=self.n_threads,
        )
