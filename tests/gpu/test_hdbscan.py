"""The tree of mutual reachability found on the GPU is the CPU's, edge by edge and bit by bit."""

from types import SimpleNamespace

import numpy as np
import pytest
from rough_rows import ROWS, rows_of

import fastcluster as fc
from fastcluster._backend._cpu import CpuBackend
from fastcluster._backend.gpu.density._attach import Attacher
from fastcluster._backend.gpu.density._hdbscan import GpuHdbscan
from fastcluster._backend.gpu.density._spanning import Spanning
from fastcluster._backend.gpu.rows._rows import Rows
from fastcluster._backend.gpu.scores._search import Searcher
from fastcluster._backend.gpu.scores._tiles import Targets, in_one_space
from fastcluster._backend.gpu.search._nearest import NEIGHBORS_MAX
from fastcluster.exceptions import DeviceUnavailableError

CPU = CpuBackend(n_threads=1, reason="the twin")
COLUMNS = ("cores", "neighbors", "distances", "weights", "low", "high")


def assert_as_on_cpu(values, min_samples, alpha=1.0, metric="euclidean"):
    options = {"min_samples": min_samples, "alpha": alpha, "metric": metric}
    found = GpuHdbscan.reachability(SimpleNamespace(device=0), values, **options)
    expected = CPU.reachability(values, **options)
    for name in COLUMNS:
        np.testing.assert_array_equal(
            getattr(found, name), getattr(expected, name), err_msg=name, strict=True
        )


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("name", ROWS)
def test_hostile_rows_have_the_tree_of_the_cpu(standin, name, metric):
    assert_as_on_cpu(rows_of(name, 140, 7), 4, metric=metric)


@pytest.mark.parametrize("alpha", [0.5, 1.7])
@pytest.mark.parametrize("min_samples", [1, 2, 30])
def test_parameters(standin, min_samples, alpha):
    assert_as_on_cpu(rows_of("clumps", 70, 5), min_samples, alpha)
    assert_as_on_cpu(rows_of("lattice", 70, 3), min_samples, alpha)


@pytest.mark.parametrize(("dtype", "metric"), [(np.float16, "cosine"), (np.float64, "euclidean")])
def test_dtypes(standin, dtype, metric):
    rows = np.random.default_rng(0).integers(0, 90, size=(80, 4)).astype(dtype)
    assert_as_on_cpu(rows, 3, metric=metric)


def test_rows_that_differ_by_less_than_float32_can_square(standin):
    rows = np.random.default_rng(0).standard_normal((80, 4)) * 1e-25
    rows[:, 0], rows[::9] = 1.0, 0.0
    assert_as_on_cpu(rows, 3, metric="cosine")


@pytest.mark.parametrize("n_rows", [2, 3, 17, 18])
def test_few_rows_whose_lists_hold_all_others(standin, n_rows):
    assert_as_on_cpu(rows_of("clumps", n_rows, 3), min(n_rows, 2))


def test_the_estimator_has_the_labels_of_the_cpu(standin):
    import cupy

    values = rows_of("clumps", 120, 4)
    expected = fc.HDBSCAN(5, device="cpu").fit(values)
    found = fc.HDBSCAN(5).fit(cupy.asarray(values))
    for name in ("labels_", "probabilities_", "outlier_scores_", "core_distances_"):
        array = getattr(found, name)
        assert isinstance(array, cupy.ndarray)
        np.testing.assert_array_equal(array.get(), getattr(expected, name))
    again = fc.HDBSCAN(5, device="cuda").fit(values)
    np.testing.assert_array_equal(again.labels_, expected.labels_)
    np.testing.assert_array_equal(
        again.recut(min_cluster_size=9).labels_, expected.recut(min_cluster_size=9).labels_
    )
    new = rows_of("lattice", 20, 4)
    for method in ("predict", "membership_vector"):
        wanted = getattr(expected, method)(new)
        given = getattr(found, method)(cupy.asarray(new))
        np.testing.assert_array_equal(given.get(), wanted, err_msg=method)
    eps = float(np.median(expected.core_distances_))
    np.testing.assert_array_equal(found.dbscan_labels(eps).get(), expected.dbscan_labels(eps))
    with pytest.raises(DeviceUnavailableError, match=r"store_centers='medoid' does.*\nhint: "):
        fc.HDBSCAN(5, store_centers="medoid").fit(cupy.asarray(values))


def assert_attached_as_on_cpu(new, values, min_samples, alpha=1.0, metric="euclidean"):
    options = {"min_samples": min_samples, "alpha": alpha, "metric": metric}
    cores = CPU.reachability(values, **options).cores
    expected = CPU.attach(new, values, cores, **options)
    found = GpuHdbscan.attach(SimpleNamespace(device=0), new, values, cores, **options)
    for wanted, given in zip(expected, found, strict=True):
        np.testing.assert_array_equal(given, wanted, strict=True)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("name", ROWS)
