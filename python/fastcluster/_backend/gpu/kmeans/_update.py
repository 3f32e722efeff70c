"""The update: float64 sums of rows by cluster, with the bits that the CPU's have.

For few clusters, rows are read in their own order, in runs of 4,096, whose sums are added in order.
For many, rows are sorted by label, and those of a cluster are added one after the other. When few
labels changed, only those rows move from sum to sum. Which way is taken is the CPU's rule, and
every sum is made in the CPU's order: features are independent, so that order alone decides the
bits. No float atomics.

One read of the rows: a block of threads takes 32 neighbouring features, so that rows are read in
whole sectors, and for many clusters eight warps read what one adds, so that a large cluster does
not wait for memory. A cluster of m rows still takes m additions one after the other: skewed
clusters bound the speed.
"""

from typing import Any, Final

from fastcluster._backend.gpu.rows._rows import Block, Rows
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._kernels import kernel, launch

__all__ = ["RUN_ROWS", "Sums", "add_parts", "changes"]

RUN_ROWS: Final = 4096
"""Rows of a run: the CPU's number, and a divisor of the starts of blocks."""

_RUN_SUMS_MAX: Final = 1 << 16
_RUN_CLUSTERS_MAX: Final = 128
"""At most so many sums, of so many clusters, are taken in runs: the CPU's numbers."""

_SHIFT_SHARE: Final = 8
_SHIFTS_MAX: Final = 16
"""Changed rows move if they are at most one in so many, so often in a row: the CPU's numbers."""

_PARTS_BYTES: Final = 64 << 20
"""What the sums of runs that wait to be added take together: enough runs to fill a GPU."""

_MOVED_BYTES: Final = 256 << 20
"""What the rows that are copied out to be moved take at a time."""

_SLAB: Final = 32
_WARP: Final = 32
_SUM_THREADS: Final = 256
_THREADS: Final = 256
"""As in `cuda/update.cu`."""


