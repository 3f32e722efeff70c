"""The methods of `fastcluster fit`: their estimators, and the options that each takes."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import fastcluster

__all__ = ["Method", "build"]


class Method(StrEnum):
    """The algorithms, by the name they have on the command line."""

    KMEANS = "kmeans"
    MINIBATCH = "minibatch"
    DBSCAN = "dbscan"
    HDBSCAN = "hdbscan"


_OF_KMEANS: Final = ("n_clusters", "seed", "init", "n_init", "max_iter", "tol")

_OPTIONS: Final[Mapping[Method, tuple[str, ...]]] = {
    Method.KMEANS: _OF_KMEANS,
    Method.MINIBATCH: (*_OF_KMEANS, "batch_size"),
    Method.DBSCAN: ("eps", "min_samples"),
    Method.HDBSCAN: ("min_cluster_size", "min_samples"),
}
"""The options of a method, beside those that all have."""

_REQUIRED: Final[Mapping[Method, tuple[str, str]]] = {
    Method.KMEANS: ("n_clusters", "-k"),
    Method.MINIBATCH: ("n_clusters", "-k"),
    Method.DBSCAN: ("eps", "--eps"),
}
"""What a method has no default for, and how it is spelled."""

_ESTIMATORS: Final[Mapping[Method, str]] = {
    Method.KMEANS: "KMeans",
    Method.MINIBATCH: "MiniBatchKMeans",
    Method.DBSCAN: "DBSCAN",
    Method.HDBSCAN: "HDBSCAN",
}


def build(method: Method, metric: str, options: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any clusterer
    """Return the estimator of a method.

    Parameters
    ----------
    method : Method
        The algorithm.
    metric : str
        The distance.
    options : mapping
        All options of methods by name; None for those that were not given.

    Raises
    ------
    ValueError
        If an option belongs to another method, or one is missing.
    """
    given = {name: value for name, value in options.items() if value is not None}
    for name, value in given.items():
        if name not in _OPTIONS[method]:
            takers = [str(other) for other, names in _OPTIONS.items() if name in names]
            raise ValueError(
                f"{name}={value} needs --method {' or '.join(takers)}, got {method}\n"
                f"hint: leave --{name.replace('_', '-')} out, or pass --method {takers[0]}"
            )
    needed, spelling = _REQUIRED.get(method, (None, ""))
    if needed is not None and needed not in given:
        raise ValueError(
            f"Missing option '{spelling}', which --method {method} needs\n"
            "hint: --method hdbscan finds the number of clusters, and needs no radius"
        )
    if "n_clusters" in _OPTIONS[method]:
        given["random_state"] = given.pop("seed", 0)
    return getattr(fastcluster, _ESTIMATORS[method])(metric=metric, **given)
