"""Greedy k-means++ on the GPU chooses the core's rows."""

import numpy as np
import pytest
from gpu_cases import backend, blobs, some_weights

from fastcluster import _core
from fastcluster._backend.gpu.kmeans import _plus_plus


def same_start(X, n_clusters, *, init="k-means++", metric="euclidean", weights=None, **more):
    """Compare rows and centers of a start, from NumPy rows and from rows on the device."""
    import cupy as cp

    given = {
        "n_clusters": n_clusters, "init": init, "sample_weight": weights, "seed": 5,
        "metric": metric, "memory_limit": None, **more,
    }  # fmt: skip
    centers, rows = _core.init_centers(X, n_threads=1, **given)
    found, chosen = backend().start_centers(cp.asarray(X), **given)
    np.testing.assert_array_equal(chosen, rows)
    np.testing.assert_array_equal(found.get(), centers)
    assert found.dtype == centers.dtype


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.uint8])
@pytest.mark.usefixtures("standin")
def test_the_rows_of_the_core(dtype, metric):
    same_start(blobs(300, 37, dtype=dtype), 20, metric=metric)


@pytest.mark.parametrize("n_clusters", [1, 2, 7, 60])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.usefixtures("standin")
def test_any_number_of_clusters(n_clusters, weighted):
    X = blobs(270, 3, seed=n_clusters)
    same_start(X, n_clusters, weights=some_weights(270) if weighted else None)


@pytest.mark.parametrize("n_local_trials", [1, 2, 13, 70, 1000])
@pytest.mark.usefixtures("standin")
def test_any_number_of_trials(n_local_trials):
    same_start(blobs(130, 2), 9, n_local_trials=n_local_trials)


@pytest.mark.parametrize("scale", [1e-25, 1e25])
@pytest.mark.usefixtures("standin")
def test_extreme_magnitudes(scale):
    same_start(blobs(120, 5, dtype=np.float64) * scale, 8)


@pytest.mark.parametrize("n_distinct", [1, 3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.usefixtures("standin")
def test_fewer_places_than_clusters(n_distinct, weighted):
    X = blobs(n_distinct, 4)[np.arange(60) % n_distinct]
    same_start(X, 8, weights=some_weights(60) if weighted else None)


@pytest.mark.usefixtures("standin")
def test_as_many_clusters_as_rows():
    same_start(blobs(40, 2), 40)


@pytest.mark.usefixtures("standin")
def test_one_row_far_from_all_others():
    X = blobs(200, 6)
    X[77] += 1e6
    same_start(X, 12)


@pytest.mark.usefixtures("standin")
def test_rows_of_zeros_under_cosine_are_not_drawn_while_others_are_left():
    X = blobs(90, 4)
    X[::3] = 0.0
    same_start(X, 10, metric="cosine")
    same_start(np.zeros((20, 4), dtype=np.float32), 5, metric="cosine")


@pytest.mark.usefixtures("standin")
def test_two_runs_agree():
    import cupy as cp

    X = cp.asarray(blobs(150, 8))
    given = {
        "n_clusters": 9, "init": "k-means++", "sample_weight": None, "metric": "euclidean",
        "memory_limit": None,
    }  # fmt: skip
    one, other, third = (backend().start_centers(X, seed=seed, **given)[1] for seed in (1, 1, 2))
    assert one.tolist() == other.tolist() != third.tolist()


@pytest.mark.parametrize("order", [1, 2])
def test_the_order_of_threads_does_not_matter(standin, order):
    standin.state.order = order
    same_start(blobs(150, 34), 9, weights=some_weights(150))


@pytest.mark.parametrize("n_threads", [32, 96])
@pytest.mark.usefixtures("standin")
def test_blocks_of_rows_that_a_warp_looks_at_in_turns(monkeypatch, n_threads):
    # 36 blocks of 256 rows: a warp marks 32 at a time, so one warp takes two turns.
    monkeypatch.setattr(_plus_plus, "_STEP_THREADS", n_threads)
    same_start(blobs(9000, 2), 6)


@pytest.mark.parametrize("share", [-1.0, 1.0])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_products_as_wrong_as_they_may_be_change_nothing(standin, share, metric):
    standin.state.product_error = share
    same_start(blobs(150, 40, spread=0.01), 12, metric=metric)


def test_the_host_waits_three_times_a_refill(standin):
    same_start(blobs(200, 34), 30)
    counts = standin.state.counts
    counts.reads, counts.launches = 0, {}
    import cupy as cp

    backend().start_centers(
        cp.asarray(blobs(200, 34)), n_clusters=30, init="k-means++", sample_weight=None, seed=5,
        metric="euclidean", memory_limit=None,
    )  # fmt: skip
    n_refills = counts.launches["draw"]
    assert 3 < n_refills < 30
    assert counts.reads <= 3 * n_refills + 8