class Sums:
    """Weighted sums of rows, in working space, per cluster.

    Parameters
    ----------
    rows : Rows
        The rows of the call.
    weights : device array of float64 of shape (n_rows,), or None
        None weighs every row 1.
    n_clusters : int
        Clusters.

    Attributes
    ----------
    totals : device array of float64 of shape (n_clusters, n_features + 2)
        A cluster's sums, its weight, and the number of its rows that weigh anything.
    """

    def __init__(self, rows: Rows, weights: Any, n_clusters: int) -> None:  # noqa: ANN401 - an array
        cp = cupy()
        self._rows, self._weights = rows, weights
        self._n_clusters = n_clusters
        self.totals = self.fresh()
        self._size_peaks = cp.zeros(n_clusters, dtype=cp.uint64)
        self._weight_peaks = cp.zeros(n_clusters, dtype=cp.uint64)
        self._n_shifts = 0

    @property
    def in_runs(self) -> bool:
        """Whether there are so few sums that rows are summed in their own order."""
        few = self._n_clusters * self._rows.n_features <= _RUN_SUMS_MAX
        return few and self._n_clusters <= _RUN_CLUSTERS_MAX

    def fresh(self) -> Any:  # noqa: ANN401 - a device array
        """Return totals of no rows."""
        return cupy().zeros((self._n_clusters, self._rows.n_features + 2))

    def add(self, totals: Any, block: Block, labels: Any, dirty: Any = None) -> None:  # noqa: ANN401
        """Add the rows of a block to totals; the blocks come in their order.

        Parameters
        ----------
        totals : device array
            As `totals` above.
        block : Block
            The rows.
        labels : device array of int32 of shape (block.n_rows,)
            Their clusters.
        dirty : device array of uint8 of shape (n_clusters,), optional
            1 for the clusters that are wanted; others may be left out. All, if not given.
        """
        if self.in_runs:
            self._add_runs(totals, block, labels)
            return
        order, begins = _sorted(labels, dirty, self._n_clusters)
        weights = self._part_of_weights(block)
        self._sum(block, weights, order, begins, totals, shift=0)

    def update(self, labels: Any, dirty: Any) -> None:  # noqa: ANN401 - device arrays
        """Sum the rows of the marked clusters anew; one read of the rows."""
        totals = self.fresh()
        for block in self._rows.blocks():
            self.add(totals, block, labels[block.start : block.stop], dirty)
        self.adopt(totals, dirty)

    def adopt(self, totals: Any, dirty: Any) -> None:  # noqa: ANN401 - device arrays
        """Take the totals of the marked clusters, as `add` made them from all blocks."""
        cp = cupy()
        self._n_shifts = 0
        if self.in_runs:
            self.totals = totals
            self._size_peaks.fill(0)
            self._weight_peaks.fill(0)
            return
        is_dirty = dirty.astype(bool)
        self.totals = cp.where(is_dirty[:, None], totals, self.totals)
        for peaks in (self._size_peaks, self._weight_peaks):
            peaks[is_dirty] = 0

    def can_shift(self, n_changed: int) -> bool:
        """Say whether moving the changed rows alone costs less, and rounding has not added up."""
        return self._n_shifts < _SHIFTS_MAX and n_changed <= self._rows.n_rows // _SHIFT_SHARE

    def shift(self, changed: Any, labels: Any, previous: Any, dirty: Any, bad: Any) -> None:  # noqa: ANN401
        """Move the rows whose label changed from their old clusters to their new ones.

        Parameters
        ----------
        changed : device array of int64
            These rows.
        labels, previous : device array of int32 of shape (n_rows,)
            New labels and old ones.
        dirty : device array of uint8 of shape (n_clusters,)
            1 for the clusters that some row left or came to.
        bad : device array of int64 of shape (1,)
            Becomes 1 if the sums are not as good as new; then the marked clusters must be updated.
        """
        cp = cupy()
        self._n_shifts += 1
        rows, k = self._rows, self._n_clusters
        launch(
            kernel("update.cu", "begin_shift"), k, _WARP,
            self.totals, self._size_peaks, self._weight_peaks, dirty, rows.n_features,
        )  # fmt: skip
        size = max(_MOVED_BYTES // (8 * rows.n_features), RUN_ROWS)
        for start in range(0, len(changed), size):
            part = changed[start : start + size]
            moves = cp.stack([previous[part], labels[part]], axis=1).ravel()
            order, begins = _sorted(moves, None, k)
            weights = None if self._weights is None else self._weights[part]
            self._sum(rows.take(part), weights, order, begins, self.totals, shift=1)
        launch(
            kernel("update.cu", "end_shift"), k, _WARP,
            self.totals, self._size_peaks, self._weight_peaks, dirty, bad, rows.n_features,
        )  # fmt: skip

    def move_rows(self, listed: Any, clusters: Any, donors: Any) -> None:  # noqa: ANN401
        """Give each of `clusters` one of the listed rows, from `donors`: all arrays of int64."""
        rows, n_moves = self._rows, len(listed)
        block = rows.take(listed)
        weights = None if self._weights is None else self._weights[listed]
        width = rows.n_features + 2
        launch(
            self._kernel("move_rows", weights), -(-width // _THREADS), _THREADS,
            block.values, block.inverse_norms, self._given(weights), clusters, donors, self.totals,
            rows.scale, n_moves, rows.n_features,
        )  # fmt: skip

    def _sum(
        self,
        block: Block,
        weights: Any,  # noqa: ANN401
        order: Any,  # noqa: ANN401
        begins: Any,  # noqa: ANN401
        totals: Any,  # noqa: ANN401
        *,
        shift: int,
    ) -> None:
        rows = self._rows
        n_slabs = -(-(rows.n_features + 2) // _SLAB)
        launch(
            self._kernel("sum_clusters", weights, SHIFT=shift), self._n_clusters * n_slabs,
            _SUM_THREADS,
            block.values, block.inverse_norms, self._given(weights), order, begins, totals,
            self._size_peaks, self._weight_peaks, rows.scale, rows.n_features,
        )  # fmt: skip

    def _add_runs(self, totals: Any, block: Block, labels: Any) -> None:  # noqa: ANN401
        cp, rows, k = cupy(), self._rows, self._n_clusters
        weights = self._part_of_weights(block)
        clusters = next(bound for bound in (8, 32, _RUN_CLUSTERS_MAX) if k <= bound)
        function = self._kernel("sum_runs", weights, CLUSTERS=clusters)
        n_slabs = -(-(rows.n_features + 2) // _SLAB)
        n_runs_most = max(_PARTS_BYTES // totals.nbytes, 1)
        for first in range(0, block.n_rows, n_runs_most * RUN_ROWS):
            rest = slice(first, min(first + n_runs_most * RUN_ROWS, block.n_rows))
            n_rows = rest.stop - rest.start
            n_runs = -(-n_rows // RUN_ROWS)
            parts = cp.empty((n_runs, *totals.shape))
            norms = block.inverse_norms[rest] if rows.cosine else block.inverse_norms
            launch(
                function, n_runs * n_slabs, _WARP,
                block.values[rest], norms, self._given(None if weights is None else weights[rest]),
                labels[rest], parts, rows.scale, n_rows, rows.n_features, k,
            )  # fmt: skip
            add_parts(parts, totals)

    def _part_of_weights(self, block: Block) -> Any:  # noqa: ANN401 - an array or None
        return None if self._weights is None else self._weights[block.start : block.stop]

    def _kernel(self, function: str, weights: Any, **macros: int) -> Any:  # noqa: ANN401
        weighted = int(weights is not None)
        return kernel("update.cu", function, **self._rows.macros, WEIGHTED=weighted, **macros)

    def _given(self, weights: Any) -> Any:  # noqa: ANN401
        """Return what a kernel takes for weights: any array where it reads none."""
        return self.totals if weights is None else weights


def add_parts(parts: Any, totals: Any) -> None:  # noqa: ANN401 - device arrays of float64
    """Add each of `parts` to `totals`, which are as large as one of them, in their order."""
    function = kernel("update.cu", "add_parts")
    launch(function, -(-totals.size // _THREADS), _THREADS, parts, totals, len(parts), totals.size)


def changes(labels: Any, previous: Any, n_clusters: int) -> tuple[Any, Any]:  # noqa: ANN401
    """Return the rows that have another label than before, and the clusters they left or came to.

    The rows are int64 on the device, in order, and the host waits for their number; the clusters
    are marked by 1 in uint8 of shape (n_clusters,).
    """
    cp = cupy()
    dirty = cp.zeros(n_clusters, dtype=cp.uint8)
    changed = cp.flatnonzero(labels != previous)
    launch(
        kernel("update.cu", "mark_changes"), -(-len(changed) // _THREADS), _THREADS,
        changed, labels, previous, dirty, len(changed),
    )  # fmt: skip
    return changed, dirty


def _sorted(labels: Any, dirty: Any, n_clusters: int) -> tuple[Any, Any]:  # noqa: ANN401
    """Return the rows by cluster and row, and where each cluster's begin.

    One entry more ends the last. Rows of clusters that are not marked come after that. Both int64.
    """
    cp = cupy()
    # Fewer bits are fewer passes of the radix sort.
    dtype = cp.uint16 if n_clusters < 1 << 16 else cp.int32
    keys = labels if dirty is None else cp.where(dirty[labels], labels, n_clusters)
    keys = keys.astype(dtype)
    order = cp.argsort(keys)  # CuPy's is stable
    begins = cp.searchsorted(keys[order], cp.arange(n_clusters + 1, dtype=dtype))
    return order, begins
