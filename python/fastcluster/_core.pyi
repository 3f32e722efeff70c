"""Compiled core of fastcluster.

Everything here takes checked input: the estimators' checks are in `fastcluster._validation`.
A `Matrix` is a two-dimensional NumPy array (any strides, read-only and memory-mapped welcome;
aligned, native byte order) of float16, bfloat16 (ml_dtypes), float32, float64, int8 or uint8, or
a CSR matrix as the tuple (data, indices, indptr, shape) with float32 or float64 data and int64
indices and indptr. Results for float64 input are float64, for all others float32. Long calls
release the GIL, raise KeyboardInterrupt on Ctrl-C, and hand progress to
`on_event(kind, run, step, a, b)` on the calling thread; an exception that it raises stops the fit
and is re-raised.
"""

from collections.abc import Callable
from typing import Any, Literal, Self, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

_Csr: TypeAlias = tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int64], tuple[int, int]]
_Matrix: TypeAlias = NDArray[Any] | _Csr
_Metric: TypeAlias = Literal["euclidean", "cosine"]
_Distance: TypeAlias = Literal["euclidean", "sqeuclidean", "cosine"]
_Sampling: TypeAlias = Literal["rows", "blocks"]
_Init: TypeAlias = Literal["k-means++", "k-means||", "random"]
_Algorithm: TypeAlias = Literal["lloyd", "hierarchical"]
_Method: TypeAlias = Literal[
    "single", "complete", "average", "weighted", "ward", "centroid", "median"
]
_OnEvent: TypeAlias = Callable[[str, int, int, float, float], None]

__all__ = [
    "BalancedFit",
    "BatchRows",
    "DbscanFit",
    "DbscanLinks",
    "HdbscanCut",
    "HdbscanReachability",
    "KMeansFit",
    "MiniBatchFit",
    "__version__",
    "assign",
    "balanced_fit",
    "bundle_open",
    "bundle_write",
    "calinski_harabasz",
    "check_finite",
    "davies_bouldin",
    "dbscan_fit",
    "dbscan_fit_precomputed",
    "dbscan_predict",
    "dbscan_predict_precomputed",
    "density_validity",
    "distances",
    "hdbscan_attach",
    "hdbscan_attach_distances",
    "hdbscan_cut",
    "hdbscan_cut_at",
    "hdbscan_dbscan",
    "hdbscan_dendrogram",
    "hdbscan_exemplar_distances",
    "hdbscan_medoids",
    "hdbscan_membership",
    "hdbscan_place",
    "hdbscan_reachability",
    "hdbscan_reachability_precomputed",
    "hdbscan_reachability_rows",
    "init_centers",
    "isa",
    "kmeans_fit",
    "linkage",
    "linkage_batch",
    "linkage_of",
    "linkage_single",
    "linkage_tree",
    "linkage_vectors",
    "minibatch_fit",
    "minibatch_step",
    "nearest",
    "silhouette",
    "spanning_tree",
    "transform",
]

__version__: str

def isa() -> str:
    """Return the instruction set in use: "scalar", "avx2", "avx2vnni", "avx512" or "avx512vnni".

    FASTCLUSTER_ISA caps it.
    """

def check_finite(X: _Matrix, *, n_threads: int = 1) -> tuple[int, int] | None:
    """Return the row and column of the first NaN or infinity, or None."""

def linkage(
    distances: NDArray[np.float64], *, n: int, method: _Method | str
) -> NDArray[np.float64]:
    """Return the dendrogram of n rows, shape (n - 1, 4), from condensed distances.

    The distances are used up. FloatingPointError where one is NaN ("single" does not look) or an
    update is not a number.
    """

def linkage_of(
    distances: NDArray[np.float64],
    scratch: NDArray[np.float64],
    *,
    n: int,
    method: _Method | str,
) -> NDArray[np.float64]:
    """Return the same from distances that stay; as many are used up as scratch memory."""

