"""Greedy k-means++ on the GPU: the core's own procedure, so the rows that it chooses.

# Idea
The core (`kmeans/init/plus_plus.rs`) makes draws for many steps at once and keeps each by rejection
when its step comes. Here a refill draws up to 64 rows, compares all rows with all draws in one
launch, and lists what each draw brings nearer; one block of threads then does steps until the draws
are used up. The host waits three times a refill, not per step. Distances, potentials and gains are
added in the core's order, so every comparison has the same outcome.

# Cost
n·d multiply-adds for each draw: float16 products that prove of most rows that they stay
(`_sieve.py`), and exact distances of the others, about n/t after t centers. Rows of few features
are all compared exactly. About 30 bytes a row, the sieve's 2·d, and 8 for each listed row.

# Source
Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007.
"""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fastcluster._backend.gpu.kmeans._draw import draw_rows
from fastcluster._backend.gpu.kmeans._pending import Pending, joined
from fastcluster._backend.gpu.rows._rows import Rows
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._kernels import kernel, launch
from fastcluster._backend.gpu.runtime._ordered import ordered_sum
from fastcluster._backend.gpu.runtime._random import Ahead, Stream
from fastcluster._backend.gpu.scores._sieve import Sieve

__all__ = ["Draws", "Population", "choose_rows", "default_trials"]

_BATCH_MAX: Final = 64
"""Draws made at once, at most: the core's number, and the bits of a word."""

_POTENTIAL_ROWS: Final = 256
_CHUNK_ROWS: Final = 64
_TILE_DRAWS: Final = 8
_TILE_ROWS: Final = 2
"""BLOCK_ROWS, CHUNK_ROWS, TILE_DRAWS and TILE_ROWS of the kernels."""

_THREADS: Final = 128
_STEP_THREADS: Final = 512
"""Threads of the one block that does the steps: 16 warps, of which each adds up a trial."""


@dataclass(frozen=True, slots=True)
class Population:
    """What rows are chosen from.

    Attributes
    ----------
    rows : Rows
        At least as many as are chosen; k-means++ reads them once a refill, so better resident.
    weights : device array of float64 of shape (n_rows,), or None
        None is 1 for every row.
    budget : int or None
        Bytes of device memory for what makes the search faster; None is what is free.
    """

    rows: Rows
    weights: Any
    budget: int | None


@dataclass(frozen=True, slots=True)
class Draws:
    """The random numbers of one run, and the draws of each step."""

    first: Stream
    trials: Stream
    keeps: Stream
    n_trials: int


def default_trials(n_clusters: int) -> int:
    """Return the number of draws a step that the authors suggest and scikit-learn takes."""
    return 2 + int(math.log(n_clusters))


def choose_rows(population: Population, n_clusters: int, draws: Draws) -> NDArray[np.int64]:
    """Choose `n_clusters` rows, in the order chosen."""
    seeding = _Seeding(population, n_clusters, draws)
    while seeding.n_chosen < n_clusters:
        fresh = seeding.refill()
        waiting = seeding.waiting
        if fresh:
            seeding.step(joined([waiting, *fresh]), len(waiting), draws.n_trials)
        elif len(waiting):
            # No row is left to draw: the step takes what it has.
            seeding.step(waiting, len(waiting), len(waiting))
        else:
            break
    return seeding.filled()


