"""HDBSCAN on the compiled core."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from fastcluster import _core
from fastcluster._backend._density_trees import DensityTrees, counted
from fastcluster._results import Reachability
from fastcluster._typing import Matrix, Metric, RowOf

__all__ = ["CpuHdbscan"]

_MEASURED: Final = (
    "n_checked",
    "recall",
    "recall_error",
    "excess_weight",
    "excess_weight_seen",
    "excess_weight_error",
)
"""What is known of an approximate tree."""


class CpuHdbscan(DensityTrees):
    """The part of the backend that HDBSCAN uses."""

    __slots__ = ()

    n_threads: int

    def reachability(
        self,
        vectors: Matrix,
        *,
        min_samples: int,
        alpha: float,
        metric: Metric,
        approximate: bool = False,
        memory_limit: int | None = None,
    ) -> Reachability:
        """Find the lightest tree of the rows under mutual reachability, or nearly that."""
        return _reachability(
            _core.hdbscan_reachability(
                vectors,
                min_samples=counted(min_samples),
                alpha=alpha,
                metric=metric,
                n_threads=self.n_threads,
                approximate=approximate,
                memory_limit=memory_limit,
            )
        )

    def reachability_precomputed(
        self, distances: Matrix, *, min_samples: int, alpha: float, max_distance: float | None
    ) -> Reachability:
        """Find it from a matrix of distances, or the forest of a sparse graph of them."""
        return _reachability(
            _core.hdbscan_reachability_precomputed(
                distances,
                min_samples=counted(min_samples),
                alpha=alpha,
                max_distance=max_distance,
                n_threads=self.n_threads,
            )
        )

    def reachability_rows(
        self, n_rows: int, row_of: RowOf, *, min_samples: int, alpha: float
    ) -> Reachability:
        """Find it from a function that computes one row of distances."""
        return _reachability(
            _core.hdbscan_reachability_rows(
                n_rows, row_of, min_samples=counted(min_samples), alpha=alpha
            )
        )

    def dbscan_of_tree(
        self, reachability: Reachability, *, eps: float, vectors: Matrix | None, metric: Metric
    ) -> NDArray[np.int64]:
        """Return the labels of DBSCAN; `vectors` where distances are Euclidean or cosine."""
        return _core.hdbscan_dbscan(
            reachability.edges,
            reachability.cores,
            reachability.neighbors,
            reachability.distances,
            eps=eps,
            X=vectors,
            metric=metric,
            n_threads=self.n_threads,
        )

    def attach(
        self,
        vectors: Matrix,
        training: Matrix,
        cores: NDArray[np.float64],
        *,
        min_samples: int,
        alpha: float,
        metric: Metric,
    ) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
        """Return the training row that each row would join first, and at what height."""
        return _core.hdbscan_attach(
            vectors,
            training,
            cores,
            min_samples=min_samples,
            alpha=alpha,
            metric=metric,
            n_threads=self.n_threads,
        )

    def exemplar_distances(
        self,
        vectors: Matrix,
        exemplars: Matrix,
        labels: NDArray[np.uint32],
        *,
        n_labels: int,
        metric: Metric,
    ) -> NDArray[np.float64]:
        """Return the distance from each row to the nearest exemplar of each label."""
        return _core.hdbscan_exemplar_distances(
            vectors, exemplars, labels, n_labels=n_labels, metric=metric, n_threads=self.n_threads
        )

    def medoids(
        self,
        vectors: Matrix,
        labels: NDArray[np.int64],
        weights: NDArray[np.float64],
        *,
        metric: Metric,
    ) -> NDArray[np.uint32]:
        """Return the row of each cluster with the least weighted sum of distances to its rows."""
        return _core.hdbscan_medoids(
            vectors, labels, weights, metric=metric, n_threads=self.n_threads
        )


def _reachability(found: _core.HdbscanReachability) -> Reachability:
    return Reachability(
        low=found.low,
        high=found.high,
        weights=found.weights,
        cores=found.cores,
        neighbors=found.neighbors,
        distances=found.distances,
        approximation=dict(zip(_MEASURED, found.approximation, strict=True)),
    )
