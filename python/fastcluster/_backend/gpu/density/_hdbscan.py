"""HDBSCAN with vectors read on the GPU; what is work on trees alone is done on the host."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fastcluster import _core
from fastcluster._arrays import on_host
from fastcluster._backend.gpu.density._attach import Attacher
from fastcluster._backend.gpu.density._spanning import Spanning
from fastcluster._backend.gpu.rows._rows import BLOCK_ROWS, Rows
from fastcluster._backend.gpu.runtime._device import use_device
from fastcluster._backend.gpu.scores._search import Searcher
from fastcluster._backend.gpu.scores._tiles import Targets, in_one_space, some_of
from fastcluster._backend.gpu.search._nearest import NEIGHBORS_MAX
from fastcluster._results import Reachability
from fastcluster._typing import Metric

__all__ = ["GpuHdbscan"]

_LISTED_MIN: Final = 16
"""Neighbors that are listed of a row at least: long lists leave few rows to search for the tree."""


class GpuHdbscan:
    """The part of the backend that finds the tree of HDBSCAN, and places of rows in it."""

    __slots__ = ()

    device: int
    n_threads: int

    def reachability(
        self,
        vectors: Any,  # noqa: ANN401 - a CuPy or NumPy array
        *,
        min_samples: int,
        alpha: float,
        metric: Metric,
        approximate: bool = False,
        memory_limit: int | None = None,
    ) -> Reachability:
        """Find the lightest tree of the rows under mutual reachability, as the CPU finds it.

        The result lies in host memory. It is exact, `approximate` or not; `memory_limit` is that of
        the host.

        Raises
        ------
        MemoryError
            If the lists of neighbors are larger than `memory_limit`.
        ValueError
            If `min_samples` is more than lists of neighbors are made for.
        DeviceUnavailableError
            If the rows do not fit the memory of the GPU.
        """
        n_neighbors = int(min_samples) - 1
        _check_min_samples(n_neighbors, min_samples)
        needed = 12 * vectors.shape[0] * n_neighbors
        if memory_limit is not None and needed > memory_limit:
            raise MemoryError(
                f"memory_limit={memory_limit} bytes is less than the {needed} bytes of the lists "
                "of neighbours of each row\n"
                "hint: call it for fewer rows at a time, or raise memory_limit with set_config"
            )
        with use_device(self.device):
            rows = Rows.of(vectors, cosine=metric == "cosine")
            return _reachability(Targets.of(rows), n_neighbors, alpha)

    def attach(
        self,
        vectors: Any,  # noqa: ANN401 - a CuPy or NumPy array
        training: Any,  # noqa: ANN401 - a CuPy or NumPy array
        cores: NDArray[np.float64],
        *,
        min_samples: int,
        alpha: float,
        metric: Metric,
    ) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
        """Return the training row that each row would join first, and at what height.

        Raises
        ------
        ValueError, DeviceUnavailableError
            As `reachability`.
        """
        _check_min_samples(min_samples, min_samples)
        with use_device(self.device):
            rows, others = in_one_space(vectors, training, cosine=metric == "cosine")
            targets = Targets.of(others)
            attacher = Attacher(
                rows, targets, cores, min_samples=min_samples, alpha=alpha,
                n_listed=_n_listed(min_samples, targets.rows.n_rows),
            )  # fmt: skip
            parts = [attacher.attach(block) for block in rows.blocks(BLOCK_ROWS)]
        numbers, heights = zip(*parts, strict=True)
        return np.concatenate(numbers), np.concatenate(heights)

    def dbscan_of_tree(
        self,
        reachability: Reachability,
        *,
        eps: float,
        vectors: Any,  # noqa: ANN401 - a CuPy or NumPy array, or None
        metric: Metric,
    ) -> NDArray[np.int64]:
        """Return the labels of DBSCAN, on the host.

        The rows are copied there: at one radius, the root of eps·eps, some are compared again.
        """
        on_the_host = None if vectors is None else np.ascontiguousarray(on_host(vectors))
        return _core.hdbscan_dbscan(
            reachability.edges,
            reachability.cores,
            reachability.neighbors,
            reachability.distances,
            eps=eps,
            X=on_the_host,
            metric=metric,
            n_threads=self.n_threads,
        )

    def exemplar_distances(
        self,
        vectors: Any,  # noqa: ANN401 - a CuPy or NumPy array
        exemplars: Any,  # noqa: ANN401 - a CuPy or NumPy array
        labels: NDArray[np.uint32],
        *,
        n_labels: int,
        metric: Metric,
    ) -> NDArray[np.float64]:
        """Return the distance from each row to the nearest exemplar of each label, on the host."""
        found = np.full((vectors.shape[0], n_labels), np.inf)
        with use_device(self.device):
            rows, every = in_one_space(vectors, exemplars, cosine=metric == "cosine")
            for label in np.unique(labels):
                others = some_of(every, np.flatnonzero(labels == label))
                searcher = Searcher(rows, Targets.of(others), 1, by_distance=True)
                for block in rows.blocks():
                    distances, _ = searcher.nearest(block)
                    found[block.start : block.stop, label] = distances.get()[:, 0]
        return found


def _check_min_samples(n_listed: int, min_samples: int) -> None:
    if n_listed > NEIGHBORS_MAX:
        most = NEIGHBORS_MAX + int(min_samples) - n_listed
        raise ValueError(
            f"min_samples={min_samples} should be <= {most} on a GPU\n"
            f"hint: pass min_samples={most} or less, or device='cpu'"
        )


def _n_listed(n_wanted: int, n_rows: int) -> int:
    """Return how many neighbors to list where so many are asked for."""
    return min(max(_LISTED_MIN, 2 * n_wanted), NEIGHBORS_MAX, n_rows)


def _reachability(targets: Targets, n_neighbors: int, alpha: float) -> Reachability:
    rows = targets.rows
    n_listed = _n_listed(n_neighbors, rows.n_rows - 1)
    searcher = Searcher(rows, targets, n_listed, itself=True, by_distance=True)
    distances, lists = searcher.nearest(targets.block)
    lists = lists.astype(np.uint32)
    nearest = distances[:, :n_neighbors].get()
    cores = nearest[:, -1].copy() if n_neighbors else np.zeros(rows.n_rows)
    tree = Spanning(targets, lists, distances, cores=cores, alpha=alpha).tree()
    return Reachability(
        low=tree.low.astype(np.uint32),
        high=tree.high.astype(np.uint32),
        weights=tree.weights,
        cores=cores,
        neighbors=lists[:, :n_neighbors].get().ravel(),
        distances=nearest.ravel(),
    )
