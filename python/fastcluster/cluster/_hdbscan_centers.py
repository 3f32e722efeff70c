"""Centers of HDBSCAN's clusters."""

import itertools

import numpy as np
from numpy.typing import NDArray

from fastcluster._arrays import Vectors

__all__ = ["weighted_centroids"]


def weighted_centroids(
    vectors: Vectors,
    labels: NDArray[np.int64],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the weighted mean of the rows of each label, in float64; negative labels have none."""
    order = np.argsort(labels, kind="stable")
    bounds = np.searchsorted(labels[order], np.arange(labels.max(initial=-1) + 2))
    centroids = np.empty((len(bounds) - 1, vectors.shape[1]))
    for label, (start, end) in enumerate(itertools.pairwise(bounds)):
        members = order[start:end]
        shares = weights[members] / weights[members].sum()
        centroids[label] = vectors.take(members).weighted_sum(shares)
    return centroids
