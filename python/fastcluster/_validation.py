"""Checks at the edge: what comes in is either right afterwards, or refused with one clear error.

scikit-learn's private helpers are used here and nowhere else; the wording that its estimator checks
demand comes with them. Where a message is scikit-learn's, it is the first line, and our hint the
second.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from numbers import Integral, Real
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sklearn.utils import check_array, check_random_state
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions, validate_params
from sklearn.utils.validation import (
    _check_sample_weight,
    _check_y,
    _is_arraylike_not_scalar,
    check_consistent_length,
    validate_data,
)

from fastcluster import _core
from fastcluster._arrays import (
    KEPT_DTYPES,
    Vectors,
    as_array,
    is_bfloat16,
    is_plain,
    kept_dtypes,
)
from fastcluster._config import setting

__all__ = [
    "CONSTRAINTS",
    "PAIR_METRICS",
    "array_like",
    "check_centers",
    "check_cluster_numbers",
    "check_dense",
    "check_distances",
    "check_enough_rows",
    "check_labels",
    "check_memory",
    "check_metric_name",
    "check_signed_weights",
    "check_targets",
    "check_vectors",
    "check_weights",
    "checked_call",
    "connected_clustering",
    "draw_rows",
    "draw_seed",
    "numbered",
    "split_finite",
    "unchanged_on_failure",
]

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")
_Estimator = TypeVar("_Estimator")

_FROM_0: Final = [Interval(Integral, 0, None, closed="left")]
_FROM_1: Final = [Interval(Integral, 1, None, closed="left")]
_REAL_FROM_0: Final = [Interval(Real, 0, None, closed="left")]

_HEAVIEST: Final = 2.0**400
"""A weight this large leaves room in float64 for its product with any squared distance of float32
vectors, summed over 2**60 rows."""

PAIR_METRICS: Final = frozenset(
    {
        "braycurtis", "canberra", "chebyshev", "cityblock", "correlation", "cosine", "dice",
        "euclidean", "hamming", "haversine", "jaccard", "l1", "l2", "mahalanobis", "manhattan",
        "matching", "minkowski", "nan_euclidean", "rogerstanimoto", "russellrao", "seuclidean",
        "sokalsneath", "sqeuclidean", "wminkowski", "yule",
    }
)  # fmt: skip
"""The metrics between rows that scikit-learn names; its own list loads much when imported."""

CONSTRAINTS: Final[Mapping[str, list[Any]]] = {
    "n_clusters": _FROM_1,
    "size_min": [*_FROM_0, None],
    "size_max": [*_FROM_1, None],
    "balance": _REAL_FROM_0,
    "init": [StrOptions({"k-means++", "k-means||", "random"}), callable, "array-like"],
    "n_init": [StrOptions({"auto"}), *_FROM_1],
    "max_iter": _FROM_1,
    "tol": _REAL_FROM_0,
    "verbose": ["verbose"],
    "random_state": ["random_state"],
    "copy_x": ["boolean"],
    "algorithm": [StrOptions({"lloyd", "elkan", "hierarchical"})],
    "batch_size": _FROM_1,
    "batch_growth": [Interval(Real, 1, None, closed="neither"), None],
    "compute_labels": ["boolean"],
    "max_no_improvement": [*_FROM_0, None],
    "init_size": [*_FROM_1, None],
    "reassignment_ratio": _REAL_FROM_0,
    "sampling": [StrOptions({"auto", "rows", "blocks"})],
    "shrink_threshold": [Interval(Real, 0, None, closed="neither"), None],
    "priors": ["array-like", StrOptions({"empirical", "uniform"})],
    "metric": [StrOptions({"euclidean", "cosine"})],
    "metric_of_classes": [StrOptions({"euclidean", "manhattan"})],
    "eps": [Interval(Real, 0, None, closed="neither")],
    "min_samples": _FROM_1,
    "metric_of_neighbors": [str, callable],
    "metric_params": [dict, None],
    "algorithm_of_neighbors": [StrOptions({"auto", "ball_tree", "kd_tree", "brute"})],
    "leaf_size": _FROM_1,
    "p": [*_REAL_FROM_0, None],
    "n_jobs": [Integral, None],
    "device": [StrOptions({"auto", "cpu", "cuda"})],
    "sample_weight": ["array-like", None],
    "x_squared_norms": ["array-like", None],
    "n_local_trials": [*_FROM_1, None],
    "n_neighbors": _FROM_1,
    "metric_of_scores": [StrOptions({"euclidean", "sqeuclidean", "cosine"})],
    "sample_size": [*_FROM_1, None],
    "n_samples": [Interval(Integral, 2, None, closed="left")],
    "confidence_level": [Interval(Real, 0, 1, closed="neither")],
    "d": [Interval(Real, 0, None, closed="neither"), None],
    "per_cluster_scores": ["boolean"],
    "mst_raw_dist": ["boolean"],
    "min_cluster_size": [Interval(Integral, 2, None, closed="left")],
    "min_samples_of_density": [*_FROM_1, None],
    "cluster_selection_epsilon": _REAL_FROM_0,
    "max_cluster_size": [*_FROM_1, None],
    "alpha": [Interval(Real, 0, None, closed="neither")],
    "cluster_selection_method": [StrOptions({"eom", "leaf"})],
    "allow_single_cluster": ["boolean"],
    "store_centers": [StrOptions({"centroid", "medoid", "both"}), None],
    "copy": ["boolean"],
    "ties": [StrOptions({"binary", "merge"})],
    "approximate": ["boolean"],
    "return_n_iter": ["boolean"],
    "n_clusters_or_none": [*_FROM_1, None],
    "metric_of_pairs": [StrOptions({*PAIR_METRICS, "precomputed"}), callable],
    "memory": [str, HasMethods("cache"), None],
    "connectivity": ["array-like", "sparse matrix", callable, None],
    "compute_full_tree": [StrOptions({"auto"}), "boolean"],
    "linkage": [StrOptions({"ward", "complete", "average", "single"})],
    "distance_threshold": [*_REAL_FROM_0, None],
    "compute_distances": ["boolean"],
}
"""What each parameter may be, in scikit-learn's terms; its users pick by name."""


