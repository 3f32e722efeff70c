"""What a backend hands back: plain data, the same from every backend."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BalancedResult", "DbscanResult", "KMeansResult", "MiniBatchResult", "MiniBatchStep"]
__all__ = [
    "BalancedResult",
    "DensityCut",
    "DensityPlaces",
    "DensityTree",
    "KMeansResult",
    "MiniBatchResult",
    "MiniBatchStep",
    "Reachability",
]


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


@dataclass(frozen=True, slots=True)
class Reachability:
    """The lightest tree of rows under mutual reachability, and what it was made of.

    Edge i joins `low[i] < high[i]` at `weights[i]`, in order; rows that cannot be reached from each
    other have no edge. `cores` is the core distance of each row, `neighbors` and `distances` list
    its `min_samples - 1` nearest others, row after row. `approximation` says what was measured of
    how near the tree is to the lightest; None where nothing was.
    """

    low: NDArray[np.uint32]
    high: NDArray[np.uint32]
    weights: NDArray[np.float64]
    cores: NDArray[np.float64]
    neighbors: NDArray[np.uint32]
    distances: NDArray[np.float64]
    approximation: dict[str, float] | None = None

    @property
    def edges(self) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.float64]]:
        """The three columns of the edges."""
        return self.low, self.high, self.weights

    @property
    def measured(self) -> dict[str, float]:
        """How near the tree is to the lightest: `approximation`, or that nothing is missing."""
        exact = {"recall": 1.0, "recall_error": 0.0, "excess_weight": 0.0}
        exact |= {"excess_weight_seen": 0.0, "excess_weight_error": 0.0}
        return self.approximation or {"n_checked": len(self.cores), **exact}


@dataclass(frozen=True, slots=True)
class DensityTree:
    """A condensed tree and the clusters taken from it.

    `lines` are the columns parent, child, lambda and size; nodes follow the `n_rows` rows, the root
    first. Label i is the cluster `n_rows + selected[i]`.
    """

    lines: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]
    n_rows: int
    selected: NDArray[np.uint32]
    epsilon: float

    @property
    def parts(self) -> dict[str, Any]:
        """The tree as the core takes it."""
        return {
            "lines": self.lines,
            "n_rows": self.n_rows,
            "selected": self.selected,
            "epsilon": self.epsilon,
        }


@dataclass(frozen=True, slots=True)
class DensityCut:
    """Clusters of a tree: what each row of it gets, the tree itself, the heart of each cluster."""

    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    outlier_scores: NDArray[np.float64]
    tree: DensityTree
    stabilities: NDArray[np.float64]
    exemplar_rows: NDArray[np.uint32]
    exemplar_labels: NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class DensityPlaces:
    """Where rows stand in a condensed tree; `clusters` and `lambdas` say where they fall out."""

    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    outlier_scores: NDArray[np.float64]
    clusters: NDArray[np.uint32]
    lambdas: NDArray[np.float64]