def linkage_batch(
    problems: list[tuple[NDArray[np.float64], int]], *, method: _Method | str, n_threads: int
) -> list[NDArray[np.float64]]:
    """Return the dendrogram of each pair of condensed distances and n; they are used up."""

def linkage_single(distances: NDArray[np.float64], *, n: int) -> NDArray[np.float64]:
    """Return the dendrogram of n rows by single linkage from condensed distances, which stay."""

def linkage_vectors(
    X: _Matrix, *, method: _Method | str, metric: _Metric, n_threads: int
) -> NDArray[np.float64]:
    """Return the dendrogram of finite vectors without the distances of all pairs.

    "single", "ward", "centroid" and "median" go with "euclidean", "average" with "cosine".
    """

def linkage_tree(
    ends: NDArray[np.uint32], weights: NDArray[np.float64], *, n: int
) -> NDArray[np.float64]:
    """Return the single-linkage dendrogram of a spanning tree's n - 1 edges.

    The two nodes of a merge stand in the order of the edge's ends; edges of equal weight are taken
    in theirs.
    """

def spanning_tree(X: _Matrix, *, n_threads: int) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
    """Return ends and Euclidean weights of the lightest spanning tree, as it grows from row 0.

    The first end is the row that was added before the second.
    """

def distances(X: _Matrix, *, metric: _Metric, n_threads: int) -> NDArray[np.float64]:
    """Return the condensed distances of finite vectors in float64."""

@final
class DbscanFit:
    """What DBSCAN found; labels are -1 for noise."""

    labels: NDArray[np.int64]
    core_sample_indices: NDArray[np.int64]

def dbscan_fit(
    X: _Matrix,
    *,
    eps: float,
    min_samples: int,
    sample_weight: NDArray[np.float64] | None,
    metric: _Metric,
    n_threads: int,
    memory_limit: int | None = None,
) -> DbscanFit:
    """Cluster vectors; weights may be negative."""

def dbscan_fit_precomputed(
    X: _Matrix,
    *,
    eps: float,
    min_samples: int,
    sample_weight: NDArray[np.float64] | None,
    n_threads: int,
) -> DbscanFit:
    """Cluster rows by the square matrix of their distances."""

def dbscan_predict(
    X: _Matrix,
    components: _Matrix,
    labels: NDArray[np.int64],
    *,
    eps: float,
    metric: _Metric,
    n_threads: int,
) -> NDArray[np.int64]:
    """Return the smallest label among the components within eps of each row, -1 without one."""

def dbscan_predict_precomputed(
    X: _Matrix, core_labels: NDArray[np.int64], *, eps: float, n_threads: int
) -> NDArray[np.int64]:
    """Do the same for distances to the rows of the fit, with label -1 for those not core."""

@final
class DbscanLinks:
    """Clusters rows whose neighbourhoods come in parts."""

    def __new__(
        cls,
        n_samples: int,
        *,
        min_samples: int,
        sample_weight: NDArray[np.float64] | None,
        n_threads: int,
        memory_limit: int | None = None,
    ) -> Self: ...
    def add(self, first: int, offsets: NDArray[np.int64], columns: NDArray[np.int64]) -> None:
        """Take the neighbourhoods of the rows from `first`, once in a pass."""

    def advance(self) -> DbscanFit | None:
        """End a pass: the result, or None where all neighbourhoods have to come again."""

@final
class KMeansFit:
    """What a fit found."""

    labels: NDArray[np.int32]
    centers: NDArray[Any]
    inertia: float
    n_iter: int
    n_distinct: int
    history: dict[str, NDArray[Any]]
    """Per iteration: inertia, center_shift, n_changed, n_rechecked, n_scored, seconds."""
    gap: tuple[int, float, float] | None
    """Of a hierarchical fit: rows checked, share of them mislabelled, excess of their inertia."""
    path: str
    """Which kernel ran, in words, for the log."""

