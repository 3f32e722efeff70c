"""Mini-batch k-means on the GPU: the core's steps (`kmeans/minibatch`), and its results.

# Idea
The core draws the rows of the batches; some batches at a time are copied out on the device,
assigned exactly and added up, and the host is asked only where the centers move. Rows, sums and the
order of every addition are the core's, so a fit from the same seed and centers ends with the same
bits.

# Cost
As on the CPU: n·k·d multiply-adds and one read of each row of a batch.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fastcluster import _core
from fastcluster._backend.gpu.kmeans._minibatch_monitor import Monitor
from fastcluster._backend.gpu.kmeans._minibatch_state import State
from fastcluster._backend.gpu.rows._at_rows import only
from fastcluster._backend.gpu.rows._centers import Centers
from fastcluster._backend.gpu.rows._moments import Moments
from fastcluster._backend.gpu.rows._rows import Block, Rows
from fastcluster._backend.gpu.rows._weights import weights_of
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._device import use_device
from fastcluster._backend.gpu.runtime._limits import left_of
from fastcluster._backend.gpu.runtime._memory import available
from fastcluster._backend.gpu.runtime._ordered import group_sums, ordered_sum
from fastcluster._backend.gpu.scores._assign import Assigner
from fastcluster._results import MiniBatchResult, MiniBatchStep
from fastcluster._typing import Metric, OnEvent, Sampling
from fastcluster.exceptions import DeviceUnavailableError

__all__ = ["GpuMiniBatch"]

_ROWS_PER_CLUSTER: Final = 12
"""Rows per cluster, on average, that centers are given before they move."""

_PART_ROWS: Final = 4096
"""Rows that are copied out and assigned at once, unless a batch is larger."""

_ROWS_BETWEEN_REASSIGNMENTS: Final = 10
"""After so many rows per cluster, centers of little weight are looked for: scikit-learn's rule."""

_INERTIA_ROWS: Final = 256
"""Rows whose distances the core adds first."""

_ASSIGNMENT_BYTES: Final = 512 << 20
"""What the assignment of a part may take: tiles of full size."""

_CENTER_BYTES: Final = 64
_ROW_BYTES: Final = 32
"""What a value of a center and a row of a batch take, beside the row's values."""


