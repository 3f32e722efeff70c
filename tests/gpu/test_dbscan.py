"""DBSCAN on a GPU: labels and core rows of the CPU, for hostile rows and any tile."""

import numpy as np
import pytest

from fastcluster._backend._cpu import CpuBackend
from fastcluster._backend.gpu.density._dbscan import GpuDbscan
from fastcluster._backend.gpu.scores import _near
from fastcluster.exceptions import DeviceUnavailableError


class Gpu(GpuDbscan):
    device = 0


CPU = CpuBackend(n_threads=1, reason="to compare with")


def blobs(rng, n=300, d=6):
    centers = rng.normal(0, 3, (7, d))
    return centers[rng.integers(0, 7, n)] + rng.normal(0, 0.7, (n, d))


def lattice(rng, n=250, d=3):
    return rng.integers(0, 6, (n, d)).astype(np.float64)


def outliers(rng):
    X = blobs(rng)
    X[:, 0] *= 1e6
    X[:3] *= 1e4
    return X


def duplicates(rng):
    return np.repeat(blobs(rng, 60), 5, axis=0)


def zero_rows(rng):
    X = blobs(rng, 200)
    X[::9] = 0
    return X


def fitted(backend, X, **changes):
    given = {
        "eps": 1.5,
        "min_samples": 5,
        "sample_weight": None,
        "metric": "euclidean",
        "memory_limit": None,
    }
    return backend.dbscan(X, **(given | changes))


def assert_same(X, **changes):
    expected = fitted(CPU, X, **(changes | {"memory_limit": None}))
    found = fitted(Gpu(), X, **changes)
    np.testing.assert_array_equal(found.labels, expected.labels)
    np.testing.assert_array_equal(found.core_sample_indices, expected.core_sample_indices)
    assert found.labels.dtype == np.intp
    assert found.core_sample_indices.dtype == np.intp
    return found


