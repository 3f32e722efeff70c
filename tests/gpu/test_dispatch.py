"""Which device a call runs on, and what is said when it cannot."""

import logging
import sys

import host_engine
import numpy as np
import pytest
import scipy.sparse

import fastcluster as fc
from fastcluster import metrics
from fastcluster._arrays import is_on_gpu, on_host
from fastcluster._backend import select
from fastcluster._backend._cpu import CpuBackend
from fastcluster._backend.gpu import _backend as gpu
from fastcluster._backend.gpu.runtime import _cupy
from fastcluster.exceptions import DeviceUnavailableError

X = (
    np.repeat(np.array([[0.0, 1.0], [10.0, 0.0], [0.0, 20.0]]), 4, axis=0)
    + np.arange(12)[:, None] / 50
)
Y = np.arange(12) % 3


@pytest.fixture
def cp(standin):
    import cupy

    return cupy


@pytest.fixture
def engine(cp, monkeypatch):
    """Let the GPU do what the CPU does."""
    host_engine.play(monkeypatch)
    return cp


class Placed:
    """An array of a library that only says where it lies."""

    def __init__(self, kind, number=0):
        self._place = (kind, number)

    def __dlpack_device__(self):
        return self._place


class Interface:
    """An array of a library that knows `__cuda_array_interface__` and no DLPack."""

    def __init__(self, array):
        self.array = array
        self.shape = array.shape

    def __len__(self):
        return len(self.array)

    @property
    def __cuda_array_interface__(self):
        return self.array.__cuda_array_interface__


@pytest.mark.parametrize(
    ("device", "reason"), [("auto", "the data is on it"), ("cuda", "asked for")]
)
def test_an_array_on_a_gpu_takes_the_call_there(cp, device, reason):
    backend = select(device, 2, cp.asarray(X))
    assert (backend.device, backend.n_threads, backend.home) == (0, 2, "cupy")
    assert backend.description.startswith("GPU 0 (")
    assert reason in backend.description


def test_data_in_host_memory_goes_to_the_current_gpu_if_it_is_asked_for(cp, standin):
    standin.state.n_devices = 3
    with cp.cuda.Device(2):
        backend = select("cuda", None, X)
    assert (backend.device, backend.home) == (2, "numpy")
    with fc.config_context(device="cuda"):
        assert select("auto", None, X).home == "numpy"
        assert isinstance(select("cpu", None, X), CpuBackend)
    assert isinstance(select("auto", None, X), CpuBackend)


def test_the_gpu_is_that_of_the_array_and_not_the_current_one(cp, standin, monkeypatch):
    host_engine.play(monkeypatch)
    standin.state.n_devices = 2
    with cp.cuda.Device(1):
        on_second = cp.asarray(X)
    assert select("cuda", None, on_second).device == 1
    model = fc.KMeans(3, random_state=0).fit(on_second)
    assert model.labels_.device.id == model.cluster_centers_.device.id == 1
    assert model.predict(on_second).device.id == 1
    assert cp.cuda.Device().id == 0


def test_a_model_goes_from_one_gpu_to_the_other(cp, standin, monkeypatch):
    host_engine.play(monkeypatch)
    standin.state.n_devices = 2
    model = fc.MiniBatchKMeans(3, random_state=0).partial_fit(cp.asarray(X))
    expected = model.predict(cp.asarray(X)).get()
    with cp.cuda.Device(1):
        on_second = cp.asarray(X)
    assert model.predict(on_second).device.id == 1
    assert (model.predict(on_second).get() == expected).all()
    assert model.partial_fit(on_second).cluster_centers_.device.id == 1


def test_every_kind_of_array_on_a_gpu_is_seen(cp, standin):
    on_gpu = cp.asarray(X)
    tensor = host_engine.Tensor(on_gpu)
    assert [is_on_gpu(x) for x in (on_gpu, tensor, Interface(on_gpu), Placed(2), Placed(13))] == [
        True
    ] * 5
    assert [is_on_gpu(x) for x in (X, X.tolist(), None, Placed(1), Placed(3))] == [False] * 5
    assert select("auto", None, tensor).home == "torch"
    assert select("auto", None, Interface(on_gpu)).home == "cupy"
    standin.state.n_devices = 8
    assert select("auto", None, Placed(13, 5)).device == 5


