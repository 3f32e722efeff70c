"""A GPU as a backend."""

from dataclasses import dataclass
from typing import Any, Final

from fastcluster._backend._density_trees import DensityTrees
from fastcluster._backend.gpu._arrays import GpuArrays
from fastcluster._backend.gpu.density._dbscan import GpuDbscan
from fastcluster._backend.gpu.density._hdbscan import GpuHdbscan
from fastcluster._backend.gpu.kmeans._assignment import GpuAssign
from fastcluster._backend.gpu.kmeans._kmeans import GpuKMeans
from fastcluster._backend.gpu.kmeans._minibatch import GpuMiniBatch
from fastcluster._backend.gpu.kmeans._seeding import GpuSeeding
from fastcluster._backend.gpu.metrics._metrics import GpuMetrics
from fastcluster._backend.gpu.search._nearest import GpuNearest

__all__ = ["GpuBackend"]

_ONLY_ON_THE_CPU: Final = {
    "balanced": "BalancedKMeans",
    "dbscan_neighborhoods": "DBSCAN under a metric of scikit-learn",
    "dbscan_precomputed": "DBSCAN of precomputed distances",
    "dbscan_predict_precomputed": "DBSCAN of precomputed distances",
    "density_validity": "validity_index",
    "distances": "hierarchical clustering",
    "linkage": "hierarchical clustering",
    "linkage_batch": "hierarchical clustering",
    "linkage_of": "hierarchical clustering",
    "linkage_single": "hierarchical clustering",
    "linkage_tree": "hierarchical clustering",
    "linkage_vectors": "hierarchical clustering",
    "medoids": "the search for medoids",
    "reachability_precomputed": "HDBSCAN of precomputed distances",
    "reachability_rows": "HDBSCAN under a metric of scikit-learn",
    "spanning_tree": "hierarchical clustering",
}
"""What `CpuBackend` does and no part of `GpuBackend` does, as messages call it.

A part that is added takes its methods off this list; a test compares.
"""


@dataclass(frozen=True, slots=True)
class GpuBackend(
    GpuArrays,
    DensityTrees,
    GpuAssign,
    GpuDbscan,
    GpuHdbscan,
    GpuKMeans,
    GpuMetrics,
    GpuMiniBatch,
    GpuNearest,
    GpuSeeding,
):
    """One GPU, with the methods of `CpuBackend` that it has; the others refuse.

    `device` is its number, `home` whose arrays the caller uses ("numpy", "cupy" or "torch"),
    `n_threads` are for work on the host, and `reason` says why this backend was chosen.
    """

    device: int
    n_threads: int
    home: str
    reason: str

    @property
    def description(self) -> str:
        """Where the work is done and why, for the log."""
        return f"GPU {self.device} ({self.reason})"

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - never returns for a known name
        """Refuse what only the CPU does: the one way in which a method is missing here.

        Raises
        ------
        DeviceUnavailableError
            If it is a method of `CpuBackend`.
        """
        if name not in _ONLY_ON_THE_CPU:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return self.only_on_cpu(_ONLY_ON_THE_CPU[name])