class _Seeding:
    """What is known while rows are chosen."""

    def __init__(self, population: Population, n_clusters: int, draws: Draws) -> None:
        cp, rows, weights = cupy(), population.rows, population.weights
        n = rows.n_rows
        single = not rows.is_double and not rows.cosine and rows.scale == 1.0
        self._macros = rows.macros | {"SINGLE": int(single), "WEIGHTED": int(weights is not None)}
        self._drawn_dtype = "float32" if single else "float64"
        pays = Sieve.pays(rows, population.budget)
        self._sieve = Sieve(rows, _error(rows, single=single)) if pays else None
        self._rows, self._n_clusters, self._n_trials = rows, n_clusters, draws.n_trials
        self._trials, self._keeps = Ahead(draws.trials), Ahead(draws.keeps)
        self._closest = cp.empty(n, dtype="float32")
        # Kernels compiled without weights do not read them.
        self._weights = cp.zeros(1, dtype="float64") if weights is None else weights
        self._potentials = cp.empty(-(-n // _POTENTIAL_ROWS), dtype="float64")
        self._touched = cp.zeros(self._potentials.shape[0], dtype="uint8")
        self._chosen = cp.zeros(n_clusters, dtype="int64")
        # Rows chosen, trials that wait for a step, and which.
        self._progress = cp.zeros(2 + draws.n_trials, dtype="int64")
        self._progress[:1] = 1
        self._gains = cp.zeros(draws.n_trials, dtype="float64")
        self.n_chosen, self._n_drawn = 1, 0
        self.waiting = joined([])
        self._begin(cp.asarray(draw_rows(n, weights, 1, draws.first)))

    def _begin(self, first: Any) -> None:  # noqa: ANN401 - a device array
        """Take every row's distance to the first center."""
        rows = self._rows
        self._chosen[:1] = first
        drawn = self._comparands(first)
        for block in rows.blocks():
            launch(
                self._kernel("first_distances"), _blocks_of_warps(block.n_rows), _THREADS,
                block.values, block.inverse_norms, block.n_rows, rows.n_features, rows.scale,
                drawn, self._closest[block.start : block.stop],
            )  # fmt: skip
        launch(
            self._kernel("all_potentials"), _blocks_of_warps(self._potentials.shape[0]), _THREADS,
            self._closest, self._weights, rows.n_rows, self._potentials,
        )  # fmt: skip

    def refill(self) -> list[Pending]:
        """Draw rows for the coming steps; none where every row of weight lies on a center.

        After t centers a draw brings about n/t rows nearer, so t draws at once keep what is pending
        within a few n.
        """
        n_trials = self._n_trials
        wanted = (self._n_clusters - self.n_chosen) * n_trials
        multiple = -(-self.n_chosen // n_trials) * n_trials
        count = min(max(min(multiple, _BATCH_MAX), n_trials), wanted)
        drawn = self._draw(count)
        rows, closest = drawn.get().reshape(2, count)
        if rows[0] < 0:
            return []
        self._n_drawn += count
        pending = []
        for first in range(0, count, _BATCH_MAX):
            part = slice(first, min(first + _BATCH_MAX, count))
            pending.append(Pending(rows[part], closest[part], *self._lists(drawn[part])))
        return pending

    def step(self, pending: Pending, n_carried: int, n_trials: int) -> None:
        """Do steps while the draws last; what is left of them waits for the next refill."""
        n_draws = len(pending)
        n_fresh = n_draws - n_carried
        # Every draw but those carried over uses the number of its place among all draws.
        keeps = self._keeps.uniform(self._n_drawn - n_fresh, n_fresh)
        table = cupy().asarray(pending.table)
        ends = n_draws + 1
        launch(
            self._kernel("steps"), 1, _STEP_THREADS,
            self._closest, self._weights, self._potentials, self._touched, self._rows.n_rows,
            pending.list_rows, pending.list_distances, table[:ends], table[ends : ends + n_draws],
            table[ends + n_draws :], keeps, n_draws, n_carried, n_trials,
            self._progress, self._gains, self._chosen, self._n_clusters,
        )  # fmt: skip
        self.n_chosen, n_waiting, *trials = self._progress.get().tolist()
        self.waiting = pending.only(trials[:n_waiting])

    def filled(self) -> NDArray[np.int64]:
        """Return the chosen rows, then the first others where every row of weight lies on one."""
        chosen: NDArray[np.int64] = self._chosen.get()[: self.n_chosen]
        n_missing = self._n_clusters - self.n_chosen
        if n_missing == 0:
            return chosen
        # As many rows as clusters hold enough that are not chosen.
        others = np.setdiff1d(np.arange(self._n_clusters), chosen)
        return np.concatenate([chosen, others[:n_missing]])

    def _draw(self, count: int) -> Any:  # noqa: ANN401 - a device array
        """Draw rows by their mass; return them, or -1, and then the bits of their `closest`."""
        drawn = cupy().empty(2 * count, dtype="int64")
        launch(
            self._kernel("draw"), _blocks_of_warps(count), _THREADS,
            self._closest, self._weights, self._rows.n_rows, self._potentials,
            self._potentials.shape[0], ordered_sum(self._potentials),
            self._trials.uniform(self._n_drawn, count), count, drawn,
        )  # fmt: skip
        return drawn

    def _comparands(self, drawn: Any) -> Any:  # noqa: ANN401 - device arrays
        """Return drawn rows as rows compare with them; zeros make up a multiple of _TILE_DRAWS."""
        rows, n = self._rows, len(drawn)
        n_padded = -(-n // _TILE_DRAWS) * _TILE_DRAWS
        taken = rows.take(drawn)
        out = cupy().empty((n_padded, rows.n_features), dtype=self._drawn_dtype)
        launch(
            self._kernel("comparands"), -(-n_padded * rows.n_features // _THREADS), _THREADS,
            taken.values, taken.inverse_norms, n, rows.n_features, rows.scale, n_padded, out,
        )  # fmt: skip
        return out

    def _marked(self, drawn: Any, values: Any) -> Any:  # noqa: ANN401 - device arrays
        """Return a word a row: bit j is set if draw j brings it nearer, and may be set if not."""
        rows = self._rows
        bits = cupy().empty(rows.n_rows, dtype="uint64")
        if self._sieve is not None:
            self._sieve.mark(drawn, self._closest, bits)
            return bits
        for block in rows.blocks():
            span = slice(block.start, block.stop)
            launch(
                self._kernel("nearer"), _blocks_of_warps(-(-block.n_rows // _TILE_ROWS)), _THREADS,
                block.values, block.inverse_norms, block.n_rows, rows.n_features, rows.scale,
                self._closest[span], values, len(drawn), bits[span],
            )  # fmt: skip
        return bits

    def _lists(self, drawn: Any) -> tuple[NDArray[np.int64], Any, Any]:  # noqa: ANN401
        """List what each of up to 64 draws brings nearer, and what the sieve leaves beside that.

        Returns the sizes of the lists, and their rows and distances on the device. A row that is
        listed and not brought nearer adds 0 to a gain.
        """
        cp, rows = cupy(), self._rows
        n, count = rows.n_rows, len(drawn)
        values = self._comparands(drawn)
        bits = self._marked(drawn, values)
        n_chunks = -(-n // _CHUNK_ROWS)
        counts = cp.empty(count * n_chunks, dtype="int64")
        launch(
            self._kernel("count_nearer"), _blocks_of_warps(n_chunks), _THREADS,
            bits, n, count, n_chunks, counts,
        )  # fmt: skip
        ends = cp.cumsum(counts)
        lasts = ends[n_chunks - 1 :: n_chunks].get()
        list_rows = cp.empty(int(lasts[-1]), dtype="uint32")
        list_distances = cp.empty(int(lasts[-1]), dtype="float32")
        for block in rows.blocks():
            launch(
                self._kernel("list_nearer"), _blocks_of_warps(-(-block.n_rows // _CHUNK_ROWS)),
                _THREADS, block.values, block.inverse_norms, block.start, block.n_rows,
                rows.n_features, rows.scale, values, count, bits, ends, n_chunks, list_rows,
                list_distances,
            )  # fmt: skip
        return np.diff(lasts, prepend=0), list_rows, list_distances

    def _kernel(self, function: str) -> Any:  # noqa: ANN401 - CuPy's
        return kernel("plus_plus.cu", function, **self._macros)


def _error(rows: Rows, *, single: bool) -> float:
    """Return a relative bound on the error of a distance: the core's, or that of a rounding."""
    return (rows.n_features / 32 + 12.0) * 2.0**-23 if single else 2.0**-21


def _blocks_of_warps(n_warps: int) -> int:
    """Return the blocks of threads that hold so many warps."""
    return -(-n_warps * 32 // _THREADS)