def kmeans_fit(
    X: _Matrix,
    *,
    n_clusters: int,
    init: _Init | list[NDArray[Any]],
    n_init: int,
    max_iter: int,
    tol: float,
    sample_weight: NDArray[np.float64] | None,
    seed: int,
    metric: _Metric,
    n_threads: int,
    algorithm: _Algorithm,
    memory_limit: int | None = None,
    on_event: _OnEvent | None = None,
) -> KMeansFit:
    """Run Lloyd's algorithm, or the hierarchical one, from each start; keep the best run.

    `tol` is scikit-learn's: a share of the mean variance.

    Events: ("init", run, 0, 0, 0), ("iteration", run, iteration, inertia, center_shift_total),
    ("strict", run, iteration, 0, 0), ("tolerance", run, iteration, center_shift_total, tolerance).
    Iterations count from 0, as scikit-learn prints them.
    """

@final
class BalancedFit:
    """What a fit with size bounds found."""

    labels: NDArray[np.int32]
    centers: NDArray[Any]
    sizes: NDArray[np.int64]
    inertia: float
    objective: float
    n_iter: int
    history: dict[str, NDArray[Any]]
    """Per iteration: inertia, objective, center_shift, n_changed, n_paths, n_widened, seconds."""
    path: str
    """Which kernel ran, in words, for the log."""

def balanced_fit(
    X: _Matrix,
    *,
    n_clusters: int,
    size_min: int | None,
    size_max: int | None,
    balance: float,
    init: _Init | list[NDArray[Any]],
    n_init: int,
    max_iter: int,
    tol: float,
    sample_weight: NDArray[np.float64] | None,
    seed: int,
    metric: _Metric,
    n_threads: int,
    memory_limit: int | None = None,
    on_event: _OnEvent | None = None,
) -> BalancedFit:
    """Alternate minimum-cost assignment within the size bounds and means; keep the best run.

    Events as those of `kmeans_fit`.
    """

_Edges: TypeAlias = tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.float64]]
_Attached: TypeAlias = tuple[NDArray[np.uint32], NDArray[np.float64]]

@final
class HdbscanReachability:
    """The lightest tree under mutual reachability."""

    low: NDArray[np.uint32]
    high: NDArray[np.uint32]
    weights: NDArray[np.float64]
    cores: NDArray[np.float64]
    neighbors: NDArray[np.uint32]
    """The `min_samples - 1` nearest others of each row, row after row."""
    distances: NDArray[np.float64]
    approximation: tuple[int, float, float, float, float, float]
    """Rows checked, recall, its error, excess weight, what was seen of it, its error."""

def hdbscan_reachability(
    X: _Matrix,
    *,
    min_samples: int,
    alpha: float,
    metric: _Metric,
    n_threads: int,
    approximate: bool = False,
    memory_limit: int | None = None,
) -> HdbscanReachability:
    """Find the lightest tree of the rows, or nearly that."""

def hdbscan_reachability_precomputed(
    D: _Matrix, *, min_samples: int, alpha: float, max_distance: float | None, n_threads: int
) -> HdbscanReachability:
    """Find the tree of a square matrix of distances, or the forest of a sparse graph of them."""

def hdbscan_reachability_rows(
    n_rows: int,
    row_of: Callable[[int], NDArray[np.float64]],
    *,
    min_samples: int,
    alpha: float,
) -> HdbscanReachability:
    """Find the tree; `row_of(i)` computes the distances from row i to all, and is called twice."""

@final
class HdbscanCut:
    """Clusters of a tree."""

    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    outlier_scores: NDArray[np.float64]
    condensed: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]
    """Parents, children, lambdas, sizes."""
    stabilities: NDArray[np.float64]
    """Of each cluster of the condensed tree, the root first."""
    selected: NDArray[np.uint32]
    """The clusters taken, in order of their labels; the root is 0."""
    exemplar_rows: NDArray[np.uint32]
    exemplar_labels: NDArray[np.uint32]

def hdbscan_cut(
    edges: _Edges,
    n_rows: int,
    *,
    min_cluster_size: int,
    method: str,
    epsilon: float,
    max_cluster_size: int | None,
    allow_single_cluster: bool,
    merge_ties: bool,
) -> HdbscanCut:
    """Condense the tree and select clusters, by "eom" or "leaf"."""

