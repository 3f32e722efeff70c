"""Labels of the GPU path are the CPU's, bit for bit, whatever the products are worth."""

import hostile
import numpy as np
import pytest
from gpu_cases import leave

from fastcluster import _core
from fastcluster._backend.gpu.kmeans._assignment import GpuAssign
from fastcluster._backend.gpu.rows import _rows, _sources
from fastcluster._backend.gpu.scores import _assign, _shadow

METRICS = ("euclidean", "cosine")
N_THREADS = 2


class Backend(GpuAssign):
    """The mixin alone."""

    device = 0


@pytest.fixture
def cp(standin):
    import cupy

    return cupy


def of_case(name, dtype):
    X, centers = hostile.CASES[name](np.random.default_rng(0))
    with np.errstate(over="ignore"):
        X, centers = hostile.typed(X, dtype), hostile.typed(centers, dtype)
    if not np.isfinite(X.astype(np.float64)).all():
        pytest.skip(f"the case leaves {dtype}")
    return X, centers.astype(np.float64 if dtype == "float64" else np.float32)


def labelled(cp, X, centers, metric, **options):
    """Return the labels by an assigner of its own, and that assigner."""
    rows = _rows.Rows.of(X, cosine=metric == "cosine").including(float(np.abs(centers).max()))
    assigner = _assign.Assigner(rows, len(centers), **options)
    assigner.aim(_assign.Centers.of(cp.asarray(centers), rows))
    labels = [assigner.labels(block).get() for block in rows.blocks()]
    return np.concatenate(labels), assigner


def of_cpu(X, centers, metric):
    return _core.assign(
        X, centers, metric=metric, sample_weight=None, n_threads=N_THREADS, inertia=True
    )


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("name", hostile.CASES)
def test_labels_and_inertia_are_the_cpus_on_hostile_data(cp, name, metric):
    X, centers = of_case(name, "float32")
    labels, inertia = of_cpu(X, centers, metric)
    found, measured = Backend().assign(cp.asarray(X), centers, metric=metric)
    assert found.dtype == np.int32
    assert (found.get() == labels).all()
    assert measured == inertia


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", hostile.DTYPES)
@pytest.mark.parametrize("name", ["blobs", "near_ties", "zeros_among_rows_and_centers"])
def test_labels_and_inertia_are_the_cpus_for_every_dtype(cp, name, dtype, metric):
    X, centers = of_case(name, dtype)
    labels, inertia = of_cpu(X, centers, metric)
    found, measured = Backend().assign(X, centers, metric=metric)
    assert (found.get() == labels).all()
    assert measured == inertia


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("name", hostile.CASES)
def test_products_may_be_off_by_all_that_the_bound_allows(cp, standin, name, metric):
    standin.state.product_error, standin.state.order = 1.0, 5
    X, centers = of_case(name, "float32")
    for fused in (False, True):
        labels, _ = labelled(cp, cp.asarray(X), centers, metric, tile=(64, 8), fused=fused)
        assert (labels == of_cpu(X, centers, metric)[0]).all()


@pytest.mark.parametrize("tile", [(1, 8), (7, 16), (64, 24), (1000, 4096)])
@pytest.mark.parametrize("k", [1, 2, 7, 33, 130])
def test_labels_do_not_depend_on_tiles(cp, tile, k):
    rng = np.random.default_rng(k)
    X = rng.normal(size=(90, 13)).astype(np.float32)
    centers = X[rng.integers(0, 90, k)] + rng.integers(0, 2, (k, 1)).astype(np.float32) * 1e-6
    labels, assigner = labelled(cp, cp.asarray(X), centers, "euclidean", tile=tile, fused=False)
    assert (labels == of_cpu(X, centers, "euclidean")[0]).all()
    again, other = labelled(cp, cp.asarray(X), centers, "euclidean", tile=tile, fused=False)
    assert (again == labels).all()
    assert int(other.rechecked[0]) == int(assigner.rechecked[0])


@pytest.mark.parametrize("d", [1, 2, 7, 8, 15, 16, 17, 65, 128, 200, 256, 257])
def test_labels_are_the_cpus_for_every_width(cp, standin, d):
    rng = np.random.default_rng(d)
    X = rng.normal(size=(70, d))
    labels = of_cpu(X, X[:37], "euclidean")[0]
    standin.state.counts.launches.clear()
    assert (labelled(cp, cp.asarray(X), X[:37], "euclidean")[0] == labels).all()
    assert ("best_two_fused" in standin.state.counts.launches) == (d <= 256)