HOSTILE = {
    "blobs": (blobs, 1.5),
    "lattice at sqrt 2": (lattice, np.sqrt(2)),
    "lattice at sqrt 3": (lattice, np.sqrt(3)),
    "lattice at 2": (lattice, 2.0),
    "duplicates": (duplicates, 1.2),
    "duplicates only": (duplicates, 1e-300),
    "an outlying feature": (outliers, 2e5),
    "all near": (blobs, 1e200),
    "huge": (lambda rng: blobs(rng) * 1e150, 1.5e150),
    "tiny": (lambda rng: blobs(rng) * 1e-200, 1.5e-200),
    "far from zero": (lambda rng: blobs(rng) + 1e7, 1.5),
    "one feature": (lambda rng: rng.normal(0, 3, (300, 1)), 0.02),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_labels_are_those_of_the_cpu(standin, name, dtype):
    make, eps = HOSTILE[name]
    with np.errstate(over="ignore"):
        X = make(np.random.default_rng(3)).astype(dtype)
    if not np.isfinite(X).all():
        pytest.skip("beyond float32")
    standin.state.product_error = 0.9
    assert_same(X, eps=float(eps))


def test_the_cases_have_cores_borders_and_noise(standin):
    found = assert_same(blobs(np.random.default_rng(3)).astype(np.float32))
    n_cores, n_noise = len(found.core_sample_indices), (found.labels == -1).sum()
    assert found.labels.max() > 2
    assert n_cores > 100
    assert n_noise > 5
    assert n_cores + n_noise < 300


@pytest.mark.parametrize("dtype", [np.float16, np.int8, np.uint8])
def test_narrow_rows_are_read_as_they_are(standin, dtype):
    X = (blobs(np.random.default_rng(5)) * (1 if dtype == np.float16 else 5) + 30).astype(dtype)
    assert_same(X, eps=1.5 if dtype == np.float16 else 8.0)


@pytest.mark.parametrize("eps", [1e-15, 0.02, 0.3, 1.0, 1.5, 2.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cosine_with_rows_of_zeros(standin, eps, dtype):
    X = zero_rows(np.random.default_rng(7)).astype(dtype)
    standin.state.product_error = 0.9
    assert_same(X, eps=eps, metric="cosine", min_samples=4)


def test_pairs_at_the_limit_are_decided_in_float64(standin):
    # The radius is a distance that occurs, and the next smaller number.
    X = np.random.default_rng(9).normal(size=(80, 40)).astype(np.float32)
    squares = np.square(X[:, None].astype(np.float64) - X[None]).sum(axis=2)
    for eps in np.sqrt(np.quantile(squares, [0.1, 0.4])):
        assert_same(X, eps=float(eps), min_samples=3)
        assert_same(X, eps=float(np.nextafter(eps, 0)), min_samples=3)


@pytest.mark.parametrize(
    "weights",
    [
        lambda rng: np.full(300, 2.0),
        lambda rng: rng.uniform(0, 2, 300),
        lambda rng: rng.uniform(-1, 2, 300),
        lambda rng: rng.choice([0.1, 0.2, 0.7], 300),
        lambda rng: rng.choice([1e300, -1e300, 1.0], 300),
        lambda rng: np.zeros(300),
        lambda rng: np.full(300, 1e-320),
    ],
)
@pytest.mark.parametrize("min_samples", [1, 3, 2**60])
def test_weights_are_summed_exactly(standin, weights, min_samples):
    rng = np.random.default_rng(11)
    X = blobs(rng).astype(np.float32)
    assert_same(X, sample_weight=weights(rng), min_samples=min_samples, eps=0.8)


@pytest.mark.parametrize("order", [0, 17])
@pytest.mark.parametrize("room", [None, 0, 2000])
def test_tiles_memory_and_order_of_threads_change_nothing(standin, monkeypatch, order, room):
    monkeypatch.setattr(_near, "SIDE", 64)
    monkeypatch.setattr(_near, "_SMALLEST", 32)
    standin.state.order = order
    X = blobs(np.random.default_rng(13), 290).astype(np.float32)
    with pytest.raises(MemoryError, match=r"memory_limit=1000 .*\nhint: raise ") as caught:
        fitted(Gpu(), X, memory_limit=1000)
    needed = int(str(caught.value).partition("raise memory_limit to ")[2].partition(",")[0])
    limit = None if room is None else needed + room
    assert_same(X, memory_limit=limit, eps=1.3)
    assert_same(X, memory_limit=limit, eps=1.3, sample_weight=np.linspace(-1, 3, 290))
    n_tiles = 5 * 6 // 2
    kept = {None: n_tiles, 0: 0, 2000: 2000 // (64 * 64 // 8)}[room]
    # Both fits take three passes, of which kept tiles are decided in the first.
    assert standin.state.counts.products == 2 * (3 * n_tiles - 2 * kept)


def test_few_rows(standin):
    for n in (1, 2, 33):
        X = np.arange(n, dtype=np.float32)[:, None]
        assert_same(X, eps=1.0, min_samples=2)
        assert_same(np.zeros((n, 3), dtype=np.float32), metric="cosine", min_samples=1)


def test_rows_on_the_gpu_of_any_strides(standin):
    import cupy

    X = blobs(np.random.default_rng(15)).astype(np.float32)
    expected = fitted(CPU, X)
    for held in (X, np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2]):
        on_gpu = cupy.asarray(np.repeat(held, 2, axis=0))[::2]
        found = fitted(Gpu(), on_gpu)
        np.testing.assert_array_equal(found.labels, expected.labels)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_predict_gives_rows_of_the_fit_their_labels(standin, monkeypatch, metric):
    monkeypatch.setattr(_near, "SIDE", 64)
    monkeypatch.setattr(_near, "_SMALLEST", 32)
    rng = np.random.default_rng(17)
    X = blobs(rng).astype(np.float32)
    eps = 1.5 if metric == "euclidean" else 0.05
    fit = fitted(CPU, X, eps=eps, metric=metric)
    components = X[fit.core_sample_indices]
    labels = fit.labels[fit.core_sample_indices].astype(np.int64)
    found = Gpu().dbscan_predict(X, components, labels, eps=eps, metric=metric)
    np.testing.assert_array_equal(found, fit.labels)
    for new in (blobs(rng, 70), blobs(rng, 1), (blobs(rng, 70) * 1e150), np.zeros((40, 6))):
        given = {"eps": eps, "metric": metric}
        expected = CPU.dbscan_predict(new, components, labels, **given)
        found = Gpu().dbscan_predict(new, components, labels, **given)
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == np.intp


def test_sparse_rows_are_refused(standin):
    sparse = (np.ones(1), np.zeros(1, int), np.array([0, 1]), (1, 1))
    with pytest.raises(DeviceUnavailableError, match="sparse rows does not run on a GPU"):
        fitted(Gpu(), sparse)
    with pytest.raises(DeviceUnavailableError, match="pass device='cpu'"):
        Gpu().dbscan_predict(sparse, np.ones((1, 1)), np.zeros(1), eps=1.0, metric="cosine")


def test_rows_beyond_the_gpu_say_how_many_bytes(standin):
    standin.state.device_bytes = 40 << 20
    X = np.zeros((100_000, 16), dtype=np.float32)
    with pytest.raises(MemoryError, match="needs them on the GPU: 6400000 bytes"):
        fitted(Gpu(), X)
