"""Exact search on the GPU against the CPU's bits and a plain float64 twin."""

from types import SimpleNamespace

import numpy as np
import pytest
from gpu_cases import leave
from rough_rows import ROWS, rows_of

import fastcluster as fc
from fastcluster._backend._cpu import CpuBackend
from fastcluster._backend.gpu.rows._rows import Rows
from fastcluster._backend.gpu.scores._search import Searcher
from fastcluster._backend.gpu.scores._tiles import Targets
from fastcluster._backend.gpu.search._nearest import NEIGHBORS_MAX, GpuNearest

CPU = CpuBackend(n_threads=1, reason="the twin")


def on_gpu(rows, centers, n_neighbors, metric="euclidean"):
    backend = SimpleNamespace(device=0, home="numpy")
    return GpuNearest.nearest(backend, rows, centers, n_neighbors=n_neighbors, metric=metric)


def assert_as_on_cpu(rows, centers, n_neighbors, metric="euclidean"):
    expected = CPU.nearest(rows, centers, n_neighbors=n_neighbors, metric=metric)
    found = on_gpu(rows, centers, n_neighbors, metric)
    np.testing.assert_array_equal(found[1], expected[1])
    np.testing.assert_array_equal(found[0], expected[0], strict=True)


def twin(rows, centers, n_neighbors):
    """The nearest by differences in float64, ties to the lowest."""
    rows, centers = rows.astype(np.float64), centers.astype(np.float64)
    squared = np.square(rows[:, np.newaxis] - centers).sum(axis=2)
    order = np.argsort(squared, axis=1, kind="stable")[:, :n_neighbors]
    return np.sqrt(np.take_along_axis(squared, order, axis=1)), order


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("name", ROWS)
def test_hostile_rows_have_the_neighbors_of_the_cpu(standin, name, metric):
    both = rows_of(name, 330, 11)
    assert_as_on_cpu(both[:40], both[40:], 7, metric)


@pytest.mark.parametrize(
    ("dtype", "metric"),
    [(np.float16, "euclidean"), (np.uint8, "cosine"), (np.float64, "cosine")],
)
def test_dtypes_are_read_as_they_are(standin, dtype, metric):
    rows = np.random.default_rng(0).integers(0, 100, size=(30, 9)).astype(dtype)
    centers = rows_of("clumps", 150, 9, np.float64 if dtype == np.float64 else np.float32)
    assert_as_on_cpu(rows, centers, 3, metric)


@pytest.mark.parametrize("name", ["clumps", "copies", "lattice"])
def test_the_twin_finds_the_same(standin, name):
    both = rows_of(name, 200, 8, np.float64)
    distances, indices = on_gpu(both[:20], both[20:], 11)
    expected, order = twin(both[:20], both[20:], 11)
    np.testing.assert_allclose(distances, expected, rtol=1e-14)
    if name == "lattice":  # sums of small integers do not round
        np.testing.assert_array_equal(indices, order)


@pytest.mark.parametrize(("n_centers", "n_neighbors"), [(1, 1), (3, 3), (129, 129), (700, 260)])
def test_lists_that_take_all_or_are_cut_many_times(standin, n_centers, n_neighbors):
    assert_as_on_cpu(rows_of("clumps", 5, 6), rows_of("lone giants", n_centers, 6), n_neighbors)


def test_the_longer_side_may_be_either(standin):
    few, many = rows_of("clumps", 6, 5), rows_of("clumps", 900, 5)
    assert_as_on_cpu(few, many, 4)
    assert_as_on_cpu(many, few, 4)


def test_extreme_float64_rows(standin):
    both = rows_of("clumps", 200, 5, np.float64) * 1e200
    assert_as_on_cpu(both[:20], both[20:], 5)
    assert_as_on_cpu(both[:20] * 1e-250, both[20:] * 1e-200, 5, "cosine")


def test_rows_that_the_frame_of_the_centers_does_not_hold(standin):
    assert_as_on_cpu(rows_of("huge", 20, 5) * 1e-5, rows_of("near ties", 200, 5), 5)


def searcher_of(rows, centers, tile, **options):
    rows, centers = Rows.of(rows, cosine=False), Rows.of(centers, cosine=False)
    return Searcher(rows, Targets.of(centers), tile=tile, **options), next(rows.blocks())


