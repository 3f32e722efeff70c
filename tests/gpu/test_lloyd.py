"""Whole fits on the played GPU: from the same start, everything that the CPU finds, bit for bit."""

from dataclasses import dataclass

import numpy as np
import pytest

from fastcluster._backend._cpu import CpuBackend
from fastcluster.exceptions import DeviceUnavailableError

SAME = ("inertia", "center_shift", "n_changed")
"""What of the history does not depend on the filter or the clock."""


def backend(home="numpy"):
    from fastcluster._backend.gpu.kmeans._kmeans import GpuKMeans

    @dataclass(frozen=True, slots=True)
    class Backend(GpuKMeans):
        device: int
        home: str

    return Backend(0, home)


def parameters(start, **changed):
    return {
        "n_clusters": len(start), "init": [np.asarray(start)], "n_init": 1, "max_iter": 300,
        "tol": 1e-4, "sample_weight": None, "seed": 0, "metric": "euclidean", "algorithm": "lloyd",
        "memory_limit": None, "on_event": None,
    } | changed  # fmt: skip


def assert_same(found, expected):
    np.testing.assert_array_equal(found.labels, expected.labels)
    np.testing.assert_array_equal(found.centers, expected.centers)
    assert found.centers.dtype == expected.centers.dtype
    assert found.labels.dtype == expected.labels.dtype
    assert found.inertia == expected.inertia
    assert found.n_iter == expected.n_iter
    assert found.n_distinct == expected.n_distinct
    assert found.history.keys() == expected.history.keys()
    for name in expected.history:
        assert found.history[name].dtype == expected.history[name].dtype
        assert len(found.history[name]) == found.n_iter
    for name in SAME:
        np.testing.assert_array_equal(found.history[name], expected.history[name], err_msg=name)


def fits(X, start, **changed):
    """Return the fits of the played GPU and of the CPU."""
    asked = parameters(start, **changed)
    return backend().kmeans(X, **asked), CpuBackend(1, "the truth").kmeans(X, **asked)


def groups(n, d, k, *, seed=0, dtype=np.float32, spread=1.0):
    rng = np.random.default_rng(seed)
    middles = rng.normal(size=(k, d)) * 3
    X = middles[rng.integers(0, k, n)] + spread * rng.normal(size=(n, d))
    if np.dtype(dtype).kind in "iu":
        X = (10 * X).round().clip(np.iinfo(dtype).min, np.iinfo(dtype).max)
    return X.astype(dtype)


def started(X, k, *, seed=7):
    rows = np.random.default_rng(seed).permutation(len(X))[:k]
    return X[rows].astype(np.float64 if X.dtype == np.float64 else np.float32)


@pytest.mark.parametrize(
    ("n", "d", "k"), [(1, 1, 1), (40, 2, 3), (150, 17, 12), (120, 300, 9), (230, 33, 140)]
)
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_a_fit_is_the_cpus(standin, n, d, k, metric):
    X = groups(n, d, k)
    assert_same(*fits(X, started(X, k), metric=metric))


@pytest.mark.slow
def test_a_fit_of_several_runs_of_rows_is_the_cpus(standin):
    X = groups(4500, 3, 8)
    assert_same(*fits(X, started(X, 8)))


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int8, np.uint8])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_a_fit_of_every_dtype_is_the_cpus(standin, dtype, metric):
    X = groups(120, 10, 9, dtype=dtype)
    assert_same(*fits(X, started(X, 9), metric=metric))


def test_a_fit_of_bfloat16_is_the_cpus(standin):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    X = groups(120, 10, 9).astype(ml_dtypes.bfloat16)
    assert_same(*fits(X, started(X, 9)))


@pytest.mark.parametrize("k", [7, 135])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_a_weighted_fit_is_the_cpus(standin, k, metric):
    X = groups(200, 6, 9)
    weights = np.random.default_rng(1).random(200) * 2
    weights[::9] = 0
    assert_same(*fits(X, started(X, k), sample_weight=weights, metric=metric, tol=0.0))


@pytest.mark.parametrize("k", [6, 130])
def test_fits_that_move_few_rows_are_the_cpus(standin, monkeypatch, k):
    from fastcluster._backend.gpu.kmeans._update import Sums

    n_shifts = []
    shift = Sums.shift
    monkeypatch.setattr(Sums, "shift", lambda *given: n_shifts.append(1) or shift(*given))
    X = groups(400, 2, 1, spread=2.0)
    found, expected = fits(X, started(X, k), tol=0.0)
    assert_same(found, expected)
    assert 3 < len(n_shifts) < found.n_iter


def test_sums_that_shrink_too_far_are_taken_anew_as_on_the_cpu(standin):
    X = np.concatenate([groups(200, 2, 1, dtype=np.float64) * 1e-6, [[1e7, 1e7], [1e7, -1e7]]])
    start = np.array([[0.0, 0.0], [3e7, 0.0], [1e-6, 1e-6]])
    assert_same(*fits(X, start, tol=0.0))


