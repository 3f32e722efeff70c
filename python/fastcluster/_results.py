"""What a backend hands back: plain data, the same from every backend."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BalancedResult", "DbscanResult", "KMeansResult", "MiniBatchResult", "MiniBatchStep"]


@dataclass(frozen=True, slots=True)
class KMeansResult:
    """The best run of a k-means fit.

    `labels` are int32 of shape (n_samples,), `centers` float32 or float64 of shape (n_clusters,
    n_features). `n_distinct` counts the labels that occur. `history` holds one array per figure,
    one value per iteration. `gap` is what a hierarchical fit reports of its restricted search, None
    for other fits. `path` says in words which kernel ran.
    """

    labels: NDArray[np.int32]
    centers: NDArray[Any]
    inertia: float
    n_iter: int
    n_distinct: int
    history: dict[str, NDArray[Any]]
    gap: dict[str, float] | None
    path: str


@dataclass(frozen=True, slots=True)
class BalancedResult:
    """The best run of a k-means fit with size bounds.

    As `KMeansResult`; `sizes` are the rows in each cluster, `objective` is the inertia and the
    penalty on unequal sizes.
    """

    labels: NDArray[np.int32]
    centers: NDArray[Any]
    sizes: NDArray[np.int64]
    inertia: float
    objective: float
    n_iter: int
    history: dict[str, NDArray[Any]]
    path: str


@dataclass(frozen=True, slots=True)
class DbscanResult:
    """What DBSCAN found.

    `labels` are of shape (n_samples,), -1 for noise; `core_sample_indices` name the core rows, in
    order.
    """

    labels: NDArray[np.intp]
    core_sample_indices: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class MiniBatchResult:
    """Where mini-batch k-means stopped.

    `counts` is the weight that each center has absorbed. `ewa_inertia` is the smoothed mean inertia
    of a row, NaN after a single step. `history` holds one array per figure, one value per step.
    """

    centers: NDArray[Any]
    counts: NDArray[np.float64]
    n_iter: int
    n_steps: int
    ewa_inertia: float
    history: dict[str, NDArray[Any]]
    path: str


@dataclass(frozen=True, slots=True)
class MiniBatchStep:
    """One step on one batch: the moved centers and counts, and the inertia before the move.

    `n_reassigned` centers of little weight were moved to random rows.
    """

    centers: NDArray[Any]
    counts: NDArray[np.float64]
    inertia: float
    n_reassigned: int
