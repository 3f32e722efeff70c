"""Sums of rows by cluster: the CPU's bits; the twin adds one row after the other."""

import numpy as np
import pytest

RUN = 4096


def in_order(terms, start=None):
    """Return the sum over the first axis, one term after the other."""
    start = np.zeros((1, *terms.shape[1:])) if start is None else start[None]
    return np.add.accumulate(np.concatenate([start, terms]), axis=0)[-1]


def extended(X, weights, *, cosine=False):
    """Return the rows in working space times their weight, with the weight and the count behind."""
    W = X.astype(np.float64)
    if cosine:
        lanes = np.zeros((len(W), 16))
        for i in range(W.shape[1]):
            lanes[:, i % 16] += W[:, i] * W[:, i]
        for half in (8, 4, 2, 1):
            lanes = lanes[:, :half] + lanes[:, half:]
        norms = np.sqrt(lanes[:, 0])
        with np.errstate(divide="ignore"):
            W = W * np.where(norms > 0, 1 / norms, 0.0)[:, None]
    weights = np.ones(len(X)) if weights is None else weights
    return np.column_stack([weights[:, None] * W, weights, weights != 0])


def naive_sums(rows, labels, n_clusters):
    """Return the totals as the core sums them: in runs for few clusters, else by cluster."""
    n, width = rows.shape
    in_runs = n_clusters <= 128 and n_clusters * (width - 2) <= 1 << 16
    totals = np.zeros((n_clusters, width))
    for first in range(0, n, RUN if in_runs else n):
        run = slice(first, first + (RUN if in_runs else n))
        for cluster in range(n_clusters):
            part = in_order(rows[run][labels[run] == cluster])
            totals[cluster] += part
    return totals


def naive_shift(totals, rows, labels, previous):
    """Move changed rows between totals in place; return the peaks of sizes and weights."""
    d = rows.shape[1] - 2
    sizes = np.abs(totals[:, :d]).max(axis=1)
    weights = np.maximum(totals[:, d], 0)
    for row in np.flatnonzero(labels != previous):
        for cluster, sign in ((previous[row], -1), (labels[row], 1)):
            if rows[row, d] == 0:
                continue
            totals[cluster] += sign * rows[row]
            if sign < 0:
                sizes[cluster] = max(sizes[cluster], np.abs(totals[cluster, :d]).max())
            weights[cluster] = max(weights[cluster], totals[cluster, d])
    return sizes, weights


def made(n, d, k, *, seed=0, dtype=np.float32, skewed=False):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * np.exp(rng.normal(size=d) * 3)
    X = (40 * rng.normal(size=(n, d))).round().clip(0, 100) if np.dtype(dtype).kind in "iu" else X
    labels = rng.integers(0, k, n)
    if skewed:
        labels = np.where(rng.random(n) < 0.9, k // 2, labels)
    return X.astype(dtype), labels.astype(np.int32)


def weighted(n, *, seed=1):
    rng = np.random.default_rng(seed)
    weights = rng.random(n) * 3
    weights[rng.random(n) < 0.1] = 0
    return weights


def prepared(X, weights, k, *, cosine=False, budget=None, on_host=False):
    """Return cupy, the rows, the device weights and the sums."""
    import cupy as cp

    from fastcluster._backend.gpu.kmeans._update import Sums
    from fastcluster._backend.gpu.rows._rows import Rows

    rows = Rows.of(X if on_host else cp.asarray(X), cosine=cosine, budget=budget)
    weights = None if weights is None else cp.asarray(weights)
    return cp, rows, Sums(rows, weights, k)


SHAPES = [
    (1, 1, 1),
    (70, 3, 2),
    (300, 33, 7),
    (5000, 5, 40),
    (700, 31, 130),
    (400, 600, 120),
    (9000, 2, 129),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("is_weighted", [False, True])
def test_sums_have_the_bits_of_the_plain_loop(standin, shape, is_weighted):
    n, d, k = shape
    X, labels = made(n, d, k, skewed=d == 5)
    weights = weighted(n) if is_weighted else None
    cp, _, sums = prepared(X, weights, k)
    sums.update(cp.asarray(labels), cp.ones(k, dtype=cp.uint8))
    expected = naive_sums(extended(X, weights), labels, k)
    np.testing.assert_array_equal(sums.totals.get(), expected)


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int8, np.uint8])
@pytest.mark.parametrize("k", [5, 131])
def test_every_dtype_is_summed_exactly(standin, dtype, k):
    X, labels = made(500, 19, k, dtype=dtype)
    cp, _, sums = prepared(X, None, k)
    sums.update(cp.asarray(labels), cp.ones(k, dtype=cp.uint8))
    np.testing.assert_array_equal(sums.totals.get(), naive_sums(extended(X, None), labels, k))