@pytest.mark.parametrize("name", ["clumps", "copies"])
def test_no_tile_and_no_second_run_changes_a_bit(standin, name):
    both = rows_of(name, 400, 7)
    results = []
    for tile in [(2048, 4096), (2048, 4096), (16, 64), (7, 33)]:
        searcher, block = searcher_of(both[:60], both[60:], tile, n_neighbors=5)
        results.append([array.get() for array in searcher.nearest(block)])
    for distances, indices in results[1:]:
        np.testing.assert_array_equal(distances, results[0][0])
        np.testing.assert_array_equal(indices, results[0][1])


def test_few_columns_are_compared_and_only_crowded_rows_are_scored_twice(standin):
    drawn = np.random.default_rng(0).standard_normal((800, 24)).astype(np.float32)
    searcher, block = searcher_of(drawn[:40], drawn[40:], (2048, 4096), n_neighbors=5)
    searcher.nearest(block)
    assert searcher.n_crowded == 0
    assert searcher._lists.counts.get().max() < 12
    copies = rows_of("copies", 800, 24)
    searcher, block = searcher_of(copies[:40], copies[40:], (2048, 4096), n_neighbors=5)
    searcher.nearest(block)
    assert searcher.n_crowded == 40


def test_tiles_shrink_where_memory_is_short(standin):
    rows, centers = rows_of("clumps", 300, 5), rows_of("clumps", 90, 5)
    expected = CPU.nearest(rows, centers, n_neighbors=3, metric="euclidean")
    rows, others = Rows.of(rows, cosine=False), Rows.of(centers, cosine=False)
    targets, block = Targets.of(others), next(rows.blocks())
    leave(500_000)
    searcher = Searcher(rows, targets, 3)
    assert 64 <= searcher._scores.n_rows < 300
    _, indices = searcher.nearest(block)
    np.testing.assert_array_equal(indices.get(), expected[1])
    leave(1000)
    with pytest.raises(MemoryError, match=r"a tile of rows of 64.*\nhint: "):
        Searcher(rows, targets, 3)


@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_not_its_own_neighbor(standin, name):
    values = rows_of(name, 150, 6)
    rows = Rows.of(values, cosine=False)
    searcher = Searcher(rows, Targets.of(rows), 4, itself=True, by_distance=True, tile=(32, 48))
    distances, indices = (array.get() for array in searcher.nearest(next(rows.blocks())))
    reached = CPU.reachability(values, min_samples=5, alpha=1.0, metric="euclidean")
    np.testing.assert_array_equal(indices.ravel(), reached.neighbors)
    np.testing.assert_array_equal(distances.ravel(), reached.distances)


@pytest.mark.parametrize(("by_distance", "expected"), [(True, [0, 1]), (False, [1, 0])])
def test_squares_of_equal_roots_are_ordered_by_number(standin, by_distance, expected):
    nearer, farther = np.array([1.0, 0.0]), np.array([1.0, 2.0**-26])
    assert np.sqrt(1.0 + 2.0**-52) == 1.0
    rows, targets = np.zeros((1, 2)), np.stack([farther, nearer])
    searcher, block = searcher_of(rows, targets, (8, 8), n_neighbors=2, by_distance=by_distance)
    assert searcher.nearest(block)[1].get().tolist() == [expected]


def test_the_function_searches_where_the_arrays_are(standin):
    import cupy

    rows, centers = rows_of("clumps", 10, 4), rows_of("clumps", 30, 4)
    expected = fc.nearest_centroids(rows, centers, 3, device="cpu")
    asked = fc.nearest_centroids(rows, centers, 3, device="cuda")
    there = fc.nearest_centroids(cupy.asarray(rows), cupy.asarray(centers), 3)
    for found, asked_for, wanted in zip(there, asked, expected, strict=True):
        assert isinstance(found, cupy.ndarray)
        np.testing.assert_array_equal(found.get(), wanted, strict=True)
        np.testing.assert_array_equal(asked_for, wanted, strict=True)


def test_more_neighbors_than_lists_are_made_for_are_refused(standin):
    rows = rows_of("clumps", 2, 2)
    with pytest.raises(ValueError, match=rf"n_neighbors={NEIGHBORS_MAX + 1} .*\nhint: "):
        on_gpu(rows, rows, NEIGHBORS_MAX + 1)
