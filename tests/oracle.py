"""The textbook versions, in float64 and without a trick: what the fast ones must equal."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp


def squared_distances(X, centers):
    """Return the sum of squared differences between each row and each center."""
    X, centers = np.asarray(X, dtype=np.float64), np.asarray(centers, dtype=np.float64)
    return np.stack([np.square(X - center).sum(axis=1) for center in centers], axis=1)


def cosine_distances(X, centers):
    """Return 1 - cosine between each row and each center; 1 where one of them is zero."""
    return 1 - normalised(X) @ normalised(centers).T


def normalised(X):
    """Return the rows at length 1; rows of zeros stay."""
    X = np.asarray(X, dtype=np.float64)
    norms = np.linalg.norm(X, axis=1, keepdims=True)
    return X / np.where(norms == 0, 1, norms)


def labels_of(X, centers):
    """Return the index of the nearest center; ties go to the lowest."""
    return squared_distances(X, centers).argmin(axis=1)


def assert_nearest(labels, distances, rtol=1e-13):
    """Assert that each label is a nearest center.

    Distances are rounded, so that centers closer together than `rtol` count as equally near. Tests
    in which all distances are exact compare labels themselves.
    """
    chosen = distances[np.arange(len(labels)), labels]
    lowest = distances.min(axis=1)
    scale = np.maximum(np.abs(distances).max(axis=1), 1e-300)
    assert (chosen - lowest <= rtol * scale).all()


def lloyd(X, centers, *, max_iter=300, tol=1e-4, sample_weight=None, dtype=np.float64):
    """Run Lloyd's algorithm as scikit-learn defines it; return labels, centers, inertia, n_iter.

    Empty clusters are not handled: data and start must not produce any.
    """
    X = np.asarray(X, dtype=np.float64)
    weights = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, np.float64)
    centers = np.asarray(centers, dtype=dtype)
    tolerance = tol * X.var(axis=0).mean()
    labels = np.full(len(X), -1)
    n_iter = 0
    while n_iter < max_iter:
        n_iter += 1
        old_labels, labels = labels, labels_of(X, centers)
        old_centers = centers.astype(np.float64)
        centers = np.stack(
            [
                np.average(X[labels == j], axis=0, weights=weights[labels == j])
                for j in range(len(centers))
            ]
        ).astype(dtype)
        if (labels == old_labels).all():
            break
        if np.square(centers - old_centers).sum() <= tolerance:
            break
    labels = labels_of(X, centers)
    inertia = (weights * squared_distances(X, centers)[np.arange(len(X)), labels]).sum()
    return labels, centers, inertia, n_iter


def blobs(n_clusters=5, n_features=6, n_per_cluster=30, *, seed=0, dtype=np.float64):
    """Return well separated groups of rows, and the group of each row, in random order."""
    rng = np.random.default_rng(seed)
    middles = 20 * np.eye(n_clusters, n_features) + 3 * np.arange(n_clusters)[:, None]
    groups = rng.permutation(np.repeat(np.arange(n_clusters), n_per_cluster))
    X = middles[groups] + rng.normal(size=(len(groups), n_features))
    return X.astype(dtype), groups


def first_of_each(X, groups):
    """Return one row of each group, as start centers that leave no cluster empty."""
    return X[np.unique(groups, return_index=True)[1]]


@st.composite
def lattices(draw, max_rows=24, max_columns=5, dtype=np.float64):
    """Draw small matrices of multiples of 1/4, full of ties and duplicates.

    Sums and squared distances of such numbers are exact in float64, so results can be compared
    bit by bit.
    """
    shape = draw(st.tuples(st.integers(1, max_rows), st.integers(1, max_columns)))
    return draw(hnp.arrays(np.int64, shape, elements=st.integers(-12, 12))).astype(dtype) / 4


@st.composite
def lattices_with_start(draw):
    """Draw a lattice and start centers among its distinct rows, so that none starts empty."""
    X = draw(lattices())
    distinct = np.unique(X, axis=0)
    n_clusters = draw(st.integers(1, len(distinct)))
    order = draw(st.permutations(range(len(distinct))))
    return X, distinct[order[:n_clusters]]