def checked_call(*names: str, **others: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a decorator that checks the named arguments of a function against `CONSTRAINTS`.

    `others` are arguments whose entry has another name.
    """
    entries = dict(zip(names, names, strict=True)) | others
    decorate: Callable[[Callable[..., Any]], Callable[..., Any]] = validate_params(
        {name: CONSTRAINTS[entry] for name, entry in entries.items()},
        prefer_skip_nested_validation=True,
    )
    return decorate


def unchanged_on_failure(
    fit: Callable[Concatenate[_Estimator, _Parameters], _Result],
) -> Callable[Concatenate[_Estimator, _Parameters], _Result]:
    """Make a fit that fails, or is interrupted, leave its estimator as it was before."""

    @wraps(fit)
    def guarded(
        self: _Estimator, /, *args: _Parameters.args, **kwargs: _Parameters.kwargs
    ) -> _Result:
        before = dict(vars(self))
        try:
            return fit(self, *args, **kwargs)
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise

    return guarded


def check_vectors(
    X: object,
    *,
    n_threads: int,
    estimator: Any = None,  # noqa: ANN401 - any scikit-learn estimator
    reset: bool = False,
    input_name: str = "X",
    finite: bool = True,
) -> Vectors:
    """Return X as finite vectors, in its own dtype if the core reads that, else in float64.

    Parameters
    ----------
    X : array-like, tensor, frame, table or sparse matrix of shape (n_samples, n_features)
        What the user passed. It is not changed, and copied only where its layout has to change.
    n_threads : int
        Threads for the search for NaN and infinity.
    estimator : estimator, optional
        Gets or is compared with the feature names and `n_features_in_`.
    reset : bool
        True in fit: the estimator learns names and width. False afterwards: they are compared.
    input_name : str
        What messages call X.
    finite : bool
        Whether NaN and infinity are refused; `split_finite` sets such rows apart.

    Raises
    ------
    ValueError
        If X is empty, has not two dimensions, holds complex numbers, NaN or infinity, or does not
        match the fit.
    MemoryError
        If X has to be converted, and the copy is larger than `memory_limit`.
    """
    _check_conversion(X, input_name)
    array = as_array(X)
    if not is_plain(array):
        sparse = scipy.sparse.issparse(array)
        array = check_array(
            array,
            accept_sparse="csr",
            dtype=[np.float64, np.float32] if sparse else kept_dtypes(array),
            ensure_all_finite=False,
            estimator=estimator,
            input_name=input_name,
        )
    if scipy.sparse.issparse(array):
        array = _canonical(array)
    if estimator is not None:
        # Names stand on the frame that the user passed; the width is the same in both.
        named = X if hasattr(X, "columns") or hasattr(X, "column_names") else array
        validate_data(estimator, named, reset=reset, skip_check_array=True)
    vectors = Vectors(array)
    if finite:
        _refuse_not_finite(vectors, n_threads, input_name)
    return vectors


def split_finite(
    vectors: Vectors, n_threads: int
) -> tuple[Vectors, NDArray[np.intp] | None, NDArray[np.intp], NDArray[np.intp]]:
    """Set rows with NaN or infinity apart.

    Returns
    -------
    vectors : Vectors
        The finite rows: the very ones given where all are.
    rows : ndarray or None
        Their numbers; None where all rows are finite.
    infinite, missing : ndarray
        The numbers of rows with infinity and no NaN, and of rows with NaN.
    """
    none = np.empty(0, dtype=np.intp)
    data = vectors.data
    if data.dtype.kind in "iu" or _core.check_finite(vectors.matrix, n_threads=n_threads) is None:
        return vectors, None, none, none
    if scipy.sparse.issparse(data):
        row_of_entry = np.repeat(np.arange(data.shape[0]), np.diff(data.indptr))
        is_nan, is_inf = (
            np.bincount(row_of_entry, weights=test(data.data), minlength=data.shape[0]) > 0
            for test in (np.isnan, np.isinf)
        )
    else:
        is_nan, is_inf = np.isnan(data).any(axis=1), np.isinf(data).any(axis=1)
    rows = np.flatnonzero(~(is_nan | is_inf))
    return vectors.take(rows), rows, np.flatnonzero(is_inf & ~is_nan), np.flatnonzero(is_nan)


def check_targets(estimator: Any, y: object, vectors: Vectors) -> NDArray[Any]:  # noqa: ANN401
    """Return the classes of the rows as an array of shape (n_samples,).

    Raises
    ------
    ValueError
        If y is missing, has another length than X, or holds NaN or infinity.
    """
    if y is None:
        raise ValueError(
            f"This {type(estimator).__name__} estimator requires y to be passed, but the target y "
            "is None.\nhint: pass the class of each row"
        )
    targets: NDArray[Any] = _check_y(y, estimator=estimator)
    check_consistent_length(vectors.data, targets)
    return targets


def check_labels(labels: object, n_samples: int) -> NDArray[Any]:
    """Return the labels of the rows as an array of shape (n_samples,), of any values.

    Raises
    ------
    ValueError
        If they have another length, or hold NaN or infinity.
    """
    checked: NDArray[Any] = _check_y(labels)
    check_consistent_length(np.empty(n_samples), checked)
    return checked


def numbered(labels: NDArray[Any]) -> NDArray[np.uint32]:
    """Return labels as numbers from 0 without gaps, in the order of their values."""
    _, numbers = np.unique(labels, return_inverse=True)
    return numbers.astype(np.uint32)


def check_cluster_numbers(labels: object, n_samples: int) -> NDArray[np.int64]:
    """Return the number of each row's cluster, negative for noise.

    Raises
    ------
    ValueError
        If they have another length than X, or are not integers below 2**31.
    """
    checked = check_labels(labels, n_samples)
    numbers = checked.astype(np.int64) if checked.dtype.kind in "iufb" else None
    if numbers is None or (numbers != checked).any() or numbers.max() >= 2**31:
        raise ValueError(
            f"labels must be integers below 2**31, got values of dtype {checked.dtype}\n"
            "hint: number the clusters from 0, and noise -1"
        )
    return numbers


def check_distances(X: object) -> NDArray[np.float64]:
    """Return a square matrix of distances as float64.

    Raises
    ------
    ValueError
        If it is not square, or holds NaN, infinity or a negative number.
    """
    checked: NDArray[np.float64] = check_array(as_array(X), dtype=np.float64, input_name="X")
    rows, columns = checked.shape
    if rows != columns:
        raise ValueError(
            f"Precomputed metric requires shape (n_samples, n_samples), got ({rows}, {columns})\n"
            "hint: pass the distances of all pairs of rows"
        )
    if checked.min() < 0:
        raise ValueError(
            f"X holds the distance {checked.min():g}, but distances must be >= 0\n"
            "hint: pass distances, not similarities"
        )
    return checked


def draw_rows(random_state: object, n_samples: int, n_rows: int) -> NDArray[np.intp]:
    """Return the rows that scikit-learn's scores draw with this `random_state`."""
    rows: NDArray[np.intp] = check_random_state(random_state).permutation(n_samples)[:n_rows]
    return rows


def check_weights(sample_weight: object, vectors: Vectors) -> NDArray[np.float64] | None:
    """Return the weights as float64 of shape (n_samples,), or None where all rows count the same.

    Raises
    ------
    ValueError
        If the weights have another shape, are negative, not finite or immense, or are all zero.
    """
    if sample_weight is None:
        return None
    weights: NDArray[np.float64] = _check_sample_weight(
        sample_weight, vectors.data, dtype=np.float64, ensure_non_negative=True
    )
    heaviest = weights.max()
    if heaviest > _HEAVIEST:
        raise ValueError(
            f"sample_weight={heaviest:g} should be <= {_HEAVIEST:g}, so that no sum overflows\n"
            "hint: divide all weights by the largest; that moves no center"
        )
    return weights


def check_signed_weights(sample_weight: object, vectors: Vectors) -> NDArray[np.float64] | None:
    """Return the weights as float64 of shape (n_samples,), negative ones too; None stays None.

    Raises
    ------
    ValueError
        If the weights have another shape, or are not finite.
    """
    if sample_weight is None:
        return None
    weights: NDArray[np.float64] = _check_sample_weight(
        sample_weight, vectors.data, dtype=np.float64
    )
    # scikit-learn looks at each weight of an array, but not at one number for all.
    if not np.isfinite(weights).all():
        raise ValueError(
            f"sample_weight={sample_weight} must be finite\nhint: None weighs every row 1"
        )
    return np.ascontiguousarray(weights)


def check_metric_name(metric: object) -> None:
    """Refuse a name that scikit-learn has no metric for; a callable is taken as it is."""
    from sklearn.metrics.pairwise import _VALID_METRICS

    if isinstance(metric, str) and metric not in {*_VALID_METRICS, "precomputed"}:
        raise ValueError(
            f"metric={metric!r} must be 'precomputed', a callable, or one of "
            f"{', '.join(sorted(_VALID_METRICS))}\n"
            "hint: 'euclidean' and 'cosine' are the fast ones"
        )


def check_centers(
    centers: object, vectors: Vectors, *, n_clusters: int | None, parameter: str
) -> NDArray[Any]:
    """Return centers that the user passed as a new C-ordered array of the result's dtype.

    `n_clusters=None` allows any number of them.

    Raises
    ------
    ValueError
        If they are not finite, or their shape does not fit the clusters or the data.
    """
    checked: NDArray[Any] = check_array(
        as_array(centers),
        dtype=vectors.result_dtype,
        order="C",
        copy=True,
        input_name=parameter,
    )
    rows, columns = checked.shape
    if n_clusters is not None and rows != n_clusters:
        raise ValueError(
            f"The shape of the initial centers {checked.shape} does not match the number of "
            f"clusters {n_clusters}.\n"
            f"hint: {parameter} needs shape ({n_clusters}, {vectors.shape[1]})"
        )
    if columns != vectors.shape[1]:
        kind = "initial centers" if n_clusters is not None else parameter
        raise ValueError(
            f"The shape of the {kind} {checked.shape} does not match the number of features of "
            f"the data {vectors.shape[1]}.\n"
            f"hint: {parameter} needs shape ({rows}, {vectors.shape[1]})"
        )
    return checked


def check_dense(X: object, *, n_least: int = 1, estimator: object = None) -> None:
    """Refuse a sparse matrix, and fewer rows than `n_least`, in scikit-learn's words."""
    if scipy.sparse.issparse(X) or n_least > 1:
        check_array(
            X,
            dtype=None,
            ensure_all_finite=False,
            ensure_min_samples=n_least,
            estimator=estimator,
        )


def connected_clustering(X: NDArray[Any], **parameters: Any) -> Any:  # noqa: ANN401 - its estimator
    """Return scikit-learn's own agglomerative clustering of X, whatever it is patched with."""
    from sklearn.cluster._agglomerative import AgglomerativeClustering

    return AgglomerativeClustering(**parameters).fit(X)


def check_enough_rows(vectors: Vectors, n_clusters: int) -> None:
    """Refuse more clusters than rows."""
    n_samples, _ = vectors.shape
    if n_samples < n_clusters:
        raise ValueError(
            f"n_samples={n_samples} should be >= n_clusters={n_clusters}.\n"
            f"hint: pass n_clusters={n_samples} or fewer"
        )


def check_memory(n_bytes: int, what: str) -> None:
    """Refuse a result that is larger than `memory_limit`, before it is made."""
    limit = setting("memory_limit")
    if limit is not None and n_bytes > limit:
        raise MemoryError(
            f"memory_limit={limit} bytes is less than the {n_bytes} bytes of {what}\n"
            "hint: call it for fewer rows at a time, or raise memory_limit with set_config"
        )


def _check_conversion(X: object, input_name: str) -> None:
    """Refuse an array that cannot be read as it is, if its copy would pass the limit."""
    if not isinstance(X, np.ndarray) or is_bfloat16(X.dtype):
        return
    kept = X.dtype.newbyteorder("=") in KEPT_DTYPES
    if kept and X.dtype.isnative and X.flags.aligned:
        return
    n_bytes = X.nbytes if kept else X.size * np.dtype(np.float64).itemsize
    check_memory(n_bytes, f"a copy of {input_name} that replaces its dtype {X.dtype.str}")


def draw_seed(random_state: object) -> int:
    """Return a seed for the core, drawn from scikit-learn's `random_state`."""
    generator = check_random_state(random_state)
    return int(generator.randint(0, np.iinfo(np.int64).max, dtype=np.int64))


def array_like(value: object) -> bool:
    """Say whether a parameter holds an array, a list or a frame, and not a name or a function."""
    return bool(_is_arraylike_not_scalar(value)) or hasattr(value, "__dlpack__")


def _canonical(matrix: Any) -> Any:  # noqa: ANN401 - spmatrix or sparray
    """Return a CSR matrix of floats whose rows hold each column once, in order.

    The user's own is left as it is.
    """
    if matrix.dtype not in (np.float32, np.float64):
        matrix = matrix.astype(np.float64)
    if matrix.has_canonical_format:
        return matrix
    matrix = matrix.copy()
    matrix.sum_duplicates()
    return matrix


def _refuse_not_finite(vectors: Vectors, n_threads: int, input_name: str) -> None:
    dtype = vectors.data.dtype
    if dtype.kind in "iu":
        return
    found = _core.check_finite(vectors.matrix, n_threads=n_threads)
    if found is None:
        return
    row, column = found
    if np.isnan(np.float64(vectors.data[row, column])):
        what, way_out = "NaN", "drop or fill the missing values"
    else:
        name = "bfloat16" if is_bfloat16(dtype) else dtype
        what = f"infinity or a value too large for dtype('{name}')"
        way_out = "drop the row, or scale the data or use a wider dtype"
    raise ValueError(
        f"Input {input_name} contains {what}.\n"
        f"hint: the first is in row {row}, column {column}; {way_out}"
    )