def test_an_array_without_values_lies_on_the_current_gpu(cp, standin):
    class Empty:
        __cuda_array_interface__ = {  # noqa: RUF012 - as libraries have it
            "shape": (0, 3), "typestr": "<f4", "data": (0, False), "version": 3,
        }  # fmt: skip

    standin.state.n_devices = 2
    with cp.cuda.Device(1):
        assert select("auto", None, Empty()).device == 1


def test_the_cpu_takes_nothing_from_a_gpu_unasked(cp):
    on_gpu = cp.asarray(X)
    with pytest.raises(DeviceUnavailableError, match=r"X is on a GPU[\s\S]*hint: pass X\.get\(\)"):
        fc.KMeans(2, device="cpu").fit(on_gpu)
    with (
        fc.config_context(device="cpu"),
        pytest.raises(DeviceUnavailableError, match=r"X\.cpu\(\)"),
    ):
        fc.KMeans(2).fit(host_engine.Tensor(on_gpu))


def test_the_log_says_where_and_why(engine, caplog):
    caplog.set_level(logging.INFO, logger="fastcluster")
    fc.KMeans(2, random_state=0).fit(engine.asarray(X))
    assert "on GPU 0 (the data is on it), float64 input of shape (12, 2)" in caplog.text


# --- what cannot serve


def test_without_cupy_the_error_says_what_to_install(monkeypatch):
    _cupy.cupy.cache_clear()
    monkeypatch.setitem(sys.modules, "cupy", None)
    for x in (X, Placed(2)):
        with pytest.raises(DeviceUnavailableError, match=r"needs CuPy[\s\S]*fastcluster-rs\[gpu\]"):
            fc.KMeans(2, device="cuda").fit(x)


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        (
            "driver_error",
            "cudaErrorInsufficientDriver: CUDA driver version is insufficient",
            "the CUDA driver answers: cudaErrorInsufficientDriver: CUDA.*\nhint: install or update",
        ),
        ("n_devices", 0, "no CUDA-capable device is detected\nhint: see what CUDA_VISIBLE_DEVICES"),
        ("missing_library", "libnvrtc.so.13", r"needs NVRTC .*libnvrtc.*\nhint: pip install.*ctk"),
    ],
)
def test_a_gpu_that_does_not_answer_is_an_error(cp, standin, setting, value, message):
    setattr(standin.state, setting, value)
    with pytest.raises(DeviceUnavailableError, match=message + r".*device='cpu'"):
        fc.KMeans(2, device="cuda").fit(X)


def test_without_cublas_the_error_says_what_to_install(standin, monkeypatch):
    _cupy.cublas.cache_clear()
    # Undone here: undone later, it would put back a module of the stand-in that has gone.
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "cupy_backends.cuda.libs.cublas", None)
        with pytest.raises(DeviceUnavailableError, match=r"needs cuBLAS .*\nhint: pip .*ctk"):
            _cupy.cublas()


def test_arrays_on_other_devices_are_refused_by_their_type():
    with pytest.raises(DeviceUnavailableError, match=r"DLPack's type 8[\s\S]*hint"):
        fc.KMeans(2).fit(Placed(8))


def test_sparse_matrices_on_a_gpu_are_refused(cp):
    on_gpu = type("csr_matrix", (), {"__module__": "cupyx.scipy.sparse._csr", "shape": X.shape})()
    with pytest.raises(DeviceUnavailableError, match=r"sparse matrix on a GPU[\s\S]*X\.toarray"):
        fc.KMeans(2).fit(on_gpu)
    tensor = host_engine.Tensor(cp.asarray(X))
    tensor.layout = "torch.sparse_csr"
    with pytest.raises(DeviceUnavailableError, match=r"sparse matrix on a GPU[\s\S]*X\.to_dense"):
        fc.DBSCAN().fit(tensor)


def test_sparse_rows_of_the_host_stay_there(cp):
    with pytest.raises(
        DeviceUnavailableError, match=r"work on sparse rows does not run on a GPU\nhint"
    ):
        fc.KMeans(2, device="cuda").fit(scipy.sparse.csr_array(X))


