"""What each parameter may be, and the decorator that checks a function's arguments."""

from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any, Final

from sklearn.utils._param_validation import HasMethods, Interval, StrOptions, validate_params
from sklearn.utils.validation import _is_arraylike_not_scalar

__all__ = ["CONSTRAINTS", "PAIR_METRICS", "array_like", "check_metric_name", "checked_call"]

_FROM_0: Final = [Interval(Integral, 0, None, closed="left")]
_FROM_1: Final = [Interval(Integral, 1, None, closed="left")]
_REAL_FROM_0: Final = [Interval(Real, 0, None, closed="left")]

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


def check_metric_name(metric: object) -> None:
    """Refuse a name that scikit-learn has no metric for; a callable is taken as it is."""
    from sklearn.metrics.pairwise import _VALID_METRICS

    if isinstance(metric, str) and metric not in {*_VALID_METRICS, "precomputed"}:
        raise ValueError(
            f"metric={metric!r} must be 'precomputed', a callable, or one of "
            f"{', '.join(sorted(_VALID_METRICS))}\n"
            "hint: 'euclidean' and 'cosine' are the fast ones"
        )


def array_like(value: object) -> bool:
    """Say whether a parameter holds an array, a list or a frame, and not a name or a function."""
    return bool(_is_arraylike_not_scalar(value)) or hasattr(value, "__dlpack__")
