"""Where mini-batch k-means starts: centers from random subsets, compared on another one."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastcluster._arrays import Vectors
from fastcluster._backend import Backend
from fastcluster._typing import ArrayLike, Metric
from fastcluster.cluster._observer import say
from fastcluster.cluster._start import start_centers

__all__ = ["best_of_subsets"]


def best_of_subsets(  # noqa: PLR0913 - everything that the search depends on
    init: ArrayLike,
    vectors: Vectors,
    backend: Backend,
    *,
    n_clusters: int,
    n_init: int,
    init_size: int,
    sample_weight: NDArray[np.float64] | None,
    metric: Metric,
    random_state: np.random.RandomState,
    verbose: bool,
) -> Any:  # noqa: ANN401 - a NumPy or CuPy array
    """Draw `n_init` sets of start centers, each from `init_size` random rows; return the best.

    The best has the lowest inertia on yet another `init_size` random rows. A single set is not
    measured, unless verbose output has to tell its inertia.
    """
    # Drawn even when nothing is compared, so that verbose changes no result.
    rows = random_state.randint(0, vectors.shape[0], init_size)
    measured = n_init > 1 or verbose
    subset = vectors.take(rows) if measured else vectors
    subset_weight = sample_weight[rows] if measured and sample_weight is not None else None
    best: Any = None
    best_inertia = np.inf
    for run in range(1, n_init + 1):
        if verbose:
            say(f"Init {run}/{n_init} with method {init}")
        candidates, weight = _random_subset(vectors, sample_weight, init_size, random_state)
        centers = start_centers(
            init,
            candidates,
            backend,
            n_clusters=n_clusters,
            sample_weight=weight,
            metric=metric,
            random_state=random_state,
        )
        if not measured:
            return centers
        _, inertia = backend.assign(
            subset.matrix, centers, metric=metric, sample_weight=subset_weight
        )
        if verbose:
            say(f"Inertia for init {run}/{n_init}: {inertia}")
        if run == 1 or inertia < best_inertia:
            best, best_inertia = centers, inertia
    return best


def _random_subset(
    vectors: Vectors,
    sample_weight: NDArray[np.float64] | None,
    size: int,
    random_state: np.random.RandomState,
) -> tuple[Vectors, NDArray[np.float64] | None]:
    """Draw rows that have weight, with replacement; a size of all rows draws nothing."""
    n_samples, _ = vectors.shape
    if size >= n_samples:
        return vectors, sample_weight
    if sample_weight is None:
        return vectors.take(random_state.randint(0, n_samples, size)), None
    candidates = np.flatnonzero(sample_weight)
    rows = candidates[random_state.randint(0, len(candidates), size)]
    return vectors.take(rows), sample_weight[rows]