ONLY_ON_THE_CPU = {
    "BalancedKMeans": lambda x: fc.BalancedKMeans(2).fit(x),
    "AgglomerativeClustering": lambda x: fc.AgglomerativeClustering(2).fit(x),
    "DBSCAN of distances": lambda x: fc.DBSCAN(metric="precomputed").fit(x[:, :1] * x[:, 0]),
    "DBSCAN, a metric of scikit-learn": lambda x: fc.DBSCAN(metric="manhattan").fit(x),
    "HDBSCAN of distances": lambda x: fc.HDBSCAN(metric="precomputed").fit(x),
    "HDBSCAN, a metric of scikit-learn": lambda x: fc.HDBSCAN(metric="manhattan").fit(x),
    "medoids": lambda x: fc.HDBSCAN(store_centers="medoid").fit(x),
    "medians": lambda x: fc.NearestCentroid("manhattan").fit(x, Y),
    "silhouette": lambda x: metrics.silhouette_score(x, Y, metric="manhattan"),
    "silhouettes": lambda x: metrics.silhouette_samples(x, Y, metric="manhattan"),
    "validity": lambda x: metrics.validity_index(x, Y, metric="manhattan"),
}


@pytest.mark.parametrize("call", ONLY_ON_THE_CPU.values(), ids=ONLY_ON_THE_CPU)
def test_what_no_gpu_does_is_refused_with_the_way_out(engine, call):
    with pytest.raises(DeviceUnavailableError, match=r"does not run on a GPU\nhint: .*X\.get\(\)"):
        call(engine.asarray(X))
    assert host_engine.calls == []


def test_the_way_out_is_that_of_the_callers_arrays(cp):
    for x, way_out in ((X, "device='cpu'$"), (host_engine.Tensor(cp.asarray(X)), r"X\.cpu\(\)$")):
        with pytest.raises(DeviceUnavailableError, match=way_out):
            fc.BalancedKMeans(2, device="cuda").fit(x)


def test_a_method_that_is_missing_says_so():
    """The list of what only the CPU does is exact, and a name on no list is an AttributeError."""
    public = {name for name in dir(CpuBackend) if not name.startswith("_")}
    assert public - set(dir(gpu.GpuBackend)) == set(gpu._ONLY_ON_THE_CPU)
    backend = gpu.GpuBackend(device=0, n_threads=1, home="numpy", reason="a test")
    with pytest.raises(
        DeviceUnavailableError, match=r"^BalancedKMeans does not run on a GPU\nhint"
    ):
        backend.balanced()
    with pytest.raises(AttributeError, match="nonsense"):
        _ = backend.nonsense


# --- what lies elsewhere than X


def beside(x, other):
    """Return every call that takes an array beside X, given `other` there."""
    start = other[:3]
    return {
        "sample_weight": lambda: fc.KMeans(3).fit(x, sample_weight=other[:, 0]),
        "init": lambda: fc.KMeans(3, init=start).fit(x),
        "centers": lambda: fc.nearest_centroids(x, start),
        "labels": lambda: metrics.silhouette_score(x, other[:, 0]),
        "y": lambda: fc.NearestCentroid().fit(x, other[:, 0]),
    }


NAMES = ["sample_weight", "init", "centers", "labels", "y"]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_on_a_gpu_beside_rows_in_host_memory_is_refused(cp, name):
    message = rf"mixed devices: {name} is on a GPU, and X is in host memory\nhint: pass {name}\.get"
    with pytest.raises(ValueError, match=message):
        beside(X, cp.asarray(X))[name]()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_on_another_gpu_is_refused_with_both_names(engine, standin, name):
    standin.state.n_devices = 2
    with engine.cuda.Device(1):
        other = engine.asarray(X)
        call = beside(engine.asarray(X), other)[name]
        start = other[:3]
    assert start.device.id == 1
    with engine.cuda.Device(0):
        x = engine.asarray(X)
    with engine.cuda.Device(1):
        call = beside(x, other)[name]
        with pytest.raises(ValueError, match=rf"{name} is on GPU 1, and X is on GPU 0\nhint"):
            call()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_in_host_memory_or_on_the_same_gpu_is_taken(engine, name):
    x = engine.asarray(X)
    weights = np.column_stack([Y + 1.0, X[:, 1]])
    for other in (weights, engine.asarray(weights), host_engine.Tensor(engine.asarray(weights))):
        beside(x, other)[name]()


def test_the_host_gets_a_copy_of_every_kind(cp):
    on_gpu = cp.asarray(X)
    for x in (on_gpu, host_engine.Tensor(on_gpu)):
        assert (on_host(x) == X).all()
    assert on_host(X) is X
    assert on_host(None) is None
