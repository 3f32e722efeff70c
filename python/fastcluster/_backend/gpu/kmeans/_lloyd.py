"""Lloyd's iterations on a GPU: exact assignment, float64 update, the CPU's rules of stopping.

Rows that stream from host memory are summed in the pass that assigns them: each iteration reads
them once. Beside the counts that the assignment reads, an iteration waits for two small copies to
the host: how many labels changed, which says how the sums are made; and what became of the centers,
with the figures of the iteration.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

import numpy as np

from fastcluster._backend.gpu.kmeans._inertia import inertia_of
from fastcluster._backend.gpu.kmeans._relocate import relocate
from fastcluster._backend.gpu.kmeans._update import Sums, changes
from fastcluster._backend.gpu.rows._centers import BAD, EMPTY, MOVED, Centers
from fastcluster._backend.gpu.rows._moments import Moments
from fastcluster._backend.gpu.rows._rows import Rows
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._kernels import kernel, launch
from fastcluster._backend.gpu.runtime._ordered import ordered_sum
from fastcluster._backend.gpu.scores._assign import Assigner

__all__ = ["Data", "Fit", "Record", "run"]

_WARP: Final = 32

_RECHECKED: Final = 3
_N_COUNTS: Final = 4
"""Of an iteration: EMPTY, BAD and MOVED, and the distances that were taken so far."""


@dataclass(frozen=True)
class Data:
    """What the runs of a fit share.

    Attributes
    ----------
    rows : Rows
        The rows.
    weights : device array of float64 of shape (n_rows,), or None
        None weighs every row 1.
    n_clusters : int
        Clusters.
    assigner : Assigner
        Of these rows.
    moments : Moments
        Their mean and variance.
    spread : float
        Σ w·‖x - m‖² in working space, m the mean.
    began : float
        When the fit did, by `perf_counter`.
    """

    rows: Rows
    weights: Any
    n_clusters: int
    assigner: Assigner
    moments: Moments
    spread: float
    began: float


@dataclass(frozen=True)
class Record:
    """What one iteration did: see `KMeans.history_`; in the caller's units."""

    inertia: float
    center_shift: float
    n_changed: int
    n_rechecked: int
    n_scored: int
    seconds: float


@dataclass(frozen=True)
class Fit:
    """One run: labels and published centers on the device, the inertia in working space."""

    labels: Any
    centers: Any
    inertia: float
    history: list[Record]


def run(
    data: Data,
    start: Any,  # noqa: ANN401 - a device array
    *,
    max_iter: int,
    tol: float,
    report: Callable[[str, int, float, float], None],
) -> Fit:
    """Iterate until no label changes, the centers move less than the tolerance, or `max_iter`.

    Parameters
    ----------
    data : Data
        The rows.
    start : device array of shape (n_clusters, n_features)
        Published centers; overwritten.
    max_iter : int
        Iterations at most.
    tol : float
        Share of the mean variance.
    report : callable
        Called with the kind of an event, the iteration and two numbers: `OnEvent` without its run.
    """
    rows = data.rows
    state = _State(data, Centers.of(start, rows))
    tolerance = tol * data.moments.mean_variance
    history: list[Record] = []
    for iteration in range(max_iter):
        record, shift = state.iterate()
        history.append(record)
        report("iteration", iteration, record.inertia, record.center_shift)
        if record.n_changed == 0:
            report("strict", iteration, 0.0, 0.0)
            break
        if shift <= tolerance:
            report("tolerance", iteration, record.center_shift, _length(tolerance, rows))
            break
    # Relocation moves centers though no label changes, and an update may move none though some did.
    if state.is_behind:
        data.assigner.aim(state.centers)
    found = inertia_of(rows, data.assigner, state.labels, data.weights, assign=state.is_behind)
    return Fit(state.labels, state.centers.published, found, history)


