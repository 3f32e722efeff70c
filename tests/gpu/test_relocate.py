"""Empty clusters: which rows they take, against a plain loop."""

import numpy as np
import pytest


def naive(X, labels, centers, weights, counts, empty):
    """Return row, cluster and donor of each move."""
    distances = np.square(X - centers[labels]).sum(axis=1)
    order = sorted(range(len(X)), key=lambda row: (-distances[row], -row))
    order = [row for row in order if distances[row] > 0 and weights[row] > 0]
    counts, moves = counts.copy(), []
    for cluster in empty:
        while order and counts[labels[order[0]]] <= 1:
            order.pop(0)
        if not order:
            break
        row = order.pop(0)
        counts[labels[row]] -= 1
        counts[cluster] = 1
        moves.append((row, cluster, labels[row]))
    return moves


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("is_weighted", [False, True])
def test_empty_clusters_take_the_farthest_rows(standin, seed, is_weighted):
    import cupy as cp

    from fastcluster._backend.gpu.kmeans._relocate import relocate
    from fastcluster._backend.gpu.kmeans._update import Sums
    from fastcluster._backend.gpu.rows._centers import Centers
    from fastcluster._backend.gpu.rows._rows import Rows
    from fastcluster._backend.gpu.scores._assign import Assigner

    rng = np.random.default_rng(seed)
    n, k = 40, 12
    X = rng.integers(-3, 4, size=(n, 2)).astype(np.float32)  # many equal distances, all exact
    centers = rng.integers(-3, 4, size=(k, 2)).astype(np.float32)
    labels = rng.integers(0, [3, 5, 9][seed % 3], n).astype(np.int32) + 1
    weights = rng.integers(0, 3, n).astype(float) if is_weighted else np.ones(n)

    rows = Rows.of(cp.asarray(X), cosine=False)
    on_device = cp.asarray(weights) if is_weighted else None
    sums = Sums(rows, on_device, k)
    sums.update(cp.asarray(labels), cp.ones(k, dtype=cp.uint8))
    before = sums.totals.get()
    assigner = Assigner(rows, k)
    assigner.aim(Centers.of(cp.asarray(centers), rows))
    changed = relocate(rows, on_device, cp.asarray(labels), assigner, sums)

    moves = naive(X, labels, centers, weights, before[:, -1], np.flatnonzero(before[:, -2] == 0))
    assert moves
    expected = before.copy()
    for row, cluster, donor in moves:
        expected[cluster] = [*weights[row] * X[row], weights[row], 1]
        expected[donor] -= expected[cluster]
    np.testing.assert_array_equal(sums.totals.get(), expected)
    assert set(changed.get().tolist()) == {cluster for move in moves for cluster in move[1:]}


def test_nothing_changes_where_every_row_lies_on_its_center(standin):
    import cupy as cp

    from fastcluster._backend.gpu.kmeans._relocate import relocate
    from fastcluster._backend.gpu.kmeans._update import Sums
    from fastcluster._backend.gpu.rows._centers import Centers
    from fastcluster._backend.gpu.rows._rows import Rows
    from fastcluster._backend.gpu.scores._assign import Assigner

    X = np.ones((6, 2), np.float32)
    rows = Rows.of(cp.asarray(X), cosine=False)
    sums = Sums(rows, None, 2)
    labels = cp.zeros(6, dtype=cp.int32)
    sums.update(labels, cp.ones(2, dtype=cp.uint8))
    before = sums.totals.get()
    assigner = Assigner(rows, 2)
    assigner.aim(Centers.of(cp.asarray(X[:2]), rows))
    assert relocate(rows, None, labels, assigner, sums) is None
    np.testing.assert_array_equal(sums.totals.get(), before)
