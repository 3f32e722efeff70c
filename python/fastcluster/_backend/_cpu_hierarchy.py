"""Hierarchical clustering on the compiled core."""

import numpy as np
from numpy.typing import NDArray

from fastcluster import _core
from fastcluster._typing import Matrix, Metric

__all__ = ["CpuHierarchy"]


class CpuHierarchy:
    """Dendrograms, as arrays of shape (n - 1, 4)."""

    __slots__ = ()

    n_threads: int

    def linkage(
        self, condensed: NDArray[np.float64], *, n: int, method: str
    ) -> NDArray[np.float64]:
        """Return the dendrogram of n rows from distances, which are used up."""
        return _core.linkage(condensed, n=n, method=method)

    def linkage_of(
        self,
        condensed: NDArray[np.float64],
        scratch: NDArray[np.float64],
        *,
        n: int,
        method: str,
    ) -> NDArray[np.float64]:
        """Return the dendrogram of n rows from distances that stay; as many are used up."""
        return _core.linkage_of(condensed, scratch, n=n, method=method)

    def linkage_single(self, condensed: NDArray[np.float64], *, n: int) -> NDArray[np.float64]:
        """Return the single-linkage dendrogram of n rows from distances, which are not changed."""
        return _core.linkage_single(condensed, n=n)

    def linkage_batch(
        self, problems: list[tuple[NDArray[np.float64], int]], *, method: str
    ) -> list[NDArray[np.float64]]:
        """Return the dendrogram of each pair of distances and n, which are used up."""
        return _core.linkage_batch(problems, method=method, n_threads=self.n_threads)

    def linkage_tree(
        self, n: int, ends: NDArray[np.uint32], weights: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the single-linkage dendrogram of a spanning tree's n - 1 edges.

        The two nodes of a merge stand in the order of the edge's ends.
        """
        return _core.linkage_tree(ends, weights, n=n)

    def spanning_tree(self, vectors: Matrix) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
        """Return ends and weights of the lightest spanning tree, in the order of its growth."""
        return _core.spanning_tree(vectors, n_threads=self.n_threads)

    def linkage_vectors(
        self, vectors: Matrix, *, method: str, metric: Metric
    ) -> NDArray[np.float64]:
        """Return the dendrogram of finite vectors, without all distances."""
        return _core.linkage_vectors(
            vectors, method=method, metric=metric, n_threads=self.n_threads
        )

    def distances(self, vectors: Matrix, *, metric: Metric) -> NDArray[np.float64]:
        """Return the condensed distances of vectors."""
        return _core.distances(vectors, metric=metric, n_threads=self.n_threads)
