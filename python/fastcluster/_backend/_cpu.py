"""The compiled core as a backend.

Every method takes checked input and adds nothing but the number of threads.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fastcluster import _core
from fastcluster._backend._cpu_dbscan import CpuDbscan
from fastcluster._backend._cpu_hdbscan import CpuHdbscan
from fastcluster._backend._cpu_hierarchy import CpuHierarchy
from fastcluster._backend._cpu_metrics import CpuMetrics
from fastcluster._backend._host import HostArrays
from fastcluster._results import BalancedResult, KMeansResult, MiniBatchResult, MiniBatchStep
from fastcluster._typing import Algorithm, Matrix, Metric, OnEvent, Sampling, Start

__all__ = ["CpuBackend"]

_MOST: Final = 2**31 - 1
"""No count reaches this in practice; larger ones mean "no limit" and would not fit the core."""

_GAP: Final = ("n_checked", "mislabelled", "inertia_excess")
"""What the core reports of a hierarchical fit, in its order."""


@dataclass(frozen=True, slots=True)
class CpuBackend(CpuDbscan, CpuHdbscan, CpuMetrics, CpuHierarchy, HostArrays):
    """The core on `n_threads` threads; `reason` says why this backend was chosen."""

    n_threads: int
    reason: str

    @property
    def description(self) -> str:
        """Where the work is done and why, for the log."""
        return f"the cpu ({self.reason})"

    def kmeans(  # noqa: PLR0913 - the parameters of k-means
        self,
        vectors: Matrix,
        *,
        n_clusters: int,
        init: Start | list[NDArray[Any]],
        n_init: int,
        max_iter: int,
        tol: float,
        sample_weight: NDArray[np.float64] | None,
        seed: int,
        metric: Metric,
        algorithm: Algorithm,
        memory_limit: int | None,
        on_event: OnEvent | None,
    ) -> KMeansResult:
        """Run Lloyd's algorithm, or the hierarchical one, and keep the best run."""
        fit = _core.kmeans_fit(
            vectors,
            n_clusters=n_clusters,
            init=init,
            n_init=_counted(n_init),
            max_iter=_counted(max_iter),
            tol=tol,
            sample_weight=sample_weight,
            seed=seed,
            metric=metric,
            n_threads=self.n_threads,
            algorithm=algorithm,
            memory_limit=memory_limit,
            on_event=on_event,
        )
        return KMeansResult(
            labels=fit.labels,
            centers=fit.centers,
            inertia=fit.inertia,
            n_iter=fit.n_iter,
            n_distinct=fit.n_distinct,
            history=dict(fit.history),
            gap=None if fit.gap is None else dict(zip(_GAP, fit.gap, strict=True)),
            path=fit.path,
        )

    def balanced(  # noqa: PLR0913 - the parameters of balanced k-means
        self,
        vectors: Matrix,
        *,
        n_clusters: int,
        size_min: int | None,
        size_max: int | None,
        balance: float,
        init: Start | list[NDArray[Any]],
        n_init: int,
        max_iter: int,
        tol: float,
        sample_weight: NDArray[np.float64] | None,
        seed: int,
        metric: Metric,
        memory_limit: int | None,
        on_event: OnEvent | None,
    ) -> BalancedResult:
        """Alternate minimum-cost assignment and means from each start and keep the best run."""
        fit = _core.balanced_fit(
            vectors,
            n_clusters=n_clusters,
            size_min=None if size_min is None else _counted(size_min),
            size_max=None if size_max is None else _counted(size_max),
            balance=balance,
            init=init,
            n_init=_counted(n_init),
            max_iter=_counted(max_iter),
            tol=tol,
            sample_weight=sample_weight,
            seed=seed,
            metric=metric,
            n_threads=self.n_threads,
            memory_limit=memory_limit,
            on_event=on_event,
        )
        return BalancedResult(
            labels=fit.labels,
            centers=fit.centers,
            sizes=fit.sizes,
            inertia=fit.inertia,
            objective=fit.objective,
            n_iter=fit.n_iter,
            history=dict(fit.history),
            path=fit.path,
        )

    def start_centers(  # noqa: PLR0913 - the parameters of the start methods
        self,
        vectors: Matrix,
        *,
        n_clusters: int,
        init: Start,
        sample_weight: NDArray[np.float64] | None,
        seed: int,
        metric: Metric,
        memory_limit: int | None,
        n_local_trials: int | None = None,
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Choose start centers; return them and the rows they came from."""
        return _core.init_centers(
            vectors,
            n_clusters=n_clusters,
            init=init,
            sample_weight=sample_weight,
            seed=seed,
            metric=metric,
            n_threads=self.n_threads,
            memory_limit=memory_limit,
            n_local_trials=None if n_local_trials is None else _counted(n_local_trials),
        )

    def assign(
        self,
        vectors: Matrix,
        centers: NDArray[Any],
        *,
        metric: Metric,
        sample_weight: NDArray[np.float64] | None = None,
        inertia: bool = True,
    ) -> tuple[NDArray[np.int32], float]:
        """Return the label of each row and the inertia, NaN where it is not asked for."""
        return _core.assign(
            vectors,
            centers,
            metric=metric,
            sample_weight=sample_weight,
            n_threads=self.n_threads,
            inertia=inertia,
        )

    def nearest(
        self, vectors: Matrix, centers: NDArray[Any], *, n_neighbors: int, metric: Metric
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Return distances and indices of the nearest centers, nearest first."""
        return _core.nearest(
            vectors, centers, n_neighbors=n_neighbors, metric=metric, n_threads=self.n_threads
        )

    def transform(self, vectors: Matrix, centers: NDArray[Any], *, metric: Metric) -> NDArray[Any]:
        """Return the distances from each row to each center."""
        return _core.transform(vectors, centers, metric=metric, n_threads=self.n_threads)

    def minibatch(  # noqa: PLR0913 - the parameters of mini-batch k-means
        self,
        vectors: Matrix,
        centers: NDArray[Any],
        *,
        batch_size: int,
        max_iter: int,
        tol: float,
        max_no_improvement: int | None,
        reassignment_ratio: float,
        sample_weight: NDArray[np.float64] | None,
        sampling: Sampling,
        growth: float | None,
        seed: int,
        metric: Metric,
        memory_limit: int | None,
        on_event: OnEvent | None,
    ) -> MiniBatchResult:
        """Run mini-batch steps from the start centers until they stop paying."""
        fit = _core.minibatch_fit(
            vectors,
            centers,
            batch_size=_counted(batch_size),
            max_iter=_counted(max_iter),
            tol=tol,
            max_no_improvement=(
                None if max_no_improvement is None else _counted(max_no_improvement)
            ),
            reassignment_ratio=reassignment_ratio,
            sample_weight=sample_weight,
            sampling=sampling,
            growth=growth,
            seed=seed,
            metric=metric,
            n_threads=self.n_threads,
            memory_limit=memory_limit,
            on_event=on_event,
        )
        return MiniBatchResult(
            centers=fit.centers,
            counts=fit.counts,
            n_iter=fit.n_iter,
            n_steps=fit.n_steps,
            ewa_inertia=fit.ewa_inertia,
            history=dict(fit.history),
            path=fit.path,
        )

    def minibatch_step(  # noqa: PLR0913 - the parameters of one step
        self,
        vectors: Matrix,
        centers: NDArray[Any],
        counts: NDArray[np.float64],
        *,
        sample_weight: NDArray[np.float64] | None,
        reassign: bool,
        reassignment_ratio: float,
        seed: int,
        step: int,
        metric: Metric,
        memory_limit: int | None,
    ) -> MiniBatchStep:
        """Do one step with all rows as the batch; the given centers and counts stay as they are."""
        new_centers, new_counts, _, inertia, n_reassigned = _core.minibatch_step(
            vectors,
            centers,
            counts,
            sample_weight=sample_weight,
            reassign=reassign,
            reassignment_ratio=reassignment_ratio,
            seed=seed,
            step=step,
            metric=metric,
            n_threads=self.n_threads,
            memory_limit=memory_limit,
        )
        return MiniBatchStep(
            centers=new_centers, counts=new_counts, inertia=inertia, n_reassigned=n_reassigned
        )


def _counted(number: int) -> int:
    """Return a count of any integer type as one that the core can hold."""
    return min(int(number), _MOST)
