"""k-means++ on a weighted sample, where the rows are many times more than the clusters need.

# Idea
Half of the sample's rows are drawn as they weigh, half by their squared distance from the mean, so
that a few rows far from all others are not missed; each counts for as many as it stands for. The
draws are at even distances in the cumulated mass. Sizes, draws and sums are those of the core's
`kmeans/init/coreset.rs`, which tells what the sample costs in inertia, and so are the rows.

# Cost
One read of the rows, sums in row order (5 ns a row), and k-means++ on 32·k of them (32,768 at
least).

# Source
Bachem, Lucic and Krause, "Scalable k-means clustering via lightweight coresets", KDD 2018,
doi:10.1145/3219819.3219973.
"""

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fastcluster._backend.gpu.kmeans._plus_plus import Draws, Population, choose_rows
from fastcluster._backend.gpu.rows._at_rows import only
from fastcluster._backend.gpu.rows._rows import Rows
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._kernels import kernel, launch
from fastcluster._backend.gpu.runtime._ordered import cumulated, group_sums, ordered_sum
from fastcluster._backend.gpu.runtime._random import Stream

__all__ = ["choose_among", "choose_by_sample", "sample_size"]

_ROWS_PER_CLUSTER: Final = 32
_ROWS_MIN: Final = 1 << 15
"""Rows of the sample per cluster, and at least."""

_SHARE: Final = 4
"""The sample is copied: it is at most one row in so many."""

_BLOCK_ROWS: Final = 256
"""Rows whose masses the core adds first."""

_THREADS: Final = 128
_LANES: Final = 16
"""Lanes of a warp that compare one row."""


def sample_size(n_rows: int, n_clusters: int) -> int | None:
    """Return the rows of a sample for so many clusters; None where all rows are seeded from."""
    size = max(n_clusters * _ROWS_PER_CLUSTER, _ROWS_MIN)
    return size if size * _SHARE <= n_rows else None


def choose_by_sample(
    population: Population,
    mean: Any,  # noqa: ANN401 - a device array
    n_clusters: int,
    size: int,
    stream: Stream,
    draws: Draws,
) -> NDArray[np.int64]:
    """Choose `n_clusters` rows by k-means++ on a sample of `size` rows.

    Parameters
    ----------
    population : Population
        All rows.
    mean : device array of float64 of shape (n_features,)
        The unweighted mean of the rows in working space.
    n_clusters : int
        Rows to choose.
    size : int
        From `sample_size`.
    stream : Stream
        Number i is that of draw i.
    draws : Draws
        Of k-means++ on the sample.
    """
    sampled, masses = _sample(population, mean, size, stream)
    # Few rows may hold all the mass.
    if len(sampled) < n_clusters:
        return choose_rows(population, n_clusters, draws)
    return choose_among(population, sampled, masses, n_clusters, draws)


def choose_among(
    population: Population,
    listed: NDArray[np.int64],
    masses: NDArray[np.float64],
    n_clusters: int,
    draws: Draws,
) -> NDArray[np.int64]:
    """Choose `n_clusters` of the listed rows by greedy k-means++ with the given weights."""
    rows = population.rows
    part = only(rows, rows.take(listed))
    among = Population(part, cupy().asarray(masses), population.budget)
    return listed[choose_rows(among, n_clusters, draws)]


def _sample(
    population: Population,
    mean: Any,  # noqa: ANN401 - a device array
    size: int,
    stream: Stream,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return rows in ascending order, and what each stands for."""
    cp, rows, weights = cupy(), population.rows, population.weights
    n = rows.n_rows
    squares = _squares(rows, mean)
    by_row = squares if weights is None else weights * squares
    total = float(n) if weights is None else _in_blocks(weights)
    spread = _in_blocks(by_row)
    # Half of the draws by weight, half by distance; by weight alone where all rows are the same.
    if 0.0 < spread < math.inf:
        by_weight, by_distance = 0.5 * size / total, 0.5 * size / spread
    else:
        by_weight, by_distance = size / total, 0.0
    scaled = by_distance * squares
    expected = by_weight + scaled
    if weights is not None:
        expected = weights * expected
    # Draw i is at i + u_i of the cumulated mass, in ascending order.
    draws = cp.arange(size).astype("float64") + stream.uniform(0, size)
    reached = cp.searchsorted(draws, cumulated(expected), side="left")
    counts = reached.copy()
    counts[1:] = reached[1:] - reached[:-1]
    drawn = cp.flatnonzero(counts)
    masses = counts[drawn].astype("float64")
    if weights is not None:
        masses = masses * weights[drawn]
    masses = masses / expected[drawn]
    return drawn.get().astype(np.int64), masses.get()


def _squares(rows: Rows, mean: Any) -> Any:  # noqa: ANN401 - device arrays
    """Return each row's squared distance from the mean, rounded to float32 as the core does."""
    out = cupy().empty(rows.n_rows, dtype="float64")
    for block in rows.blocks():
        launch(
            kernel("moments.cu", "distances_from", **rows.macros),
            -(-block.n_rows * _LANES // _THREADS), _THREADS,
            block.values, block.inverse_norms, mean, out[block.start : block.stop], rows.scale,
            block.n_rows, rows.n_features,
        )  # fmt: skip
    return out.astype("float32").astype("float64")


def _in_blocks(values: Any) -> float:  # noqa: ANN401 - a device array
    """Return a sum as the core takes it: blocks of rows in order, and their sums in order."""
    return float(ordered_sum(group_sums(values, _BLOCK_ROWS)).get()[0])
