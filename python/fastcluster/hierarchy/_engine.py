"""Who computes a dendrogram: the one place to change when the compiled core takes over."""

import numpy as np
from numpy.typing import NDArray

from fastcluster.hierarchy._condensed import check_no_nan
from fastcluster.hierarchy._naive import linkage_naive
from fastcluster.hierarchy._typing import Dendrogram

LARGEST_DISTANCE = 1e150
"""Below it no squared distance, summed over any number of rows that fits in memory, overflows
float64."""


def dendrogram(condensed: NDArray[np.float64], n: int, method: str) -> Dendrogram:
    """Return the dendrogram of n rows from checked condensed distances, which stay as they are.

    SciPy computes it (in n*n steps for all methods but centroid and median); the textbook algorithm
    does where a distance is infinite or huge, which SciPy refuses or overflows on.
    """
    check_no_nan(condensed, n)
    if max(condensed.max(), -condensed.min()) > LARGEST_DISTANCE:
        return linkage_naive(condensed, n, method)
    from scipy.cluster import hierarchy

    merges: Dendrogram = hierarchy.linkage(condensed, method)
    return merges