def test_new_rows_are_attached_as_on_the_cpu(standin, name, metric):
    both = rows_of(name, 150, 6)
    assert_attached_as_on_cpu(both[:30], both[15:], 4, metric=metric)


@pytest.mark.parametrize("alpha", [0.3, 3.0])
@pytest.mark.parametrize("min_samples", [1, 40, 60])
def test_attaching_under_other_parameters(standin, min_samples, alpha):
    assert_attached_as_on_cpu(
        rows_of("lone giants", 25, 4), rows_of("clumps", 60, 4), min_samples, alpha
    )


@pytest.mark.parametrize("dtype", [np.float16, np.int8])
def test_new_rows_of_another_dtype(standin, dtype):
    rng = np.random.default_rng(0)
    values = rng.integers(-9, 9, size=(150, 4)).astype(dtype)
    assert_attached_as_on_cpu(rng.standard_normal((20, 4)).astype(np.float32), values, 3)


def test_new_rows_of_another_width_are_refused(standin):
    with pytest.raises(ValueError, match=r"X has 3 features.* have 4\nhint: "):
        in_one_space(rows_of("clumps", 2, 3), rows_of("clumps", 5, 4), cosine=False)


@pytest.mark.parametrize("cosine", [False, True])
def test_new_rows_whose_lists_do_not_decide_are_compared_with_all(standin, cosine):
    # The nearest training rows, more than are listed, have huge core distances.
    new, values = rows_of("clumps", 1, 4), rows_of("clumps", 120, 4)
    metric = "cosine" if cosine else "euclidean"
    _, (order,) = CPU.nearest(new, values, n_neighbors=len(values), metric=metric)
    cores = np.full(len(values), 1e-3)
    cores[order[:70]] = 1e3
    rows, others = in_one_space(new, values, cosine=cosine)
    attacher = Attacher(rows, Targets.of(others), cores, min_samples=2, alpha=1.0, n_listed=16)
    found = attacher.attach(next(rows.blocks()))
    expected = CPU.attach(new, values, cores, min_samples=2, alpha=1.0, metric=metric)
    for wanted, given in zip(expected, found, strict=True):
        np.testing.assert_array_equal(given, wanted)
    assert attacher.n_searched > 0


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_distances_to_exemplars_are_the_cpus(standin, metric):
    values = rows_of("zeros among", 60, 5)
    labels = np.repeat(np.array([0, 2, 3], dtype=np.uint32), 6)
    options = {"n_labels": 5, "metric": metric}
    expected = CPU.exemplar_distances(values, values[:18], labels, **options)
    found = GpuHdbscan.exemplar_distances(
        SimpleNamespace(device=0), values, values[:18], labels, **options
    )
    np.testing.assert_array_equal(found, expected, strict=True)


def searched(values, n_listed, tile=(2048, 4096), min_samples=3):
    """Return the tree, and how often rows were searched beyond their lists."""
    rows = Rows.of(values, cosine=False)
    targets = Targets.of(rows)
    searcher = Searcher(rows, targets, n_listed, itself=True, by_distance=True, tile=tile)
    distances, indices = searcher.nearest(targets.block)
    cores = distances[:, min_samples - 2].get().copy()
    spanning = Spanning(
        targets, indices.astype(np.uint32), distances, cores=cores, alpha=1.0, tile=tile
    )
    return spanning.tree(), spanning.n_searched


@pytest.mark.parametrize("name", ["clumps", "copies", "lattice", "lone giants"])
def test_no_tile_and_no_length_of_lists_changes_an_edge(standin, name):
    values = rows_of(name, 90, 5)
    expected, _ = searched(values, 89)
    for n_listed, tile in [(2, (2048, 4096)), (16, (13, 40)), (2, (64, 37))]:
        tree, _ = searched(values, n_listed, tile)
        for column in ("weights", "low", "high"):
            np.testing.assert_array_equal(getattr(tree, column), getattr(expected, column))


def test_longer_lists_leave_fewer_rows_to_search(standin):
    values = rows_of("clumps", 200, 8)
    n_searched = [searched(values, n_listed)[1] for n_listed in (2, 16, 199)]
    assert n_searched[0] > n_searched[1] > n_searched[2] == 0


def test_more_neighbors_than_lists_are_made_for_are_refused(standin):
    too_many = NEIGHBORS_MAX + 2
    backend = SimpleNamespace(device=0)
    with pytest.raises(ValueError, match=rf"min_samples={too_many} .*\nhint: "):
        GpuHdbscan.reachability(
            backend, rows_of("clumps", 3, 2), min_samples=too_many, alpha=1.0, metric="euclidean"
        )