class GpuMiniBatch:
    """Mini-batch k-means."""

    __slots__ = ()

    device: int

    def minibatch(  # noqa: PLR0913 - the parameters of mini-batch k-means
        self,
        vectors: Any,  # noqa: ANN401 - a CuPy or NumPy array
        centers: Any,  # noqa: ANN401 - a CuPy or NumPy array
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
        """Run mini-batch steps from the start centers until they stop paying.

        Raises
        ------
        DeviceUnavailableError
            If the batches are to grow.
        """
        if growth is not None:
            raise DeviceUnavailableError(
                f"batch_growth={growth} does not run on a GPU\n"
                "hint: pass batch_growth=None, or device='cpu'"
            )
        with use_device(self.device):
            n_together = max(_PART_ROWS // batch_size, 1) * batch_size
            values = _CENTER_BYTES * len(centers) + 8 * n_together
            needed = values * vectors.shape[1] + _ROW_BYTES * n_together
            budget = left_of(memory_limit, needed)
            rows, start = _prepared(vectors, centers, metric, budget)
            n, k = rows.n_rows, len(start)
            weights = weights_of(rows, sample_weight)
            batches_per_move = -(-min(_ROWS_PER_CLUSTER * k, n) // batch_size)
            monitor = Monitor(
                batch_size=batch_size,
                n_rows=n,
                n_clusters=k,
                batches_per_move=batches_per_move,
                tolerance=tol * Moments.of(rows).mean_variance if tol else 0.0,
                patience=max_no_improvement,
                on_event=on_event,
            )
            run = _Run(
                rows=rows,
                batch_size=int(batch_size),
                state=State(rows, start, np.zeros(k), reassignment_ratio, seed),
                batches=_core.BatchRows(
                    n,
                    sample_weight=None if weights is None else weights.get(),
                    sampling=sampling,
                    seed=seed,
                ),
                monitor=monitor,
                assigner=_assigner(rows, k, rows.left_of(budget, vectors)),
                history=[],
            )
            n_steps = max(max_iter * n // batch_size, 1)
            while len(run.history) < n_steps:
                if run.go(min(batches_per_move, n_steps - len(run.history))):
                    break
            return run.result()

    def minibatch_step(  # noqa: PLR0913 - the parameters of one step
        self,
        vectors: Any,  # noqa: ANN401 - a CuPy or NumPy array
        centers: Any,  # noqa: ANN401 - a CuPy or NumPy array
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
        with use_device(self.device):
            n_samples, n_features = vectors.shape
            needed = _CENTER_BYTES * len(centers) * n_features + _ROW_BYTES * n_samples
            budget = left_of(memory_limit, needed)
            rows, start = _prepared(vectors, centers, metric, budget)
            weights = weights_of(rows, sample_weight)
            state = State(rows, start, np.array(counts), reassignment_ratio, seed)
            assigner = _assigner(rows, len(counts), rows.left_of(budget, vectors))
            assigner.aim(start)
            sums = []
            for block in rows.blocks():
                labels = assigner.labels(block)
                distances = assigner.distances(block, labels)
                given = None if weights is None else weights[block.start : block.stop]
                state.give(block, labels, given)
                parts = distances if given is None else given * distances
                sums.append(group_sums(parts, _INERTIA_ROWS))
            inertia = float(ordered_sum(cupy().concatenate(sums)).get()[0])
            state.advance(1.0)
            n_reassigned = 0
            if reassign:
                n_reassigned, _ = state.reassign(rows, weights, rows.n_rows // 2, step)
            return MiniBatchStep(
                centers=state.centers.published,
                counts=state.counts,
                inertia=rows.to_caller(inertia),
                n_reassigned=n_reassigned,
            )


@dataclass(slots=True)
class _Run:
    """A fit on its way; `history` has batch inertia, averaged inertia and movement of each step."""

    rows: Rows
    batch_size: int
    state: State
    batches: _core.BatchRows
    monitor: Monitor
    assigner: Assigner
    history: list[list[float]]
    last: Block | None = None
    n_since_reassignment: int = 0

    def go(self, n_batches: int) -> bool:
        """Do `n_batches` steps and move the centers once; return whether the fit stops."""
        shift = self._reassign()
        self.assigner.aim(self.state.centers)
        n_before = len(self.history)
        for mean in self._means(n_batches):
            self.monitor.take(mean)
            self.history.append([mean, self.monitor.average, 0.0])
        # After T rows, one drawn as the t-th weighs t/T.
        shift += self.state.advance(n_before / len(self.history))
        scale = self.rows.scale
        self.history[-1][2] = shift if self.rows.cosine else shift / scale / scale
        self.n_since_reassignment += n_batches * self.batch_size
        return self.monitor.stops(shift)

    def result(self) -> MiniBatchResult:
        """Return what was found."""
        n_steps = len(self.history)
        columns = np.array(self.history).T
        names = ("batch_inertia", "ewa_inertia", "center_shift")
        history: dict[str, NDArray[Any]] = {
            name: np.ascontiguousarray(column) for name, column in zip(names, columns, strict=True)
        }
        history["batch_size"] = np.full(n_steps, self.batch_size, dtype=np.int64)
        return MiniBatchResult(
            centers=self.state.centers.published,
            counts=self.state.counts,
            n_iter=-(-n_steps * self.batch_size // self.rows.n_rows),
            n_steps=n_steps,
            ewa_inertia=self.monitor.average,
            history=history,
            path="float16 products, float64 decisions",
        )

    def _means(self, n_batches: int) -> list[float]:
        """Assign batches and give their rows to the centers; return each one's mean inertia."""
        most = max(_PART_ROWS // self.batch_size, 1)
        totals = cupy().empty(n_batches)
        for first in range(0, n_batches, most):
            part = totals[first : first + most]
            drawn = self.batches.draw(len(part) * self.batch_size)
            self.last = self.rows.take(drawn.astype(np.int64))
            labels = self.assigner.labels(self.last)
            distances = self.assigner.distances(self.last, labels)
            group_sums(distances, self.batch_size, out=part)
            self.state.give(self.last, labels)
        return [self.rows.to_caller(total / self.batch_size) for total in totals.get().tolist()]

    def _reassign(self) -> float:
        """Move centers of little weight to rows drawn last, where it is time.

        Not after the last step, so that no center is published that is no mean. Returns their
        squared movements.
        """
        n_clusters = len(self.state.counts)
        enough = _ROWS_BETWEEN_REASSIGNMENTS * n_clusters
        due = self.state.has_empty or self.n_since_reassignment >= enough
        if self.last is None or not due:
            return 0.0
        self.n_since_reassignment = 0
        part = only(self.rows, self.last)
        n_moved, shift = self.state.reassign(part, None, self.batch_size // 2, len(self.history))
        self.monitor.reassigned(n_moved)
        return shift


def _prepared(
    vectors: Any,  # noqa: ANN401 - a CuPy or NumPy array
    centers: Any,  # noqa: ANN401 - a CuPy or NumPy array
    metric: Metric,
    budget: int | None,
) -> tuple[Rows, Centers]:
    """Return the rows, scaled to include the centers, and centers that may be changed."""
    cp = cupy()
    rows = Rows.of(vectors, cosine=metric == "cosine", budget=budget)
    given = cp.array(centers)
    rows = rows.including(float(cp.abs(given).max()))
    published = given.astype(cp.float64 if rows.is_double else cp.float32, order="C")
    return rows, Centers.of(published, rows)


def _assigner(rows: Rows, n_clusters: int, budget: int | None) -> Assigner:
    """Return what assigns parts of the rows: each is read once, so no shadow is kept."""
    room = min(available(budget), _ASSIGNMENT_BYTES)
    return Assigner(rows, n_clusters, budget=room, keep=False)
