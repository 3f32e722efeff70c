"""Start centers on the GPU are the CPU's."""

import numpy as np
import pytest
from gpu_cases import backend, blobs, some_weights
from test_plus_plus import same_start

import fastcluster as fc
from fastcluster import _core


@pytest.mark.parametrize("init", ["random", "k-means||"])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.usefixtures("standin")
def test_the_rows_of_the_core(init, metric, weighted):
    X = blobs(260, 9, seed=2)
    same_start(X, 6, init=init, metric=metric, weights=some_weights(260) if weighted else None)


@pytest.mark.usefixtures("standin")
def test_rounds_that_draw_too_few_rows_are_made_up_for():
    X = blobs(3, 4)[np.arange(50) % 3]
    same_start(X, 7, init="k-means||")
    same_start(X, 7, init="k-means||", weights=some_weights(50))


@pytest.mark.usefixtures("standin")
def test_weights_of_zero_only_are_refused():
    with pytest.raises(ValueError, match="at least one positive entry\nhint"):
        backend().start_centers(
            blobs(9, 2), n_clusters=2, init="random", sample_weight=np.zeros(9), seed=0,
            metric="euclidean", memory_limit=None,
        )  # fmt: skip


@pytest.mark.parametrize("init", ["random", "k-means||", "k-means++"])
@pytest.mark.usefixtures("standin")
def test_rows_that_stream_from_host_memory(init):
    from fastcluster._backend.gpu.rows._rows import Rows

    X = blobs(4600, 2)
    room, needed = 30_000, 112 * 4600 + 64 * 3 * 2
    assert not Rows.of(X, cosine=False, budget=room).is_resident
    given = {
        "n_clusters": 3, "init": init, "sample_weight": None, "seed": 5, "metric": "euclidean",
    }  # fmt: skip
    _, expected = _core.init_centers(X, n_threads=1, **given)
    _, rows = backend().start_centers(X, memory_limit=needed + room, **given)
    np.testing.assert_array_equal(rows, expected)


@pytest.mark.usefixtures("standin")
def test_rows_of_any_strides():
    import cupy as cp

    X = blobs(150, 7)
    wide = cp.asarray(np.repeat(np.repeat(X, 2, axis=0), 3, axis=1))
    given = {
        "n_clusters": 5, "init": "k-means++", "sample_weight": None, "seed": 5,
        "metric": "euclidean", "memory_limit": None,
    }  # fmt: skip
    expected = backend().start_centers(cp.asarray(X), **given)[1]
    for view in (wide[::2, ::3], cp.asfortranarray(cp.asarray(X))):
        np.testing.assert_array_equal(backend().start_centers(view, **given)[1], expected)


@pytest.mark.usefixtures("standin")
def test_kmeans_plusplus_gives_arrays_of_the_callers_kind():
    import cupy as cp

    X = blobs(120, 5)
    centers, rows = fc.kmeans_plusplus(X, 4, random_state=1)
    found, chosen = fc.kmeans_plusplus(cp.asarray(X), 4, random_state=1)
    np.testing.assert_array_equal(found.get(), centers)
    np.testing.assert_array_equal(chosen.get(), rows)


@pytest.mark.usefixtures("standin")
def test_too_little_memory():
    with pytest.raises(MemoryError, match=r"memory_limit=1000 .*\nhint"):
        backend().start_centers(
            blobs(80, 2), n_clusters=2, init="random", sample_weight=None, seed=0,
            metric="euclidean", memory_limit=1000,
        )  # fmt: skip


def sample_by_the_definition(X, weights, size, uniforms):
    """The weighted sample, row by row."""
    squares = np.array([np.float32(((row - X.mean(axis=0)) ** 2).sum()) for row in X], dtype=float)
    by_weight, by_distance = 0.5 * size / weights.sum(), 0.5 * size / (weights * squares).sum()
    rows, masses, mass, drawn = [], [], 0.0, 0
    for row, square in enumerate(squares):
        expected = weights[row] * (by_weight + by_distance * square)
        mass, before = mass + expected, drawn
        while drawn < size and drawn + uniforms[drawn] < mass:
            drawn += 1
        if drawn > before:
            rows.append(row)
            masses.append((drawn - before) * weights[row] / expected)
    return rows, masses


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.usefixtures("standin")
def test_the_sample_is_the_one_that_is_defined(weighted, monkeypatch):
    import cupy as cp

    from fastcluster._backend.gpu.kmeans import _coreset
    from fastcluster._backend.gpu.kmeans._plus_plus import Population
    from fastcluster._backend.gpu.rows._rows import Rows
    from fastcluster._backend.gpu.runtime._random import Stream

    X = blobs(700, 3, dtype=np.float64)
    weights = some_weights(700) if weighted else np.ones(700)
    seen = []
    monkeypatch.setattr(_coreset, "choose_among", lambda *given: seen.append(given[1:3]))
    rows = Rows.of(cp.asarray(X), cosine=False)
    population = Population(rows, cp.asarray(weights) if weighted else None, None)
    mean = cp.asarray(X.mean(axis=0))
    _coreset.choose_by_sample(population, mean, 3, 80, Stream(1, 6), None)
    ((chosen, masses),) = seen
    uniforms = Stream(1, 6).uniform(0, 80).get()
    expected_rows, expected_masses = sample_by_the_definition(X, weights, 80, uniforms)
    assert chosen.tolist() == expected_rows
    np.testing.assert_allclose(masses, expected_masses, rtol=1e-9)


@pytest.mark.slow
@pytest.mark.usefixtures("standin")
def test_a_fit_of_many_rows_starts_where_the_core_does():
    import cupy as cp

    from fastcluster._backend.gpu.kmeans._seeding import start
    from fastcluster._backend.gpu.rows._moments import Moments
    from fastcluster._backend.gpu.rows._rows import Rows

    X = blobs(1 << 17, 2)
    rows = Rows.of(cp.asarray(X), cosine=False)
    centers = start(
        rows, None, Moments.of(rows).mean, init="k-means++", n_clusters=3, seed=3, run=0
    ).published.get()
    given = {
        "n_clusters": 3, "n_init": 1, "max_iter": 1, "tol": 0.0, "sample_weight": None, "seed": 3,
        "metric": "euclidean", "n_threads": 2, "algorithm": "lloyd",
    }  # fmt: skip
    # One iteration tells where it began.
    from_seed = _core.kmeans_fit(X, init="k-means++", **given)
    from_centers = _core.kmeans_fit(X, init=[centers], **given)
    np.testing.assert_array_equal(from_seed.centers, from_centers.centers)
    assert from_seed.history["inertia"].tolist() == from_centers.history["inertia"].tolist()