def hdbscan_dendrogram(
    edges: _Edges, n_rows: int
) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.float64], NDArray[np.uint32]]:
    """Return the joins: left, right, heights, sizes."""

def hdbscan_cut_at(
    edges: _Edges, n_rows: int, *, height: float, min_cluster_size: int
) -> NDArray[np.int64]:
    """Return the labels of the parts that joins below the height make."""

def hdbscan_dbscan(
    edges: _Edges,
    cores: NDArray[np.float64],
    neighbors: NDArray[np.uint32],
    distances: NDArray[np.float64],
    *,
    eps: float,
    X: _Matrix | None,
    metric: _Metric,
    n_threads: int,
) -> NDArray[np.int64]:
    """Return the labels of DBSCAN; X where Euclidean distances at eps itself must be decided."""

def hdbscan_attach(
    X: _Matrix,
    training: _Matrix,
    cores: NDArray[np.float64],
    *,
    min_samples: int,
    alpha: float,
    metric: _Metric,
    n_threads: int,
) -> _Attached:
    """Return the training row nearest in mutual reachability to each row, and that distance."""

def hdbscan_attach_distances(
    distances: NDArray[np.float64],
    cores: NDArray[np.float64],
    *,
    min_samples: int,
    alpha: float,
) -> _Attached:
    """Return the same from the distances to all training rows."""

def hdbscan_place(
    tree: dict[str, Any], rows: NDArray[np.uint32], heights: NDArray[np.float64]
) -> tuple[
    NDArray[np.int64],
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.uint32],
    NDArray[np.float64],
]:
    """Return labels, probabilities, outlier scores, clusters and lambdas of attached rows.

    `tree` has the `lines` of the condensed tree, `n_rows`, `selected` and `epsilon`.
    """

def hdbscan_exemplar_distances(
    X: _Matrix,
    exemplars: _Matrix,
    labels: NDArray[np.uint32],
    *,
    n_labels: int,
    metric: _Metric,
    n_threads: int,
) -> NDArray[np.float64]:
    """Return the distance from each row to the nearest exemplar of each label."""

def hdbscan_membership(
    tree: dict[str, Any],
    exemplar_distances: NDArray[np.float64],
    *,
    places: tuple[NDArray[np.uint32], NDArray[np.float64]] | None = None,
) -> NDArray[np.float64]:
    """Return how much rows belong to each cluster.

    Rows are placed by their clusters and lambdas; without places they are those of the tree.
    """

def hdbscan_medoids(
    X: _Matrix,
    labels: NDArray[np.int64],
    weights: NDArray[np.float64],
    *,
    metric: _Metric,
    n_threads: int,
) -> NDArray[np.uint32]:
    """Return the row of each cluster with the least weighted sum of distances to its rows."""

