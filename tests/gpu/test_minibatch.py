"""Mini-batch k-means on the GPU is the core's, bit for bit."""

import numpy as np
import pytest
from gpu_cases import backend, blobs, some_weights

import fastcluster as fc
from fastcluster import _core
from fastcluster.exceptions import DeviceUnavailableError

FIT = {
    "batch_size": 40, "max_iter": 3, "tol": 0.0, "max_no_improvement": 10,
    "reassignment_ratio": 0.01, "sample_weight": None, "sampling": "rows", "growth": None,
    "seed": 11, "metric": "euclidean",
    "memory_limit": None, "on_event": None,
}  # fmt: skip


def same_fit(X, n_clusters, start=None, **more):
    """Compare all that a fit gives, and what it tells on the way."""
    import cupy as cp

    start = X[:n_clusters].astype(np.float64) if start is None else start
    given = {**FIT, **more}
    events, expected_events = [], []
    given["on_event"] = lambda *event: expected_events.append(event)
    expected = _core.minibatch_fit(X, start, n_threads=1, **given)
    given["on_event"] = lambda *event: events.append(event)
    found = backend().minibatch(cp.asarray(X), cp.asarray(start), **given)
    np.testing.assert_array_equal(found.centers.get(), expected.centers)
    assert found.centers.dtype == expected.centers.dtype
    np.testing.assert_array_equal(found.counts, expected.counts)
    assert (found.n_iter, found.n_steps) == (expected.n_iter, expected.n_steps)
    np.testing.assert_equal(found.ewa_inertia, expected.ewa_inertia)
    assert found.history.keys() == expected.history.keys()
    for name, values in expected.history.items():
        np.testing.assert_array_equal(found.history[name], values)
        assert found.history[name].dtype == values.dtype
    np.testing.assert_equal(events, expected_events)
    return found


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.usefixtures("standin")
def test_a_fit_is_the_core_s(dtype, metric):
    same_fit(blobs(300, 5, dtype=dtype), 6, metric=metric)


@pytest.mark.parametrize("sampling", ["rows", "blocks"])
@pytest.mark.usefixtures("standin")
def test_weights_and_blocks(sampling):
    same_fit(blobs(300, 4), 5, sampling=sampling, sample_weight=some_weights(300))


@pytest.mark.usefixtures("standin")
def test_centers_of_little_weight_are_reassigned():
    X = blobs(400, 3)
    far = np.full((4, 3), 1e3) + np.arange(4)[:, None]
    found = same_fit(
        X,
        8,
        np.concatenate([X[:4], far]),
        reassignment_ratio=0.3,
        max_no_improvement=None,
        max_iter=4,
    )
    assert (np.abs(found.centers.get()) < 100).all()


@pytest.mark.parametrize("batch_size", [7, 300])
@pytest.mark.usefixtures("standin")
def test_sizes_of_batches(batch_size):
    same_fit(blobs(300, 3), 4, batch_size=batch_size, max_iter=2)


@pytest.mark.usefixtures("standin")
def test_small_movements_end_a_fit():
    found = same_fit(blobs(300, 3), 3, tol=0.5, max_no_improvement=None, max_iter=50)
    assert found.n_steps < 50 * 300 // 40


@pytest.mark.usefixtures("standin")
def test_extreme_magnitudes_and_rows_of_zeros():
    X = blobs(200, 3, dtype=np.float64)
    same_fit(X * 1e30, 4)
    X[::4] = 0.0
    same_fit(X, 4, X[1:5], metric="cosine")


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reassign", [False, True])
@pytest.mark.usefixtures("standin")
def test_a_step_is_the_core_s(weighted, reassign):
    import cupy as cp

    X = blobs(150, 4)
    start = np.concatenate([X[:4], np.full((3, 4), 50.0, dtype=np.float32)])
    counts = np.array([5.0, 3.0, 0.0, 9.0, 0.0, 0.1, 0.0])
    kept = counts.copy()
    given = {
        "sample_weight": some_weights(150) if weighted else None, "reassign": reassign,
        "reassignment_ratio": 0.2, "seed": 4, "step": 3, "metric": "euclidean",
        "memory_limit": None,
    }  # fmt: skip
    centers, new_counts, _, inertia, n_reassigned = _core.minibatch_step(
        X, start, counts, n_threads=1, **given
    )
    found = backend().minibatch_step(cp.asarray(X), cp.asarray(start), counts, **given)
    np.testing.assert_array_equal(found.centers.get(), centers)
    np.testing.assert_array_equal(found.counts, new_counts)
    assert (found.inertia, found.n_reassigned) == (inertia, n_reassigned)
    assert (n_reassigned > 0) == reassign
    np.testing.assert_array_equal(counts, kept)


@pytest.mark.usefixtures("standin")
def test_the_given_centers_stay():
    import cupy as cp

    X = blobs(80, 3)
    start = cp.asarray(X[:3])
    backend().minibatch(cp.asarray(X), start, **FIT)
    np.testing.assert_array_equal(start.get(), X[:3])


@pytest.mark.usefixtures("standin")
def test_batches_that_grow_are_refused():
    with pytest.raises(DeviceUnavailableError, match=r"batch_growth=2.0 .*\nhint: .*device='cpu'"):
        backend().minibatch(blobs(9, 2), blobs(2, 2), **{**FIT, "growth": 2.0})


@pytest.mark.usefixtures("standin")
def test_rows_that_stay_in_host_memory():
    import cupy as cp

    X = blobs(9000, 3)
    given = {**FIT, "batch_size": 700, "max_iter": 1}
    expected = _core.minibatch_fit(X, X[:4], n_threads=1, **given)
    # Less than the rows take: they are gathered on the host.
    found = backend().minibatch(X, cp.asarray(X[:4]), **{**given, "memory_limit": 300_000})
    np.testing.assert_array_equal(found.centers.get(), expected.centers)


@pytest.mark.usefixtures("standin")
def test_too_little_memory():
    with pytest.raises(MemoryError, match=r"memory_limit=1000 .*\nhint"):
        backend().minibatch(blobs(80, 2), blobs(2, 2), **{**FIT, "memory_limit": 1000})


@pytest.mark.parametrize("given", [{}, {"init": "random", "n_init": 3}, {"metric": "cosine"}])
@pytest.mark.usefixtures("standin")
def test_the_estimator_is_the_cpus(given):
    import cupy as cp

    X = blobs(400, 5)
    given = {"n_clusters": 5, "random_state": 3, "batch_size": 100, "max_iter": 3, **given}
    on_cpu, on_gpu = (fc.MiniBatchKMeans(**given).fit(rows) for rows in (X, cp.asarray(X)))
    for _ in range(2):
        np.testing.assert_array_equal(on_gpu.cluster_centers_.get(), on_cpu.cluster_centers_)
        np.testing.assert_array_equal(on_gpu.labels_.get(), on_cpu.labels_)
        assert on_gpu.inertia_ == on_cpu.inertia_
        on_cpu.partial_fit(X[:90])
        on_gpu.partial_fit(cp.asarray(X[:90]))
