"""FAISS by explicit setting: the parameters that it gets, checked by a module in its place."""

import ctypes
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from rough_rows import rows_of

import fastcluster as fc
from fastcluster._backend._cpu import CpuBackend
from fastcluster._backend.gpu.search._faiss import FAISS_NAMES
from fastcluster._backend.gpu.search._nearest import GpuNearest
from fastcluster.exceptions import DeviceUnavailableError

CPU = CpuBackend(n_threads=1, reason="the twin")
DTYPES = {"F32": np.float32, "F16": np.float16}


class Resources:
    """Notes what it was told."""

    def __init__(self):
        self.stream = self.scratch = None

    def setTempMemory(self, n_bytes):  # noqa: N802 - FAISS's name
        self.scratch = n_bytes

    def setDefaultStream(self, device, stream):  # noqa: N802 - FAISS's name
        self.stream = (device, stream)


class Params:
    """Takes only the attributes that FAISS's structure has."""

    __slots__ = (
        "device", "dims", "k", "metric", "numQueries", "numVectors", "outDistances", "outIndices",
        "outIndicesType", "queries", "queryType", "vectorType", "vectors",
    )  # fmt: skip


def read(kind, pointer, dtype, shape):
    """Return the host memory at a pointer of the kind that is wanted."""
    assert pointer[0] == kind
    n_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
    buffer = (ctypes.c_char * n_bytes).from_address(pointer[1])
    return np.frombuffer(buffer, dtype=dtype).reshape(shape)


@pytest.fixture
def faiss(standin, monkeypatch):
    """Put a module in FAISS's place that searches what it is pointed at."""
    import cupy

    module = ModuleType("faiss")
    module.calls = []

    def search(resources, params):
        cupy.cuda.get_current_stream().synchronize()
        assert resources.stream == (0, ("stream", cupy.cuda.get_current_stream().ptr))
        assert 0 < resources.scratch <= 2**30
        assert params.device == 0
        assert params.outIndicesType == "I64"
        assert params.queryType == params.vectorType
        dtype = DTYPES[params.queryType]
        queries = read("void", params.queries, dtype, (params.numQueries, params.dims))
        vectors = read("void", params.vectors, dtype, (params.numVectors, params.dims))
        queries, vectors = queries.astype(np.float32), vectors.astype(np.float32)
        if params.metric == "L2":
            table = np.square(queries[:, np.newaxis] - vectors).sum(axis=2)
        else:
            table = -(queries @ vectors.T)
        order = np.argsort(table, axis=1, kind="stable")[:, : params.k]
        found = np.take_along_axis(table, order, axis=1)
        shape = order.shape
        read("float", params.outDistances, np.float32, shape)[...] = (
            found if params.metric == "L2" else -found
        )
        read("void", params.outIndices, np.int64, shape)[...] = order
        module.calls.append(params)

    for name, value in {
        "DistanceDataType_F16": "F16",
        "DistanceDataType_F32": "F32",
        "GpuDistanceParams": Params,
        "IndicesDataType_I64": "I64",
        "METRIC_INNER_PRODUCT": "IP",
        "METRIC_L2": "L2",
        "StandardGpuResources": Resources,
        "bfKnn": search,
        "cast_integer_to_cudastream_t": lambda pointer: ("stream", pointer),
        "cast_integer_to_float_ptr": lambda pointer: ("float", pointer),
        "cast_integer_to_void_ptr": lambda pointer: ("void", pointer),
    }.items():
        setattr(module, name, value)
    monkeypatch.setitem(sys.modules, "faiss", module)
    return module


def on_gpu(rows, centers, n_neighbors, metric="euclidean"):
    backend = SimpleNamespace(device=0, home="numpy")
    return GpuNearest.nearest(backend, rows, centers, n_neighbors=n_neighbors, metric=metric)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int8])
def test_faiss_gets_pointers_and_distances_become_true_ones(faiss, dtype, metric):
    rows = np.random.default_rng(0).integers(1, 50, size=(9, 6)).astype(dtype)
    centers = np.random.default_rng(1).integers(1, 50, size=(30, 6)).astype(np.float32)
    with fc.config_context(gpu_search="faiss"):
        distances, indices = on_gpu(rows, centers, 4, metric)
    expected = CPU.nearest(rows, centers, n_neighbors=4, metric=metric)
    np.testing.assert_allclose(distances, expected[0], atol=2e-6, rtol=2e-6)
    assert distances.dtype == np.float32
    assert (indices == expected[1]).mean() > 0.9
    (params,) = faiss.calls
    assert params.queryType == "F32"


def test_float16_is_searched_without_a_copy(faiss):
    import cupy

    from fastcluster._backend.gpu.rows._rows import Rows
    from fastcluster._backend.gpu.search._faiss import faiss_nearest

    values = [cupy.asarray(rows_of("lattice", n, 4, np.float16)) for n in (5, 20)]
    rows, others = (Rows.of(array, cosine=False) for array in values)
    list(faiss_nearest(rows, others, 2))
    (params,) = faiss.calls
    assert params.queryType == "F16"
    assert params.queries[1] == values[0].data.ptr
    assert params.vectors[1] == values[1].data.ptr


def test_without_the_setting_faiss_is_not_called(faiss):
    on_gpu(rows_of("clumps", 4, 3), rows_of("clumps", 9, 3), 2)
    assert not faiss.calls


def test_a_missing_faiss_is_named_with_a_way_out(standin, monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with (
        fc.config_context(gpu_search="faiss"),
        pytest.raises(DeviceUnavailableError, match=r"gpu_search='faiss' needs faiss.*\n.*exact"),
    ):
        on_gpu(rows_of("clumps", 4, 3), rows_of("clumps", 9, 3), 2)


def test_a_faiss_for_cpus_is_told_apart(faiss):
    del faiss.StandardGpuResources
    assert "StandardGpuResources" in FAISS_NAMES
    with (
        fc.config_context(gpu_search="faiss"),
        pytest.raises(DeviceUnavailableError, match="lacks StandardGpuResources\nhint: "),
    ):
        on_gpu(rows_of("clumps", 4, 3), rows_of("clumps", 9, 3), 2)


def test_more_neighbors_than_faiss_finds_are_refused(faiss):
    rows = rows_of("clumps", 4, 3)
    with fc.config_context(gpu_search="faiss"), pytest.raises(ValueError, match="<= 2048"):
        on_gpu(rows, rows, 2049)
    assert not faiss.calls