def test_rows_move_in_their_order_whichever_way_the_cpu_found_them(standin):
    # The CPU compares rows whose center moved apart from the others; both change here.
    rng = np.random.default_rng(4)
    for seed in range(8):
        X = groups(135, 2, int(rng.integers(1, 9)), seed=seed, dtype=np.float64)
        start = started(X, 4, seed=seed)
        start[2] *= 50
        assert_same(*fits(X, start, tol=0.0, max_iter=8))


@pytest.mark.parametrize("k", [8, 140])
@pytest.mark.parametrize("is_weighted", [False, True])
def test_empty_clusters_take_the_rows_that_the_cpu_gives_them(standin, k, is_weighted):
    X = groups(200, 5, 20)
    start = started(X, k)
    start[k // 2 :] = 1e3 + np.arange(k - k // 2)[:, None]
    weights = np.random.default_rng(2).integers(0, 3, 200).astype(float) if is_weighted else None
    assert_same(*fits(X, start, sample_weight=weights))


def test_equally_far_rows_fill_empty_clusters_from_the_highest(standin):
    X = np.array([[0.0], [0.0], [4.0], [-4.0], [4.0], [-4.0]], dtype=np.float32)
    assert_same(*fits(X, np.array([[0.0], [50.0], [60.0]], dtype=np.float32)))


def test_fewer_distinct_rows_than_clusters_are_the_cpus(standin):
    X = np.repeat(groups(5, 3, 5), 20, axis=0)
    found, expected = fits(X, started(X, 9))
    assert_same(found, expected)
    assert found.n_distinct < 9


def test_rows_of_zeros_and_centers_without_direction_are_the_cpus(standin):
    X = groups(90, 4, 6)
    X[::10] = 0
    X[1] = -X[3]
    start = started(X, 6)
    start[2] = 0
    assert_same(*fits(X, start, metric="cosine"))
    assert_same(*fits(np.zeros((5, 3), np.float32), np.zeros((2, 3), np.float32), metric="cosine"))


@pytest.mark.parametrize("factor", [1e-200, 1e-30, 1e30, 1e200])
def test_extreme_magnitudes_are_scaled_as_on_the_cpu(standin, factor):
    X = groups(60, 6, 4, dtype=np.float64) * factor
    assert_same(*fits(X, started(X, 4)))
    assert_same(*fits(X, started(X, 4), metric="cosine"))


def test_centers_far_beyond_the_rows_set_the_scale(standin):
    X = groups(100, 3, 2)
    start = started(X, 3)
    start[2] = 1e25
    assert_same(*fits(X, start))


@pytest.mark.parametrize("max_iter", [1, 2])
def test_a_fit_that_is_cut_short_is_the_cpus(standin, max_iter):
    X = groups(100, 8, 5)
    assert_same(*fits(X, started(X, 5), max_iter=max_iter))


def test_the_best_of_several_starts_is_the_cpus(standin):
    X = groups(100, 3, 6)
    starts = [started(X, 6, seed=seed) for seed in range(4)]
    starts.append(starts[0][::-1].copy())
    assert_same(*fits(X, starts[0], init=starts))


@pytest.mark.parametrize("init", ["k-means++", "k-means||", "random"])
def test_named_starts_give_the_cpus_fit(standin, init):
    X = groups(100, 5, 6)
    assert_same(*fits(X, started(X, 6), init=init, n_init=2, seed=11))


@pytest.fixture
def streaming(monkeypatch):
    """Let rows in host memory pass in blocks of at least so many rows."""
    from fastcluster._backend.gpu.rows import _rows, _sources

    def stream(smallest_block):
        monkeypatch.setattr(_rows, "_RESIDENT_SHARE", 0.0)
        monkeypatch.setattr(_sources, "_STREAMED_SHARE", 0.0)
        monkeypatch.setattr(_sources, "_SMALLEST_BLOCK", smallest_block)

    return stream


@pytest.mark.parametrize(
    ("k", "metric", "is_weighted"),
    [
        (6, "euclidean", False),
        pytest.param(140, "euclidean", True, marks=pytest.mark.slow),
        pytest.param(6, "cosine", True, marks=pytest.mark.slow),
        pytest.param(140, "cosine", False, marks=pytest.mark.slow),
    ],
)
def test_streamed_rows_give_the_same_fit(standin, streaming, k, metric, is_weighted):
    from fastcluster._backend.gpu.rows._rows import Rows

    n = 4100
    X = groups(n, 4, 12, spread=2.0)
    start = started(X, k)
    start[-1] = 1e3  # and relocation
    weights = np.random.default_rng(3).random(n) if is_weighted else None
    given = {"metric": metric, "max_iter": 3, "sample_weight": weights, "tol": 0.0}
    expected = CpuBackend(1, "the truth").kmeans(X, **parameters(start, **given))
    streaming(4096)
    assert sum(1 for _ in Rows.of(X, cosine=False).blocks()) > 1
    assert_same(backend().kmeans(X, **parameters(start, **given)), expected)


def test_an_iteration_reads_streamed_rows_once(standin, streaming, monkeypatch):
    from fastcluster._backend.gpu.rows import _rows

    X = groups(400, 4, 12, spread=3.0)
    streaming(64)
    n_reads = []
    read = _rows.Rows.blocks
    monkeypatch.setattr(
        _rows.Rows, "blocks", lambda rows, size=None: n_reads.append(size) or read(rows, size)
    )
    asked = parameters(started(X, 130), tol=0.0)
    reads = {}
    for max_iter in (2, 3, 5):
        n_reads.clear()
        assert backend().kmeans(X, **(asked | {"max_iter": max_iter})).n_iter == max_iter
        reads[max_iter] = len(n_reads)
    assert reads[3] == reads[2] + 1
    assert reads[5] == reads[2] + 3


def test_an_iteration_waits_for_few_small_reads(standin):
    X = groups(300, 4, 1)
    asked = parameters(started(X, 6), tol=0.0)
    counts = []
    for max_iter in (3, 8):
        before = standin.state.counts.reads, standin.state.counts.read_bytes
        fit = backend().kmeans(X, **(asked | {"max_iter": max_iter}))
        assert fit.n_iter == max_iter
        after = standin.state.counts.reads, standin.state.counts.read_bytes
        counts.append((after[0] - before[0], after[1] - before[1]))
    (reads, n_bytes), (more_reads, more_bytes) = counts
    assert more_reads - reads <= 5 * 3
    assert more_bytes - n_bytes <= 5 * 64


def test_events_are_the_cpus(standin):
    X = groups(100, 3, 1)
    heard = {}
    for name, each in (("gpu", backend()), ("cpu", CpuBackend(1, "the truth"))):
        heard[name] = []
        on_event = lambda *event, to=heard[name]: to.append(event)  # noqa: E731
        starts = [started(X, 4, seed=seed) for seed in (1, 2)]
        each.kmeans(X, **parameters(starts[0], init=starts, tol=0.3, on_event=on_event))
        each.kmeans(X, **parameters(starts[0], tol=0.0, on_event=on_event))
    assert heard["gpu"] == heard["cpu"]
    assert {kind for kind, *_ in heard["gpu"]} == {"init", "iteration", "strict", "tolerance"}


def test_an_interrupt_leaves_the_fit(standin):
    X = groups(90, 3, 4)

    def stop(kind, _run, step, _a, _b):
        if kind == "iteration" and step == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backend().kmeans(X, **parameters(started(X, 4), tol=0.0, on_event=stop))


def test_arrays_of_the_device_come_back_on_it(standin):
    import cupy as cp

    X = groups(90, 3, 4)
    start = started(X, 4)
    found = backend("cupy").kmeans(cp.asarray(X), **parameters(start, init=[cp.asarray(start)]))
    assert isinstance(found.labels, cp.ndarray)
    assert isinstance(found.centers, cp.ndarray)
    expected = CpuBackend(1, "the truth").kmeans(X, **parameters(start))
    np.testing.assert_array_equal(found.labels.get(), expected.labels)
    np.testing.assert_array_equal(found.centers.get(), expected.centers)


def test_given_centers_and_rows_are_not_changed(standin):
    import cupy as cp

    X = groups(90, 3, 4)
    start = started(X, 4)
    on_device, given = cp.asarray(X), cp.asarray(start)
    backend("cupy").kmeans(on_device, **parameters(start, init=[given]))
    np.testing.assert_array_equal(given.get(), start)
    np.testing.assert_array_equal(on_device.get(), X)


def test_two_fits_are_identical(standin):
    X = groups(200, 12, 9)
    weights = np.random.default_rng(0).random(200)
    asked = parameters(started(X, 140), sample_weight=weights)
    assert_same(backend().kmeans(X, **asked), backend().kmeans(X, **asked))


def test_the_hierarchical_algorithm_is_refused(standin):
    X = groups(40, 2, 2)
    with pytest.raises(
        DeviceUnavailableError, match="algorithm='hierarchical' does not run on a GPU"
    ):
        backend().kmeans(X, **parameters(started(X, 2), algorithm="hierarchical"))


def test_the_search_for_starts_keeps_the_limit(standin, monkeypatch):
    from fastcluster._backend.gpu.kmeans import _kmeans

    # Too little for float16 copies of all rows, which the search makes where it may.
    monkeypatch.setattr(_kmeans, "_LEAST_BYTES", 20_000)
    X = groups(400, 32, 3)
    given = parameters(started(X, 3), init="k-means++", max_iter=5)
    free, needed = backend().kmeans(X, **given), 112 * 400 + 64 * 3 * 32 + 20_000
    assert "sieve" in standin.state.counts.launches
    standin.state.counts.launches.clear()
    assert_same(backend().kmeans(X, **given | {"memory_limit": needed}), free)
    assert "sieve" not in standin.state.counts.launches


def test_a_limit_that_is_too_low_says_what_is_needed(standin):
    X = groups(40, 2, 2)
    with pytest.raises(MemoryError, match="memory_limit=1000 bytes is below the") as caught:
        backend().kmeans(X, **parameters(started(X, 2), memory_limit=1000))
    needed = int(str(caught.value).partition("raise memory_limit to ")[2].partition(",")[0])
    found, expected = fits(X, started(X, 2), memory_limit=needed)
    assert_same(found, expected)
