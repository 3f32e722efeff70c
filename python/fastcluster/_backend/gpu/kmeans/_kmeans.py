"""k-means on a GPU."""

from collections.abc import Callable
from time import perf_counter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fastcluster._backend.gpu.kmeans._lloyd import Data, Fit, run
from fastcluster._backend.gpu.kmeans._seeding import SEARCH_ROW_BYTES, start
from fastcluster._backend.gpu.rows._moments import Moments
from fastcluster._backend.gpu.rows._rows import Rows
from fastcluster._backend.gpu.rows._weights import weights_of
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._device import use_device
from fastcluster._backend.gpu.runtime._limits import left_of
from fastcluster._backend.gpu.runtime._memory import available
from fastcluster._backend.gpu.scores._assign import Assigner
from fastcluster._results import KMeansResult
from fastcluster._typing import Algorithm, Matrix, Metric, OnEvent, Start
from fastcluster.exceptions import DeviceUnavailableError

__all__ = ["GpuKMeans"]

_HISTORY: Final = {
    "inertia": np.float64,
    "center_shift": np.float64,
    "n_changed": np.int64,
    "n_rechecked": np.int64,
    "n_scored": np.int64,
    "seconds": np.float64,
}
"""The figures of an iteration."""

_ROW_BYTES: Final = 32
"""Of a row: labels before and after, their sorted order, and its weight or its distance."""

_CENTER_BYTES: Final = 64
"""Of a value of a center: published, working, sums, and their copies."""

_LEAST_BYTES: Final = 16 << 20
"""Bytes with which the assignment still works, on small tiles."""


class GpuKMeans:
    """The k-means methods of `GpuBackend`."""

    __slots__ = ()

    device: int
    home: str

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
        """Run Lloyd's algorithm from each start and keep the best run.

        Raises
        ------
        DeviceUnavailableError
            If the hierarchical algorithm is asked for.
        """
        if algorithm == "hierarchical":
            raise DeviceUnavailableError(
                "algorithm='hierarchical' does not run on a GPU\n"
                "hint: pass algorithm='lloyd', or device='cpu' and the data in host memory"
            )
        began = perf_counter()
        with use_device(self.device):
            given = init if isinstance(init, list) else None
            data, budget = _prepared(
                vectors,
                given=given,
                sample_weight=sample_weight,
                n_clusters=n_clusters,
                metric=metric,
                memory_limit=memory_limit,
                began=began,
            )
            best: Fit | None = None
            for number in range(n_init if given is None else len(given)):
                centers = _start(data, init, seed, number, budget)
                report = _reporter(on_event, number)
                report("init", 0, 0.0, 0.0)
                fit = run(data, centers, max_iter=max_iter, tol=tol, report=report)
                if best is None or (
                    fit.inertia < best.inertia
                    and not _same_partition(fit.labels, best.labels, n_clusters)
                ):
                    best = fit
            if best is None:
                raise ValueError("n_init must be at least 1, got 0")
            return self._result(data, best)

    def _result(self, data: Data, fit: Fit) -> KMeansResult:
        cp = cupy()
        used = cp.zeros(data.n_clusters, dtype=bool)
        used[fit.labels] = True
        return KMeansResult(
            labels=self._sent_home(fit.labels),
            centers=self._sent_home(fit.centers),
            inertia=data.rows.to_caller(fit.inertia),
            n_iter=len(fit.history),
            n_distinct=int(used.sum().get()),
            history={
                name: np.array([getattr(record, name) for record in fit.history], dtype=dtype)
                for name, dtype in _HISTORY.items()
            },
            gap=None,
            path=f"float16 filter, GPU {self.device}",
        )

    def _sent_home(self, array: Any) -> Any:  # noqa: ANN401
        return array.get() if self.home == "numpy" else array


def _prepared(  # noqa: PLR0913 - what the runs of a fit share
    vectors: Any,  # noqa: ANN401 - a CuPy or NumPy array
    *,
    given: list[NDArray[Any]] | None,
    sample_weight: NDArray[np.float64] | None,
    n_clusters: int,
    metric: Metric,
    memory_limit: int | None,
    began: float,
) -> tuple[Data, int | None]:
    """Take the rows, and measure them; return also what a limit leaves for the search of starts."""
    row_bytes = _ROW_BYTES if given is not None else SEARCH_ROW_BYTES
    budget = _budget(vectors.shape, n_clusters, row_bytes, memory_limit)
    rows = Rows.of(vectors, cosine=metric == "cosine", budget=budget)
    if given is not None:
        rows = rows.including(max(float(abs(start).max()) for start in given))
    budget = rows.left_of(budget, vectors)
    weights = weights_of(rows, sample_weight)
    moments = Moments.of(rows)
    assigner = Assigner(rows, n_clusters, budget=budget)
    data = Data(
        rows=rows,
        weights=weights,
        n_clusters=n_clusters,
        assigner=assigner,
        moments=moments,
        spread=moments.spread(rows, weights),
        began=began,
    )
    return data, None if budget is None else max(budget - assigner.n_bytes, _LEAST_BYTES)


def _budget(
    shape: tuple[int, int], n_clusters: int, row_bytes: int, memory_limit: int | None
) -> int | None:
    """Return what a limit leaves for rows and scores, beside labels, weights, centers and sums."""
    n_rows, n_features = shape
    needed = row_bytes * n_rows + _CENTER_BYTES * n_clusters * n_features + _LEAST_BYTES
    left = left_of(memory_limit, needed)
    return None if left is None else min(left, max(available() - needed, 0)) + _LEAST_BYTES


def _start(
    data: Data,
    init: Start | list[NDArray[Any]],
    seed: int,
    number: int,
    budget: int | None,
) -> Any:  # noqa: ANN401 - a device array
    """Return the published start centers of a run, to be overwritten."""
    rows = data.rows
    if isinstance(init, list):
        cp = cupy()
        return cp.array(init[number], dtype=cp.float64 if rows.is_double else cp.float32, order="C")
    return start(
        rows, data.weights, data.moments.mean,
        init=init, n_clusters=data.n_clusters, seed=seed, run=number, budget=budget,
    ).published  # fmt: skip


def _reporter(on_event: OnEvent | None, number: int) -> Callable[[str, int, float, float], None]:
    """Return what the iterations of a run report to."""

    def report(kind: str, step: int, a: float, b: float) -> None:
        if on_event is not None:
            on_event(kind, number, step, a, b)

    return report


def _same_partition(one: Any, other: Any, n_clusters: int) -> bool:  # noqa: ANN401 - device arrays
    """Say whether two labellings differ in names only."""
    cp = cupy()
    for names, named in ((one, other), (other, one)):
        # If a label goes with several, whichever is kept, another row contradicts it.
        kept = cp.zeros(n_clusters, dtype=cp.int32)
        kept[names] = named
        if not bool((kept[names] == named).all()):
            return False
    return True
