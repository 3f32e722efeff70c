"""Centers of HDBSCAN's clusters."""

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["weighted_centroids"]


def weighted_centroids(
    rows: Any,  # noqa: ANN401 - dense or CSR
    labels: NDArray[np.int64],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the weighted mean of the rows of each label, in float64; negative labels have none."""
    order = np.argsort(labels, kind="stable")
    bounds = np.searchsorted(labels[order], np.arange(labels.max(initial=-1) + 2))
    centroids = np.empty((len(bounds) - 1, rows.shape[1]))
    for label, (start, end) in enumerate(itertools.pairwise(bounds)):
        members = order[start:end]
        shares = weights[members] / weights[members].sum()
        centroids[label] = rows[members].astype(np.float64).T @ shares
    return centroids