def test_labels_of_thousands_of_centers_are_the_cpus(cp):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 6)).astype(np.float32)
    centers = rng.normal(size=(5000, 6)).astype(np.float32)
    labels, _ = labelled(cp, cp.asarray(X), centers, "euclidean")
    assert (labels == of_cpu(X, centers, "euclidean")[0]).all()


def test_strided_rows_are_read_as_they_are(cp):
    X = np.random.default_rng(0).normal(size=(120, 40)).astype(np.float32)
    for view in (X[::2, ::3], X[::-1], np.asfortranarray(X)):
        centers = np.ascontiguousarray(view[:10])
        labels = of_cpu(np.ascontiguousarray(view), centers, "euclidean")[0]
        on_device = cp.asarray(X)
        same = {True: on_device[::2, ::3], False: on_device[::-1]}[view.shape[1] != 40]
        if view.flags.f_contiguous:
            same = cp.asfortranarray(on_device)
        for rows in (same, view):
            assert (labelled(cp, rows, centers, "euclidean")[0] == labels).all()


def test_few_rows_are_flagged_where_clusters_are_apart(cp):
    X, centers = of_case("blobs", "float32")
    _, assigner = labelled(cp, cp.asarray(X), centers, "euclidean")
    assert assigner.n_flagged < 0.05 * len(X)
    assert int(assigner.rechecked[0]) <= 4 * assigner.n_flagged


def test_an_immense_row_or_center_leaves_the_others_proved(cp):
    for name in ("one_immense_value", "huge_norms", "outlier_features"):
        X, centers = of_case(name, "float32")
        _, assigner = labelled(cp, cp.asarray(X), centers, "euclidean")
        assert assigner.n_flagged < 0.15 * len(X)


def test_every_center_is_compared_where_all_are_equal(cp):
    X, centers = of_case("equal_centers", "float32")
    labels, assigner = labelled(cp, cp.asarray(X), centers, "euclidean")
    assert (labels == 0).all()
    assert assigner.n_flagged == len(X)
    assert int(assigner.rechecked[0]) == len(X) * len(centers)


def test_shadows_are_kept_for_later_passes(cp, standin):
    X, centers = of_case("blobs", "float32")
    rows = _rows.Rows.of(cp.asarray(X), cosine=False)
    for keep, n_shadows in ((True, 1 + 3), (False, 3 + 3)):
        standin.state.counts.launches.clear()
        assigner = _assign.Assigner(rows, len(centers), keep=keep)
        for step in range(3):
            moved = centers + np.float32(0.1 * step)
            assigner.aim(_assign.Centers.of(cp.asarray(moved), rows))
            (block,) = rows.blocks()
            labels = assigner.labels(block).get()
            assert (labels == of_cpu(X, moved, "euclidean")[0]).all()
        assert standin.state.counts.launches["shadow"] == n_shadows


def test_gathered_rows_are_not_taken_for_the_first_ones(cp):
    X, centers = of_case("near_ties", "float32")
    rows = _rows.Rows.of(cp.asarray(X), cosine=False)
    assigner = _assign.Assigner(rows, len(centers))
    assigner.aim(_assign.Centers.of(cp.asarray(centers), rows))
    (block,) = rows.blocks()
    labels = assigner.labels(block).get()
    some = np.array([150, 3, 3, 199])
    assert (assigner.labels(rows.take(some)).get() == labels[some]).all()


def test_rows_in_parts_have_the_same_labels(cp, monkeypatch):
    monkeypatch.setattr(_assign, "_SMALLEST_PART", 32)
    monkeypatch.setattr(_assign, "_PART_WORK", 1)
    X, centers = of_case("near_ties", "float32")
    for keep in (True, False):
        labels, _ = labelled(cp, cp.asarray(X), centers, "cosine", keep=keep)
        assert (labels == of_cpu(X, centers, "cosine")[0]).all()


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_streamed_rows_have_the_same_labels(cp, monkeypatch, dtype, metric):
    monkeypatch.setattr(_rows, "BLOCK_ROWS", 64)
    monkeypatch.setattr(_sources, "_SMALLEST_BLOCK", 32)
    X, centers = of_case("zeros_among_rows_and_centers", dtype)
    budget = X.nbytes // 2
    rows = _rows.Rows.of(X, cosine=metric == "cosine", budget=budget)
    assert not rows.is_resident
    rows = rows.including(float(np.abs(centers).max()))
    assigner = _assign.Assigner(rows, len(centers))
    assigner.aim(_assign.Centers.of(cp.asarray(centers), rows))
    labels, starts = [], []
    for _ in range(2):
        for block in rows.blocks():
            labels.append(assigner.labels(block).get())
            starts.append(block.start)
    expected = of_cpu(X, centers, metric)[0]
    assert len(starts) > 4
    assert (np.concatenate(labels) == np.concatenate([expected, expected])).all()
    some = np.array([149, 0, 77])
    assert (assigner.labels(rows.take(cp.asarray(some))).get() == expected[some]).all()


