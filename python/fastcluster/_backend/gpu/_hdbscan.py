"""HDBSCAN with its tree found on the GPU; all after it is work on trees, on the host."""

from typing import Any, Final

import numpy as np

from fastcluster._backend.gpu._device import use_device
from fastcluster._backend.gpu._nearest import NEIGHBORS_MAX
from fastcluster._backend.gpu._rows import Rows
from fastcluster._backend.gpu._search import Searcher
from fastcluster._backend.gpu._spanning import Spanning
from fastcluster._backend.gpu._tiles import Targets
from fastcluster._results import Reachability
from fastcluster._typing import Metric

__all__ = ["GpuHdbscan"]

_LISTED_MIN: Final = 16
"""Neighbors that are listed of a row at least: long lists leave few rows to search for the tree."""


class GpuHdbscan:
    """The part of the backend that finds the tree of HDBSCAN."""

    __slots__ = ()

    device: int

    def reachability(
        self,
        vectors: Any,  # noqa: ANN401 - a CuPy or NumPy array
        *,
        min_samples: int,
        alpha: float,
        metric: Metric,
    ) -> Reachability:
        """Find the lightest tree of the rows under mutual reachability, as the CPU finds it.

        The result lies in host memory.

        Raises
        ------
        ValueError
            If `min_samples` is more than lists of neighbors are made for.
        DeviceUnavailableError
            If the rows do not fit the memory of the GPU.
        """
        n_neighbors = int(min_samples) - 1
        if n_neighbors > NEIGHBORS_MAX:
            raise ValueError(
                f"min_samples={min_samples} should be <= {NEIGHBORS_MAX + 1} on a GPU\n"
                f"hint: pass min_samples={NEIGHBORS_MAX + 1} or less, or device='cpu'"
            )
        with use_device(self.device):
            rows = Rows.of(vectors, cosine=metric == "cosine")
            return _reachability(Targets.of(rows), n_neighbors, alpha)


def _reachability(targets: Targets, n_neighbors: int, alpha: float) -> Reachability:
    rows = targets.rows
    n_listed = min(max(_LISTED_MIN, 2 * n_neighbors), NEIGHBORS_MAX, rows.n_rows - 1)
    searcher = Searcher(rows, targets, n_listed, itself=True, by_distance=True)
    distances, indices = searcher.nearest(targets.block)
    lists = indices.astype(np.uint32)
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
