"""What a case gives every engine beside its vectors: start centers, labels or distances."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from fastcluster.bench.contract import Given, Vectors
from fastcluster.bench.starts import STARTS, StartName, nearest, start_centers

__all__ = ["GIVENS", "GivenName", "fewer", "given"]

GivenName = StartName | Literal["labels", "distances"]
GIVENS: tuple[GivenName, ...] = (*STARTS, "labels", "distances")


def given(X: Vectors, n_clusters: int, name: GivenName) -> Given:
    """Return what a case gives: made once from fixed seeds, the same for every engine.

    "labels" are those of the nearest of `n_clusters` means, "distances" the condensed Euclidean
    ones of all pairs, in float64; the other names are those of start centers.

    Raises
    ------
    ValueError
        If X has fewer distinct rows than clusters are wanted.
    """
    if name == "labels":
        means = start_centers(X, n_clusters, "means")
        assert means is not None
        return np.unique(nearest(X, means), return_inverse=True)[1]
    if name == "distances":
        return np.asarray(pdist(X))
    return start_centers(X, n_clusters, name)


def fewer(X: Vectors, whole: NDArray[Any], task: str, n_clusters: int) -> NDArray[Any]:
    """Return for the few rows of a warm-up what `whole` is for all rows."""
    if task == "silhouette":
        return np.arange(len(X)) % 2  # the labels of so few rows may all be equal
    if task == "linkage":
        return np.asarray(pdist(X))
    return whole[:n_clusters].copy()