def test_host_rows_that_exceed_the_memory_are_streamed(cp, standin, monkeypatch):
    monkeypatch.setattr(_rows, "BLOCK_ROWS", 256)
    monkeypatch.setattr(_sources, "_SMALLEST_BLOCK", 256)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 64)).astype(np.float32)
    centers = X[:16]
    limit = (32 << 20) + X.nbytes
    cp.get_default_memory_pool().set_limit(size=limit)
    monkeypatch.setattr("fastcluster._backend.gpu.runtime._memory._WORKSPACE", 32 << 20)
    found, inertia = Backend().assign(X, centers, metric="euclidean")
    labels, expected = of_cpu(X, centers, "euclidean")
    assert (found.get() == labels).all()
    assert inertia == expected
    assert standin.state.counts.largest_bytes < limit


def test_weights_and_void_rows_count_as_on_the_cpu(cp):
    X, centers = of_case("zeros_among_rows_and_centers", "float32")
    weights = np.random.default_rng(1).random(len(X))
    for metric in METRICS:
        for given in (weights, np.ones(len(X))):
            expected = _core.assign(
                X, centers, metric=metric, sample_weight=given, n_threads=1, inertia=True
            )
            labels, inertia = Backend().assign(
                cp.asarray(X), centers, metric=metric, sample_weight=given
            )
            assert (labels.get() == expected[0]).all()
            assert inertia == expected[1]
    with pytest.raises(ValueError, match="sample_weight must have at least one positive entry"):
        Backend().assign(X, centers, metric="cosine", sample_weight=0 * weights)


def test_inertia_is_nan_where_it_is_not_asked_for(cp):
    X, centers = of_case("blobs", "float32")
    labels, inertia = Backend().assign(cp.asarray(X), centers, metric="euclidean", inertia=False)
    assert np.isnan(inertia)
    assert (labels.get() == of_cpu(X, centers, "euclidean")[0]).all()


def test_centers_of_another_width_are_refused(cp):
    X, centers = of_case("blobs", "float32")
    with pytest.raises(ValueError, match="centers have 23 features, but X has 24\nhint: "):
        Backend().assign(cp.asarray(X), centers[:, 1:], metric="euclidean")


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("name", hostile.CASES)
def test_distances_to_all_centers_are_the_rounded_exact_ones(cp, name, metric):
    X, centers = of_case(name, "float64")
    expected = _core.transform(X, centers, metric=metric, n_threads=1)
    on_host = Backend().transform(X, centers, metric=metric)
    on_device = Backend().transform(cp.asarray(X), centers, metric=metric)
    assert (on_host == expected).all()
    assert (on_device.get() == expected).all()
    single = Backend().transform(cp.asarray(X.astype(np.float32)), centers, metric=metric)
    assert single.dtype == np.float32


def test_memory_that_runs_out_makes_parts_smaller(cp, monkeypatch):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(6000, 12)).astype(np.float32)
    centers = X[:40]
    on_device = cp.asarray(X)
    monkeypatch.setattr(_shadow, "_SAMPLE_VALUES", 1000)
    for room in (900_000, 450_000):
        leave(room)
        # A budget that is not there: shadows are not kept, then scores and parts shrink.
        labels = labelled(cp, on_device, centers, "euclidean", budget=1 << 30)[0]
        assert (labels == of_cpu(X, centers, "euclidean")[0]).all()
    leave(200_000)
    with pytest.raises(MemoryError, match=r"does not suffice for .*\nhint: free "):
        labelled(cp, on_device, centers, "euclidean", budget=1 << 30)
