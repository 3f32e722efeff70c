"""HDBSCAN once its tree is known: O(n) work in host memory, whatever found the tree."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fastcluster import _core
from fastcluster._results import DensityCut, DensityPlaces, DensityTree, Reachability

__all__ = ["DensityTrees", "counted"]

_MOST: Final = 2**31 - 1
"""No count reaches this in practice; larger ones mean "no limit" and would not fit the core."""


class DensityTrees:
    """The part of every backend that cuts trees and finds places in them."""

    __slots__ = ()

    def density_cut(  # noqa: PLR0913 - scikit-learn's parameters
        self,
        reachability: Reachability,
        *,
        min_cluster_size: int,
        method: str,
        epsilon: float,
        max_cluster_size: int | None,
        allow_single_cluster: bool,
        merge_ties: bool,
    ) -> DensityCut:
        """Condense the tree and select clusters."""
        n_rows = len(reachability.cores)
        cut = _core.hdbscan_cut(
            reachability.edges,
            n_rows,
            min_cluster_size=counted(min_cluster_size),
            method=method,
            epsilon=epsilon,
            max_cluster_size=None if max_cluster_size is None else counted(max_cluster_size),
            allow_single_cluster=allow_single_cluster,
            merge_ties=merge_ties,
        )
        return DensityCut(
            labels=cut.labels,
            probabilities=cut.probabilities,
            outlier_scores=cut.outlier_scores,
            tree=DensityTree(cut.condensed, n_rows, cut.selected, epsilon),
            stabilities=cut.stabilities,
            exemplar_rows=cut.exemplar_rows,
            exemplar_labels=cut.exemplar_labels,
        )

    def dendrogram(self, reachability: Reachability) -> tuple[NDArray[Any], ...]:
        """Return the joins of the tree: left, right, heights, sizes."""
        return _core.hdbscan_dendrogram(reachability.edges, len(reachability.cores))

    def density_cut_at(
        self, reachability: Reachability, *, height: float, min_cluster_size: int
    ) -> NDArray[np.int64]:
        """Return the labels of DBSCAN*."""
        return _core.hdbscan_cut_at(
            reachability.edges,
            len(reachability.cores),
            height=height,
            min_cluster_size=counted(min_cluster_size),
        )

    def attach_distances(
        self,
        distances: NDArray[np.float64],
        cores: NDArray[np.float64],
        *,
        min_samples: int,
        alpha: float,
    ) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
        """Return the training row that each row would join first, and at what height."""
        return _core.hdbscan_attach_distances(
            distances, cores, min_samples=min_samples, alpha=alpha
        )

    def place(
        self, tree: DensityTree, rows: NDArray[np.uint32], heights: NDArray[np.float64]
    ) -> DensityPlaces:
        """Return where rows stand that are attached to training rows."""
        return DensityPlaces(*_core.hdbscan_place(tree.parts, rows, heights))

    def membership(
        self,
        tree: DensityTree,
        exemplar_distances: NDArray[np.float64],
        places: tuple[NDArray[np.uint32], NDArray[np.float64]] | None = None,
    ) -> NDArray[np.float64]:
        """Return how much rows belong to each cluster: placed rows, or those of the tree."""
        return _core.hdbscan_membership(tree.parts, exemplar_distances, places=places)


def counted(number: int) -> int:
    """Return a count of any integer type as one that the core can hold."""
    return min(int(number), _MOST)