def init_centers(
    X: _Matrix,
    *,
    n_clusters: int,
    init: _Init,
    sample_weight: NDArray[np.float64] | None,
    seed: int,
    metric: _Metric,
    n_threads: int,
    n_local_trials: int | None = None,
    memory_limit: int | None = None,
    on_event: _OnEvent | None = None,
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Choose start centers; return them and the rows they are.

    For "k-means||": the rows nearest to them.
    """

def assign(
    X: _Matrix,
    centers: NDArray[Any],
    *,
    metric: _Metric,
    sample_weight: NDArray[np.float64] | None,
    n_threads: int,
    inertia: bool = True,
) -> tuple[NDArray[np.int32], float]:
    """Return exact labels and the inertia (NaN where it is not asked for)."""

def nearest(
    X: _Matrix, centers: NDArray[Any], *, n_neighbors: int, metric: _Metric, n_threads: int
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return true distances and indices of the n_neighbors nearest centers.

    Nearest first, ties to the lowest index.
    """

def transform(
    X: _Matrix, centers: NDArray[Any], *, metric: _Metric, n_threads: int
) -> NDArray[Any]:
    """Return the true distances to all centers."""

def silhouette(
    X: _Matrix,
    labels: NDArray[np.uint32],
    *,
    metric: _Distance,
    n_threads: int,
    rows: NDArray[np.uint32] | None = None,
) -> NDArray[np.float64]:
    """Return the silhouettes of the listed rows, or of all, each among all rows.

    Labels are numbers from 0 without gaps.
    """

def davies_bouldin(X: _Matrix, labels: NDArray[np.uint32], *, n_threads: int) -> float:
    """Return the Davies-Bouldin score."""

def calinski_harabasz(X: _Matrix, labels: NDArray[np.uint32], *, n_threads: int) -> float:
    """Return the Calinski-Harabasz score."""

def density_validity(
    X: _Matrix,
    rows: NDArray[np.uint32],
    labels: NDArray[np.uint32],
    *,
    metric: _Distance | None,
    dimension: float,
    raw: bool,
    n_threads: int,
) -> tuple[float, NDArray[np.float64]]:
    """Return DBCV of the clusters of the listed rows, and of each cluster.

    Labels belong to the listed rows; the others are noise. Without a metric, X is a float64 matrix
    of distances.
    """

@final
class BatchRows:
    """The rows of mini-batches, one batch after the other."""

    def __new__(
        cls,
        n_rows: int,
        *,
        sample_weight: NDArray[np.float64] | None,
        sampling: _Sampling,
        seed: int,
    ) -> Self: ...
    def draw(self, count: int) -> NDArray[np.uint32]:
        """Return the rows that `minibatch_fit` draws next."""

@final
class MiniBatchFit:
    """What mini-batch k-means found."""

    centers: NDArray[Any]
    counts: NDArray[np.float64]
    n_iter: int
    n_steps: int
    ewa_inertia: float
    history: dict[str, NDArray[Any]]
    """Per step: batch_inertia, ewa_inertia, center_shift."""
    path: str

def minibatch_fit(
    X: _Matrix,
    centers: NDArray[Any],
    *,
    batch_size: int,
    max_iter: int,
    tol: float,
    max_no_improvement: int | None,
    reassignment_ratio: float,
    sample_weight: NDArray[np.float64] | None,
    sampling: _Sampling,
    growth: float | None,
    seed: int,
    metric: _Metric,
    n_threads: int,
    memory_limit: int | None = None,
    on_event: _OnEvent | None = None,
) -> MiniBatchFit:
    """Run mini-batch steps from the start centers, on rows shuffled one by one or in blocks.

    With `growth`, each batch holds the one before, and that many times its rows where it grows.

    Events: ("step", 0, step, batch_inertia, ewa_inertia), ("reassigned", 0, n_centers, 0, 0),
    ("small_change", 0, step, 0, 0), ("no_improvement", 0, step, 0, 0). Steps count from 1.
    `ewa_inertia` is nan before the second step.
    """

def minibatch_step(
    X: _Matrix,
    centers: NDArray[Any],
    counts: NDArray[np.float64],
    *,
    sample_weight: NDArray[np.float64] | None,
    reassign: bool,
    reassignment_ratio: float,
    seed: int,
    step: int,
    metric: _Metric,
    n_threads: int,
    memory_limit: int | None = None,
) -> tuple[NDArray[Any], NDArray[np.float64], NDArray[np.int32], float, int]:
    """Do one step with all rows of X as the batch.

    Return new centers, counts, the batch's labels, its inertia and how many centers it reassigned.
    """

def bundle_write(path: str, manifest: str, segments: dict[str, NDArray[Any]]) -> None:
    """Write a bundle atomically; `manifest` is the JSON of what the caller adds to the manifest."""

def bundle_open(
    path: str,
    *,
    format: str,  # noqa: A002 - the manifest's word
    version: tuple[int, int],
    verify: bool = True,
) -> tuple[str, dict[str, str]]:
    """Check a bundle; return the manifest's JSON and the file of each segment."""
