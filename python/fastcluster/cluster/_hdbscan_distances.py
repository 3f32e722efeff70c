"""Metrics that the core does not compute: distances by scikit-learn, in float64, block by block.

Metrics that scikit-learn's trees know go through its `DistanceMetric`, as in its own HDBSCAN; all
others, callables and sparse rows through `pairwise_distances`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from fastcluster._backend import Backend
from fastcluster._config import setting
from fastcluster._results import Reachability
from fastcluster._typing import Metric

__all__ = ["Distances", "check_distances", "check_metric", "native_metric"]

_MATRIX_BYTES: Final = 2**30
"""A matrix of all distances is computed at once up to this size, and row by row, twice, beyond."""

_BLOCK_BYTES: Final = 2**26
"""Distances that are held at a time where rows are compared with many others."""

_CHECKED_ROWS: Final = 256

_ROWS_FOR_JOBS: Final = 64
"""Fewer rows are done before joblib has started threads for them."""


@dataclass(frozen=True)
class Distances:
    """A metric with its parameters; `by_tree` says that scikit-learn's trees know it."""

    metric: Any
    params: dict[str, Any]
    by_tree: bool
    n_jobs: int

    def between(self, rows: Any, others: Any) -> NDArray[np.float64]:  # noqa: ANN401 - dense or CSR
        """Return the distance from each of the rows to each of the others."""
        if self.by_tree:
            from sklearn.metrics import DistanceMetric

            metric = DistanceMetric.get_metric(self.metric, **self.params)
            found = metric.pairwise(_doubles(rows), _doubles(others))
        else:
            from sklearn.metrics import pairwise_distances

            n_jobs = self.n_jobs if rows.shape[0] > _ROWS_FOR_JOBS else 1
            found = pairwise_distances(
                rows, others, metric=self.metric, n_jobs=n_jobs, **self.params
            )
        return np.ascontiguousarray(found, dtype=np.float64)

    def blocks(self, rows: Any, others: Any) -> Iterator[tuple[slice, NDArray[np.float64]]]:  # noqa: ANN401
        """Yield the distances from some of the rows at a time to all others."""
        step = max(1, _BLOCK_BYTES // (8 * max(1, others.shape[0])))
        for start in range(0, rows.shape[0], step):
            part = slice(start, min(start + step, rows.shape[0]))
            yield part, self.between(rows[part], others)

    def reachability(
        self,
        backend: Backend,
        rows: Any,  # noqa: ANN401 - dense or CSR
        *,
        min_samples: int,
        alpha: float,
    ) -> Reachability:
        """Find the tree, from the matrix of all distances where that is small, else row by row."""
        n_samples = rows.shape[0]
        limit = setting("memory_limit")
        most = _MATRIX_BYTES if limit is None else min(_MATRIX_BYTES, limit)
        if 8 * n_samples**2 <= most:
            return backend.reachability_precomputed(
                self.between(rows, rows), min_samples=min_samples, alpha=alpha, max_distance=None
            )

        rows = _doubles(rows) if self.by_tree else rows

        def row_of(row: int) -> NDArray[np.float64]:
            line: NDArray[np.float64] = self.between(rows[row : row + 1], rows)[0]
            return line

        return backend.reachability_rows(n_samples, row_of, min_samples=min_samples, alpha=alpha)

    def to_exemplars(
        self,
        rows: Any,  # noqa: ANN401 - dense or CSR
        exemplars: Any,  # noqa: ANN401 - dense or CSR
        labels: NDArray[np.uint32],
        n_labels: int,
    ) -> NDArray[np.float64]:
        """Return the distance from each row to the nearest exemplar of each label."""
        nearest = np.full((rows.shape[0], n_labels), np.inf)
        for part, found in self.blocks(rows, exemplars):
            nearest[part] = nearest_of_labels(found, labels, n_labels)
        return nearest

    def medoids(
        self,
        rows: Any,  # noqa: ANN401 - dense or CSR
        labels: NDArray[np.int64],
        weights: NDArray[np.float64],
    ) -> NDArray[np.intp]:
        """Return the row of each cluster with the least weighted sum of distances to its rows."""
        found = []
        for label in range(labels.max(initial=-1) + 1):
            members = np.flatnonzero(labels == label)
            sums = np.concatenate(
                [block @ weights[members] for _, block in self.blocks(rows[members], rows[members])]
            )
            found.append(members[sums.argmin()])
        return np.array(found, dtype=np.intp)


def nearest_of_labels(
    distances: NDArray[np.float64], labels: NDArray[np.uint32], n_labels: int
) -> NDArray[np.float64]:
    """Return the least distance of each line to the columns of each label; labels are in order."""
    nearest = np.full((len(distances), n_labels), np.inf)
    present, starts = np.unique(labels, return_index=True)
    if len(present):
        nearest[:, present] = np.minimum.reduceat(distances, starts, axis=1)
    return nearest


def native_metric(metric: object, params: dict[str, Any]) -> Metric | None:
    """Return what the core calls the metric, or None where it does not compute it."""
    if metric == "cosine" and not params:
        return "cosine"
    if metric in {"euclidean", "l2"} if isinstance(metric, str) else False:
        return None if params else "euclidean"
    if isinstance(metric, str) and metric in {"minkowski", "p"} and set(params) <= {"p"}:
        return "euclidean" if params.get("p", 2) == 2 else None
    return None


def check_metric(metric: Any, algorithm: str, *, sparse: bool) -> bool:  # noqa: ANN401 - str or callable
    """Refuse what scikit-learn refuses; return whether its trees would be used for the metric.

    Raises
    ------
    ValueError
        If the metric is unknown, or the algorithm does not take it, or not sparse rows.
    """
    from sklearn.metrics.pairwise import distance_metrics
    from sklearn.neighbors import BallTree, KDTree

    of_tree = {"kd_tree": KDTree.valid_metrics, "ball_tree": BallTree.valid_metrics}
    tree_name = {"kd_tree": "KDTree", "ball_tree": "BallTree"}
    if algorithm in of_tree and (callable(metric) or metric not in of_tree[algorithm]):
        raise ValueError(
            f"{metric} is not a valid metric for a {tree_name[algorithm]}-based algorithm. "
            "Please select a different metric.\nhint: pass algorithm='auto'"
        )
    if algorithm in of_tree and sparse and metric != "precomputed":
        raise ValueError(
            "Sparse data matrices only support algorithm `brute`.\n"
            "hint: pass algorithm='auto', or X.toarray()"
        )
    if callable(metric):
        return False
    tree_metrics = {*KDTree.valid_metrics, *BallTree.valid_metrics}
    known = {*distance_metrics(), *tree_metrics, "precomputed"} | _SCIPY_METRICS
    if metric not in known:
        raise ValueError(
            f"metric={metric!r} must be callable or one of {', '.join(sorted(known))}\n"
            "hint: 'euclidean' and 'cosine' are the fast ones"
        )
    return metric in tree_metrics and algorithm != "brute" and not sparse


_SCIPY_METRICS: Final = frozenset(
    {
        "braycurtis", "canberra", "chebyshev", "correlation", "dice", "hamming", "jaccard",
        "mahalanobis", "minkowski", "rogerstanimoto", "russellrao", "seuclidean", "sokalsneath",
        "sqeuclidean", "yule",
    }
)  # fmt: skip
"""What `pairwise_distances` hands to SciPy."""


def check_distances(matrix: Any) -> None:  # noqa: ANN401 - dense or CSR
    """Refuse a matrix of distances that is not square, not symmetric, or has negative entries."""
    n_rows, n_columns = matrix.shape
    if n_rows != n_columns:
        raise ValueError(
            "The precomputed distance matrix is expected to be symmetric, however it has shape "
            f"{matrix.shape}. Please verify that the distance matrix was constructed correctly.\n"
            "hint: for vectors, leave metric at 'euclidean' or pass another one"
        )
    if scipy.sparse.issparse(matrix):
        symmetric = (abs(matrix - matrix.T) - 1e-7 * abs(matrix.T)).max() <= 1e-9
        negative = matrix.nnz > 0 and matrix.data.min() < 0
    else:
        symmetric, negative = True, False
        for start in range(0, n_rows, _CHECKED_ROWS):
            part = slice(start, start + _CHECKED_ROWS)
            lines, columns = matrix[part], matrix[:, part].T
            symmetric &= np.array_equal(lines, columns) or np.allclose(
                lines, columns, rtol=1e-7, atol=1e-9
            )
            negative |= bool((lines < 0).any())
    if not symmetric:
        raise ValueError(
            "The precomputed distance matrix is expected to be symmetric, however its values "
            "appear to be asymmetric. Please verify that the distance matrix was constructed "
            "correctly.\nhint: np.maximum(D, D.T) or their mean is symmetric"
        )
    if negative:
        raise ValueError(
            "metric='precomputed' needs distances >= 0, and X has negative entries\n"
            "hint: 1 - similarity is a distance where similarities are at most 1"
        )


def _doubles(rows: Any) -> NDArray[np.float64]:  # noqa: ANN401 - any array
    return np.ascontiguousarray(rows, dtype=np.float64)
