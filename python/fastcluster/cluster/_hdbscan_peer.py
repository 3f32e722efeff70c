"""Parameters of the hdbscan package in the terms of this one."""

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["from_hdbscan"]

_SAME: Final = (
    "min_cluster_size",
    "cluster_selection_epsilon",
    "metric",
    "alpha",
    "leaf_size",
    "cluster_selection_method",
    "allow_single_cluster",
)

_HOW_IT_COMPUTES: Final = (
    "algorithm",
    "approx_min_span_tree",
    "gen_min_span_tree",
    "memory",
    "prediction_data",
    "branch_detection_data",
)


def from_hdbscan(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of `HDBSCAN` that mean what these mean to hdbscan.

    Raises
    ------
    ValueError
        If a parameter asks for what is not here.
    """
    left = dict(given)
    found: dict[str, Any] = {name: left.pop(name) for name in _SAME if name in left}
    for name in _HOW_IT_COMPUTES:
        left.pop(name, None)
    # The row itself counts here and does not there.
    min_samples = left.pop("min_samples", None)
    if min_samples is None:
        min_samples = found.get("min_cluster_size", 5)
    found["min_samples"] = min_samples + 1
    found["n_jobs"] = left.pop("core_dist_n_jobs", None)
    found["max_cluster_size"] = left.pop("max_cluster_size", 0) or None
    p = left.pop("p", None)
    if p is not None:
        found["metric_params"] = {"p": p}
    if p is not None and found.get("metric") != "minkowski":
        raise ValueError(
            f"p={p} needs metric='minkowski', got metric={found.get('metric', 'euclidean')!r}\n"
            "hint: leave p out"
        )
    off = {
        name: value
        for name, value in left.items()
        if value not in (None, False, 0, 0.0) and not _is_off(name, value)
    }
    if off:
        raise ValueError(
            f"parameters of hdbscan that fastcluster does not have: {sorted(off)}\n"
            "hint: leave them out; parameters of a metric go into metric_params"
        )
    return found


def _is_off(name: str, value: object) -> bool:
    """Say whether a value that is not false means that nothing is asked for."""
    return name == "cluster_selection_epsilon_max" and value == float("inf")