@pytest.mark.parametrize("k", [5, 131])
def test_rows_are_divided_by_their_norms_under_cosine(standin, k):
    X, labels = made(500, 19, k)
    X[::50] = 0
    cp, _, sums = prepared(X, None, k, cosine=True)
    sums.update(cp.asarray(labels), cp.ones(k, dtype=cp.uint8))
    expected = naive_sums(extended(X, None, cosine=True), labels, k)
    np.testing.assert_array_equal(sums.totals.get(), expected)


@pytest.mark.parametrize("k", [6, 140])
def test_streamed_rows_give_the_sums_of_resident_ones(standin, k):
    X, labels = made(9000, 7, k, skewed=True)
    weights = weighted(9000)
    cp, resident, expected = prepared(X, weights, k)
    _, streamed, sums = prepared(X, weights, k, budget=200_000, on_host=True)
    assert resident.is_resident
    assert not streamed.is_resident
    dirty = cp.ones(k, dtype=cp.uint8)
    expected.update(cp.asarray(labels), dirty)
    sums.update(cp.asarray(labels), dirty)
    assert sum(1 for _ in streamed.blocks()) > 1
    np.testing.assert_array_equal(sums.totals.get(), expected.totals.get())


@pytest.mark.parametrize("k", [3, 140])
def test_clusters_that_are_not_marked_keep_their_sums_where_rows_are_sorted(standin, k):
    X, labels = made(600, 4, k)
    cp, _, sums = prepared(X, None, k)
    everywhere = cp.ones(k, dtype=cp.uint8)
    sums.update(cp.asarray(labels), everywhere)
    before = sums.totals.get()
    moved = np.where(labels == 1, 2, labels).astype(np.int32)
    dirty = cp.zeros(k, dtype=cp.uint8)
    dirty[1:2] = 1
    sums.update(cp.asarray(moved), dirty)
    expected = naive_sums(extended(X, None), moved, k)
    if k > 128:
        expected[2] = before[2]
    np.testing.assert_array_equal(sums.totals.get(), expected)
    assert (sums.totals[1].get() == 0).all()


@pytest.mark.parametrize("is_weighted", [False, True])
@pytest.mark.parametrize("on_host", [False, True])
@pytest.mark.parametrize("k", [4, 130])
def test_a_shift_has_the_bits_of_the_plain_loop(standin, is_weighted, on_host, k):
    n = 5000
    X, labels = made(n, 35, k, skewed=True)
    weights = weighted(n) if is_weighted else None
    cp, _, sums = prepared(X, weights, k, budget=2_000_000, on_host=on_host)
    sums.update(cp.asarray(labels), cp.ones(k, dtype=cp.uint8))
    rows = extended(X, weights)
    expected = naive_sums(rows, labels, k)
    rng = np.random.default_rng(3)
    for _ in range(2):
        previous = labels
        labels = np.where(rng.random(n) < 0.05, rng.integers(0, k, n), labels).astype(np.int32)
        moved, dirty = changed(cp, labels, previous, k)
        assert sums.can_shift(len(moved))
        bad = cp.zeros(1, dtype=cp.int64)
        sums.shift(moved, cp.asarray(labels), cp.asarray(previous), dirty, bad)
        naive_shift(expected, rows, labels, previous)
        expected[expected[:, -1] == 0] = 0
        np.testing.assert_array_equal(sums.totals.get(), expected)
        assert int(bad[0]) == 0


