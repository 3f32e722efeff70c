"""Start centers on the GPU: the same rows as on the CPU, from the same seed."""

from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fastcluster._backend.gpu.kmeans._coreset import choose_by_sample, sample_size
from fastcluster._backend.gpu.kmeans._draw import draw_rows
from fastcluster._backend.gpu.kmeans._parallel import choose_in_rounds
from fastcluster._backend.gpu.kmeans._plus_plus import (
    Draws,
    Population,
    choose_rows,
    default_trials,
)
from fastcluster._backend.gpu.rows._at_rows import centers_at
from fastcluster._backend.gpu.rows._centers import Centers
from fastcluster._backend.gpu.rows._rows import Rows
from fastcluster._backend.gpu.rows._weights import weights_of
from fastcluster._backend.gpu.runtime._device import use_device
from fastcluster._backend.gpu.runtime._limits import left_of
from fastcluster._backend.gpu.runtime._random import Stream
from fastcluster._typing import Metric, Start

__all__ = ["SEARCH_ROW_BYTES", "GpuSeeding", "start"]


class _Use(IntEnum):
    """Uses of random numbers, kept apart under one seed: the core's."""

    FIRST = 0
    TRIALS = 1
    ROUNDS = 2
    REDUCE = 3
    RANDOM = 4
    KEEPS = 5
    SAMPLE = 6


_N_USES: Final = 8

SEARCH_ROW_BYTES: Final = 112
"""What a row takes in a search, on the device, beside its values."""

_CENTER_BYTES: Final = 64
"""What a value of a center does."""


class GpuSeeding:
    """The search for start centers."""

    __slots__ = ()

    device: int

    def start_centers(  # noqa: PLR0913 - the parameters of the start methods
        self,
        vectors: Any,  # noqa: ANN401 - a CuPy or NumPy array
        *,
        n_clusters: int,
        init: Start,
        sample_weight: NDArray[np.float64] | None,
        seed: int,
        metric: Metric,
        memory_limit: int | None,
        n_local_trials: int | None = None,
    ) -> tuple[Any, NDArray[np.int64]]:
        """Choose start centers; return them and the rows they came from."""
        with use_device(self.device):
            n_rows, n_features = vectors.shape
            needed = SEARCH_ROW_BYTES * n_rows + _CENTER_BYTES * n_clusters * n_features
            budget = left_of(memory_limit, needed)
            rows = Rows.of(vectors, cosine=metric == "cosine", budget=budget)
            left = rows.left_of(budget, vectors)
            population = Population(rows, weights_of(rows, sample_weight), left)
            chosen = _chosen(population, init, n_clusters, n_local_trials, (seed, 0))
            return centers_at(rows, chosen).published, chosen


def start(  # noqa: PLR0913 - all that a start depends on
    rows: Rows,
    weights: Any,  # noqa: ANN401 - a device array or None
    mean: Any,  # noqa: ANN401 - a device array
    *,
    init: Start,
    n_clusters: int,
    seed: int,
    run: int,
    budget: int | None = None,
) -> Centers:
    """Return the start centers of one run of a fit.

    Parameters
    ----------
    rows : Rows
        The rows of the fit.
    weights : device array of float64 of shape (n_rows,), or None
        From `weights_of`.
    mean : device array of float64 of shape (n_features,)
        The unweighted mean of the rows in working space, with the CPU's bits.
    init : {"k-means++", "k-means||", "random"}
        The method. k-means++ seeds from a sample where there are many rows a cluster.
    n_clusters, seed, run : int
        Clusters, and the key of the random numbers.
    budget : int, optional
        Bytes of device memory for what makes the search faster; what is free, if not given.
    """
    population = Population(rows, weights, budget)
    size = sample_size(rows.n_rows, n_clusters) if init == "k-means++" else None
    if size is None:
        chosen = _chosen(population, init, n_clusters, None, (seed, run))
    else:
        draws = _draws(n_clusters, None, (seed, run), size)
        stream = _stream(_Use.SAMPLE, (seed, run))
        chosen = choose_by_sample(population, mean, n_clusters, size, stream, draws)
    return centers_at(rows, chosen)


def _chosen(
    population: Population,
    init: Start,
    n_clusters: int,
    n_local_trials: int | None,
    key: tuple[int, int],
) -> NDArray[np.int64]:
    """Choose rows from all rows."""
    if init == "random":
        stream = _stream(_Use.RANDOM, key)
        return draw_rows(population.rows.n_rows, population.weights, n_clusters, stream)
    draws = _draws(n_clusters, n_local_trials, key, population.rows.n_rows)
    if init == "k-means++":
        return choose_rows(population, n_clusters, draws)
    reduce = Draws(_stream(_Use.REDUCE, key), draws.trials, draws.keeps, draws.n_trials)
    return choose_in_rounds(population, n_clusters, _stream(_Use.ROUNDS, key), reduce)


def _draws(n_clusters: int, n_local_trials: int | None, key: tuple[int, int], n_rows: int) -> Draws:
    """Return the random numbers of k-means++ on `n_rows` rows."""
    n_trials = default_trials(n_clusters) if n_local_trials is None else int(n_local_trials)
    return Draws(
        first=_stream(_Use.FIRST, key),
        trials=_stream(_Use.TRIALS, key),
        keeps=_stream(_Use.KEEPS, key),
        n_trials=min(max(n_trials, 1), n_rows),
    )


def _stream(use: _Use, key: tuple[int, int]) -> Stream:
    seed, run = key
    return Stream(seed, run * _N_USES + use)
