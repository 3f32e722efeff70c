"""Published centers: rounded means, and working values that are derived from them."""

import numpy as np
import pytest

from fastcluster._backend.gpu.rows._centers import BAD, EMPTY, MOVED


def prepared(X, start, *, cosine=False):
    import cupy as cp

    from fastcluster._backend.gpu.rows._centers import Centers
    from fastcluster._backend.gpu.rows._rows import Rows

    rows = Rows.of(cp.asarray(X), cosine=cosine)
    return cp, rows, Centers.of(cp.asarray(start), rows)


def totals_of(cp, sums, weights):
    return cp.asarray(np.column_stack([sums, weights, np.sign(weights)]).astype(np.float64))


def marked(cp, *flags):
    return cp.asarray(np.array(flags, dtype=np.uint8))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_means_are_rounded_and_their_movements_measured(standin, dtype):
    rng = np.random.default_rng(0)
    X, start = rng.normal(size=(9, 300)).astype(dtype), rng.normal(size=(3, 300)).astype(dtype)
    cp, rows, centers = prepared(X, start)
    sums, report = rng.normal(size=(3, 300)) * 7, cp.zeros(3, dtype=cp.int64)
    moved = centers.move(totals_of(cp, sums, [3, 7, 2]), marked(cp, 1, 0, 1), report, rows).get()
    expected = start.copy()
    expected[[0, 2]] = sums[[0, 2]] / [[3], [2]]
    np.testing.assert_array_equal(centers.published.get(), expected)
    np.testing.assert_array_equal(centers.working.get(), expected.astype(np.float64))
    steps = np.square(expected.astype(np.float64) - start.astype(np.float64))
    np.testing.assert_array_equal(moved, np.add.accumulate(steps, axis=1)[:, -1])
    assert report.get().tolist() == [0, 0, 1]


def test_clusters_without_weight_stay(standin):
    start = np.ones((2, 3), np.float32)
    cp, rows, centers = prepared(start, start)
    report = cp.zeros(3, dtype=cp.int64)
    totals = totals_of(cp, np.zeros((2, 3)), [0, 0])
    assert centers.move(totals, marked(cp, 1, 1), report, rows).get().tolist() == [0, 0]
    np.testing.assert_array_equal(centers.published.get(), start)
    assert report.get()[MOVED] == 0


@pytest.mark.parametrize("place", [EMPTY, BAD])
def test_nothing_moves_while_sums_are_not_final(standin, place):
    start = np.ones((2, 3), np.float32)
    cp, rows, centers = prepared(start, start)
    report = cp.zeros(3, dtype=cp.int64)
    report[place] = 1
    centers.move(totals_of(cp, np.full((2, 3), 8.0), [2, 2]), marked(cp, 1, 1), report, rows)
    np.testing.assert_array_equal(centers.published.get(), start)
    assert report.get()[MOVED] == 0


@pytest.mark.parametrize("factor", [1.0, 1e-170, 1e170])
def test_means_are_normalised_under_cosine(standin, factor):
    rng = np.random.default_rng(0)
    start = rng.normal(size=(3, 40))
    cp, rows, centers = prepared(start, start, cosine=True)
    sums = rng.normal(size=(3, 40)) * factor
    sums[1] = 0
    report = cp.zeros(3, dtype=cp.int64)
    centers.move(totals_of(cp, sums, [1, 1, 1]), marked(cp, 1, 1, 1), report, rows)
    published = centers.published.get()
    directions = sums[[0, 2]] / factor
    expected = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    np.testing.assert_allclose(published[[0, 2]], expected, rtol=1e-14)
    np.testing.assert_array_equal(published[1], start[1])
    np.testing.assert_allclose(np.linalg.norm(centers.working.get(), axis=1), 1, rtol=1e-14)
    assert centers.void.get().tolist() == [0, 0, 0]


def test_a_center_of_zeros_gets_the_direction_of_its_rows(standin):
    start = np.array([[1.0, 0.0]])
    cp, rows, centers = prepared(np.eye(2), start, cosine=True)
    assert centers.void.get().tolist() == [0]
    _, _, nothing = prepared(np.eye(2), np.zeros((1, 2)), cosine=True)
    assert nothing.void.get().tolist() == [1]
    report = cp.zeros(3, dtype=cp.int64)
    nothing.move(totals_of(cp, np.array([[3.0, 4.0]]), [2]), marked(cp, 1), report, rows)
    assert nothing.void.get().tolist() == [0]
    np.testing.assert_allclose(nothing.published.get(), [[0.6, 0.8]], rtol=1e-15)