def changed(cp, labels, previous, k):
    from fastcluster._backend.gpu.kmeans._update import changes

    rows, dirty = changes(cp.asarray(labels), cp.asarray(previous), k)
    moved = labels != previous
    np.testing.assert_array_equal(rows.get(), np.flatnonzero(moved))
    marked = np.zeros(k, dtype=np.uint8)
    marked[labels[moved]] = marked[previous[moved]] = 1
    np.testing.assert_array_equal(dirty.get(), marked)
    return rows, dirty


def test_rows_moved_in_parts_are_moved_as_at_once(standin, monkeypatch):
    from fastcluster._backend.gpu.kmeans import _update

    n, k = 40_000, 3
    X, labels = made(n, 2, k)
    previous = labels
    labels = np.where(np.arange(n) % 8 == 0, (labels + 1) % k, labels).astype(np.int32)
    totals, peaks = [], []
    for n_bytes in (1 << 28, 1):
        monkeypatch.setattr(_update, "_MOVED_BYTES", n_bytes)
        cp, _, sums = prepared(X, None, k)
        sums.update(cp.asarray(previous), cp.ones(k, dtype=cp.uint8))
        moved, dirty = changed(cp, labels, previous, k)
        sums.shift(
            moved, cp.asarray(labels), cp.asarray(previous), dirty, cp.zeros(1, dtype=cp.int64)
        )
        totals.append(sums.totals.get())
        peaks.append([sums._size_peaks.get(), sums._weight_peaks.get()])
    np.testing.assert_array_equal(*totals)
    np.testing.assert_array_equal(*peaks)
    sizes, weights = naive_shift(
        naive_sums(extended(X, None), previous, k), extended(X, None), labels, previous
    )
    np.testing.assert_array_equal(peaks[0], np.stack([sizes, weights]).view(np.uint64))


def test_a_sum_that_shrinks_too_far_is_noted(standin):
    n, k = 64, 2
    X = np.full((n, 3), 1e-3, dtype=np.float32)
    X[:4] = 1e6
    previous = np.zeros(n, dtype=np.int32)
    previous[-1] = 1
    labels = previous.copy()
    labels[:4] = 1
    cp, _, sums = prepared(X, None, k)
    sums.update(cp.asarray(previous), cp.ones(k, dtype=cp.uint8))
    moved, dirty = changed(cp, labels, previous, k)
    bad = cp.zeros(1, dtype=cp.int64)
    sums.shift(moved, cp.asarray(labels), cp.asarray(previous), dirty, bad)
    assert int(bad[0]) == 1


def test_a_cluster_that_loses_its_last_row_has_sums_of_zero(standin):
    X, _ = made(20, 3, 2)
    previous = np.zeros(20, dtype=np.int32)
    previous[3] = 1
    labels = np.zeros(20, dtype=np.int32)
    cp, _, sums = prepared(X, None, 2)
    sums.update(cp.asarray(previous), cp.ones(2, dtype=cp.uint8))
    moved, dirty = changed(cp, labels, previous, 2)
    bad = cp.zeros(1, dtype=cp.int64)
    sums.shift(moved, cp.asarray(labels), cp.asarray(previous), dirty, bad)
    assert (sums.totals[1].get() == 0).all()
    assert int(bad[0]) == 0


def test_shifts_end_after_sixteen_and_where_many_rows_changed(standin):
    X, labels = made(80, 2, 2)
    cp, _, sums = prepared(X, None, 2)
    sums.update(cp.asarray(labels), cp.ones(2, dtype=cp.uint8))
    assert sums.can_shift(10)
    assert not sums.can_shift(11)
    for _ in range(16):
        assert sums.can_shift(0)
        moved, dirty = changed(cp, labels, labels, 2)
        sums.shift(
            moved, cp.asarray(labels), cp.asarray(labels), dirty, cp.zeros(1, dtype=cp.int64)
        )
    assert not sums.can_shift(0)
    sums.update(cp.asarray(labels), cp.ones(2, dtype=cp.uint8))
    assert sums.can_shift(0)
