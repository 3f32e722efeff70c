"""Say whether labels are those of DBSCAN, by its definition, for data too large for an oracle.

Neighbours come from SciPy's k-d tree, within a radius that is slightly too large; the float64 rule
decides. Nothing is shared with the code under test, and n squared distances are never made.
"""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree


def assert_dbscan(X, labels, core_indices, *, eps, min_samples):
    """Check core rows, clusters, their numbers, borders and noise."""
    X = np.asarray(X, dtype=np.float64)
    n = len(X)
    low, high = neighbor_pairs(X, eps)
    degrees = 1 + np.bincount(low, minlength=n) + np.bincount(high, minlength=n)
    core = degrees >= min_samples
    np.testing.assert_array_equal(np.flatnonzero(core), core_indices)

    inside = core[low] & core[high]
    graph = coo_array((np.ones(inside.sum()), (low[inside], high[inside])), shape=(n, n))
    _, component = connected_components(graph, directed=False)
    # The components of core rows, in the order of their first core row, are the clusters.
    _, first, of_core = np.unique(component[core], return_index=True, return_inverse=True)
    number = np.argsort(np.argsort(first))
    expected = np.full(n, -1)
    expected[core] = number[of_core]

    best = np.full(n, n)
    for row, other in ((low, high), (high, low)):
        border = core[other] & ~core[row]
        np.minimum.at(best, row[border], expected[other[border]])
    expected = np.where(core | (best == n), expected, best)
    np.testing.assert_array_equal(labels, expected)


def neighbor_pairs(X, eps):
    """Return the lower and the higher row of each pair of neighbours."""
    pairs = KDTree(X).query_pairs(eps * (1 + 1e-9), output_type="ndarray")
    near = np.square(X[pairs[:, 0]] - X[pairs[:, 1]]).sum(axis=1) <= eps * eps
    return pairs[near].T


def core_and_noise(X, *, eps, min_samples):
    """Return which rows are core and which are noise, for a million rows: counts, no pairs."""
    X = np.asarray(X, dtype=np.float64)
    core = KDTree(X).query_ball_point(X, eps, return_length=True, workers=-1) >= min_samples
    noise = ~core
    nearest, _ = KDTree(X[core]).query(X[noise], workers=-1, distance_upper_bound=eps * (1 + 1e-9))
    noise[noise] = nearest > eps
    return core, noise