class _State:
    """What an iteration changes; `is_behind`: whether the labels may be older than the centers."""

    def __init__(self, data: Data, centers: Centers) -> None:
        cp = cupy()
        n, k = data.rows.n_rows, data.n_clusters
        self._data, self.centers = data, centers
        self.labels, self._previous = (cp.empty(n, dtype=cp.int32) for _ in range(2))
        self._sums = Sums(data.rows, data.weights, k)
        self._is_first = self.is_behind = True
        self._stale: Any = None
        self._n_rechecked = int(data.assigner.rechecked.get()[0])
        # Read at once: inertia and movement, then a report and the distances taken, as int64.
        self._numbers = cp.zeros(2 + _N_COUNTS)
        self._counts = self._numbers[2:].view(cp.int64)
        self._report = self._counts[:_RECHECKED]
        self._terms = cp.empty(k + 1)
        self._terms[0] = data.spread

    def iterate(self) -> tuple[Record, float]:
        """Assign, update and move the centers; return the record and the shift in working space."""
        data, sums = self._data, self._sums
        first, self._is_first = self._is_first, False
        totals = None if data.rows.is_resident else sums.fresh()
        self._assign(totals)
        changed, n_changed = None, data.rows.n_rows
        if first:
            dirty = cupy().ones(data.n_clusters, dtype="uint8")
        else:
            changed, dirty = changes(self.labels, self._previous, data.n_clusters)
            n_changed = len(changed)
        stale, self._stale = self._stale, None
        if stale is not None:
            dirty[stale] = 1
        if stale is not None or not sums.can_shift(n_changed):
            changed = None
        n_before = self._n_rechecked
        found, shift = self._move_centers(changed, dirty, totals)
        record = Record(
            inertia=data.rows.to_caller(max(found, 0.0)),
            center_shift=_length(shift, data.rows),
            n_changed=n_changed,
            n_rechecked=self._n_rechecked - n_before,
            n_scored=data.rows.n_rows * data.n_clusters,
            seconds=perf_counter() - data.began,
        )
        return record, shift

    def _assign(self, totals: Any) -> None:  # noqa: ANN401
        """Assign all rows, and sum them where `totals` are given: while they are on the device."""
        data = self._data
        self.labels, self._previous = self._previous, self.labels
        data.assigner.aim(self.centers)
        for block in data.rows.blocks():
            labels = self.labels[block.start : block.stop]
            data.assigner.labels(block, out=labels)
            if totals is not None:
                self._sums.add(totals, block, labels)

    def _move_centers(self, changed: Any, dirty: Any, totals: Any) -> tuple[float, float]:  # noqa: ANN401
        """Bring the sums of the marked clusters up to date, fill empty ones, publish the means.

        `changed` are the rows to move from sum to sum, None to sum anew. Returns the inertia of the
        labels with the centers before, and the squared movement.
        """
        data, sums = self._data, self._sums
        self._report.fill(0)
        if changed is None:
            self._update(dirty, totals)
        else:
            bad = self._report[BAD : BAD + 1]
            sums.shift(changed, self.labels, self._previous, dirty, bad)
        found, shift, report = self._publish(dirty)
        if report[BAD]:
            self._report.fill(0)
            self._update(dirty, totals)
            found, shift, report = self._publish(dirty)
        if report[EMPTY]:
            self._report.fill(0)
            self._stale = relocate(data.rows, data.weights, self.labels, data.assigner, sums)
            if self._stale is not None:
                dirty[self._stale] = 1
            _, shift, report = self._publish(dirty, measures=False)
        self.is_behind = bool(report[MOVED])
        return found, shift

    def _update(self, dirty: Any, totals: Any) -> None:  # noqa: ANN401
        if totals is None:
            self._sums.update(self.labels, dirty)
        else:
            self._sums.adopt(totals, dirty)

    def _publish(self, dirty: Any, *, measures: bool = True) -> tuple[float, float, list[int]]:  # noqa: ANN401
        """Publish the means; return inertia, squared movement and report. The host waits here."""
        data, totals, numbers = self._data, self._sums.totals, self._numbers
        if measures:
            launch(
                kernel("centers.cu", "inertia_terms"), data.n_clusters, _WARP,
                totals, self.centers.working, data.moments.mean, self._terms[1:],
                self._report[EMPTY:], data.rows.n_features,
            )  # fmt: skip
        moved = self.centers.move(totals, dirty, self._report, data.rows)
        ordered_sum(self._terms, out=numbers[0:])
        ordered_sum(moved, out=numbers[1:])
        self._counts[_RECHECKED:] = data.assigner.rechecked
        read = numbers.get()
        *report, self._n_rechecked = read[2:].view(np.int64).tolist()
        return float(read[0]), float(read[1]), report


def _length(squared: float, rows: Rows) -> float:
    """Return a squared movement of working space in the caller's units."""
    return squared if rows.cosine else squared / rows.scale / rows.scale
