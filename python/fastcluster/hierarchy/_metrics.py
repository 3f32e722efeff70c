"""The metrics of `linkage_vector`, by name, and their distances."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastcluster.hierarchy._boolean import BOOLEAN, boolean_distances, boolean_row_distances
from fastcluster.hierarchy._condensed import real
from fastcluster.hierarchy._errors import LinkageInputError, UnknownNameError
from fastcluster.hierarchy._linkage import pairwise
from fastcluster.hierarchy._row_by_row import RowDistances
from fastcluster.hierarchy._typing import Metric

mtridx: Final = {
    "euclidean": 0,
    "minkowski": 1,
    "cityblock": 2,
    "seuclidean": 3,
    "sqeuclidean": 4,
    "cosine": 5,
    "hamming": 6,
    "jaccard": 7,
    "chebychev": 8,
    "canberra": 9,
    "braycurtis": 10,
    "mahalanobis": 11,
    "yule": 12,
    "matching": 13,
    "sokalmichener": 13,
    "dice": 14,
    "rogerstanimoto": 15,
    "russellrao": 16,
    "sokalsneath": 17,
    "kulsinski": 18,
    "USER": 19,
}
"""Number of each metric, as the older package numbers them; USER stands for a function."""

# 'correlation' has no number there, as it is 'cosine' of centered rows; the last two are ours.
_NAMES: Final = frozenset(mtridx) - {"USER"} | {"correlation", "chebyshev", "jensenshannon"}

_EXTRA: Final = {"seuclidean": "V", "mahalanobis": "VI", "minkowski": "p"}
"""What `extraarg` is to SciPy, for the metrics that take one."""


def check_metric(metric: Metric, extraarg: object) -> None:
    """Raise unless the metric is known and takes this `extraarg`."""
    if isinstance(metric, str) and metric not in _NAMES:
        raise UnknownNameError(
            f"metric must be a function or one of {', '.join(sorted(_NAMES))}, got {metric!r}"
        )
    if extraarg is not None and metric not in _EXTRA:
        raise LinkageInputError(
            f"extraarg must be None for metric={metric!r}, got {extraarg!r}\n"
            f"hint: {', '.join(_EXTRA)} take one"
        )
    if extraarg is None and metric == "minkowski":
        raise LinkageInputError(
            "extraarg must be the exponent p for metric='minkowski', got None\n"
            "hint: pass extraarg=3 or another positive number"
        )


def vector_distances(
    vectors: NDArray[Any], metric: Metric, extraarg: ArrayLike | None
) -> NDArray[np.float64]:
    """Return condensed distances between two or more rows, metric and extraarg checked."""
    rows = _checked_rows(vectors, metric)
    if isinstance(metric, str) and metric in BOOLEAN:
        return boolean_distances(rows, metric)
    return pairwise(rows, metric, **_arguments(metric, extraarg))


def row_distances(
    vectors: NDArray[Any], metric: Metric, extraarg: ArrayLike | None
) -> RowDistances:
    """Return a function of the distances of one row, the same as those of `vector_distances`."""
    from scipy.spatial import distance

    rows = _checked_rows(vectors, metric)
    if isinstance(metric, str) and metric in BOOLEAN:
        return boolean_row_distances(rows, metric)
    arguments = _arguments(metric, extraarg)
    # What pdist takes from all rows, where it is not given.
    if metric == "seuclidean":
        arguments.setdefault("V", np.var(rows, axis=0, ddof=1))
    if metric == "mahalanobis":
        arguments.setdefault("VI", np.linalg.inv(np.atleast_2d(np.cov(rows.T))).T)

    def of_row(index: int, others: NDArray[np.intp]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = distance.cdist(
            rows[index : index + 1], rows[others], metric, **arguments
        )[0]
        return found

    return of_row


def cross_distances(
    rows: NDArray[Any], others: NDArray[Any], metric: str
) -> Callable[[slice], NDArray[np.float64]]:
    """Return a function of the distances of a slice of rows to all others, by SciPy."""
    from scipy.spatial import distance

    name = {"l1": "cityblock", "l2": "euclidean", "manhattan": "cityblock"}.get(metric, metric)
    wide = real(others)

    def of_rows(part: slice) -> NDArray[np.float64]:
        found: NDArray[np.float64] = distance.cdist(real(rows[part]), wide, name)
        return found

    return of_rows


def _checked_rows(vectors: NDArray[Any], metric: Metric) -> NDArray[Any]:
    """Return rows as the metric reads them: truth values, or float64."""
    named = isinstance(metric, str)
    if named and vectors.dtype != bool:
        # As a truth value NaN would be true, and for 'hamming' a value unlike any other.
        check_no_nan_in(vectors)
    if named and metric in BOOLEAN:
        return vectors.astype(bool)
    return vectors if metric == "hamming" and vectors.dtype == bool else real(vectors)


def _arguments(metric: Metric, extraarg: ArrayLike | None) -> dict[str, Any]:
    """Return what SciPy calls the extra argument."""
    if extraarg is None or not isinstance(metric, str):
        return {}
    argument = real(np.asarray(extraarg), "extraarg")
    return {_EXTRA[metric]: argument if argument.ndim else argument.item()}


def check_no_nan_in(vectors: NDArray[Any]) -> None:
    """Raise FloatingPointError, naming the first place, if a vector holds NaN."""
    if np.isnan(vectors.sum(dtype=np.float64)) and (found := np.argwhere(np.isnan(vectors))).size:
        row, column = found[0]
        raise FloatingPointError(
            f"X must hold no NaN for a named metric, got NaN in row {row}, column {column}\n"
            "hint: drop or fill rows with missing values, or pass a function that handles them"
        )
