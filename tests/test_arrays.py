"""Every kind of input gives the same answer, keeps its dtype where it can, and is not changed."""

import array_api_strict as xp
import ml_dtypes
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse

import oracle
from fastcluster import KMeans, MiniBatchKMeans, NearestCentroid, metrics, nearest_centroids
from fastcluster._arrays import Vectors
from fastcluster._backend import select
from fastcluster._validation import check_vectors
from fastcluster.exceptions import DeviceUnavailableError

CPU = select("cpu", 1)
X, GROUPS = oracle.blobs(4, 6, 20)
X = np.rint(X * 2)  # integers: every dtype below holds them exactly
X -= X.min()
START = oracle.first_of_each(X, GROUPS)
LABELS = KMeans(4, init=START).fit(X).labels_


class Tensor:
    """Any library's tensor: shape, dtype and DLPack, and no more."""

    def __init__(self, array, device_type=1, *, requires_grad=False):
        self._array = array
        self._device_type = device_type
        self.requires_grad = requires_grad
        self.shape = array.shape

    def __dlpack_device__(self):
        return self._device_type, 0

    def __dlpack__(self, **arguments):
        if self.requires_grad:
            raise BufferError("can't export tensors that require gradient, use tensor.detach()")
        return self._array.__dlpack__(**arguments)

    def detach(self):
        return Tensor(self._array)


def unaligned(array):
    """Return a copy whose data begins at an odd address."""
    buffer = np.zeros(array.nbytes + 1, dtype=np.uint8)
    view = buffer[1:].view(array.dtype).reshape(array.shape)
    view[...] = array
    assert not view.flags.aligned
    return view


def read_only(array):
    """Return a copy that cannot be written."""
    array = array.copy()
    array.flags.writeable = False
    return array


def memory_map(array, folder):
    """Return the array as a read-only memory map."""
    np.save(folder / "X.npy", array)
    return np.load(folder / "X.npy", mmap_mode="r")


LAYOUTS = {
    "C order": lambda X, _: X.copy(),
    "Fortran order": lambda X, _: np.asfortranarray(X),
    "reversed rows and columns": lambda X, _: X[::-1, ::-1].copy()[::-1, ::-1],
    "every second row and column": lambda X, _: np.repeat(np.repeat(X, 2, 0), 2, 1)[::2, ::2],
    "one row repeated by stride 0": lambda X, _: np.broadcast_to(X, (1, *X.shape))[0],
    "read-only": lambda X, _: read_only(X),
    "unaligned": lambda X, _: unaligned(X) if X.itemsize > 1 else X,
    "big-endian": lambda X, _: X.astype(X.dtype.newbyteorder(">")),
    "memory map": memory_map,
    "tensor": lambda X, _: Tensor(X),
    "tensor with gradient": lambda X, _: Tensor(X, requires_grad=True),
    "pandas": lambda X, _: pd.DataFrame(X),
    "polars": lambda X, _: pl.DataFrame(X),
    "pyarrow": lambda X, _: pa.table(dict(zip("abcdef", X.T, strict=True))),
}
OTHER_CONTAINERS = {
    "list of lists": lambda X: X.tolist(),
    "list of arrays": list,
    "tuple": lambda X: tuple(map(tuple, X)),
    "objects": lambda X: X.astype(object),
    "numeric strings": lambda X: X.astype(str).astype(object),
    "csr_matrix": scipy.sparse.csr_matrix,
    "csr_array": scipy.sparse.csr_array,
    "csc_array": scipy.sparse.csc_array,
    "coo_array": scipy.sparse.coo_array,
    "lil_matrix": scipy.sparse.lil_matrix,
    "dok_array": scipy.sparse.dok_array,
}


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8, np.uint8])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_keep_dtype_and_answer_and_the_input(layout, dtype, tmp_path):
    given = LAYOUTS[layout](X.astype(dtype), tmp_path)
    checked = check_vectors(given, CPU)
    assert checked.data.dtype == dtype
    assert checked.data.dtype.isnative
    assert (np.asarray(checked.data) == X).all()
    model = KMeans(4, init=START).fit(given)
    assert (model.labels_ == LABELS).all()
    assert (model.predict(given) == LABELS).all()
    assert model.cluster_centers_.dtype == checked.result_dtype
    untouched = LAYOUTS[layout](X.astype(dtype), tmp_path)
    if isinstance(given, np.ndarray):
        assert (given == untouched).all()


@pytest.mark.parametrize("container", OTHER_CONTAINERS)
def test_other_containers_give_the_float64_answer(container):
    given = OTHER_CONTAINERS[container](X)
    model = KMeans(4, init=START).fit(given)
    assert (model.labels_ == LABELS).all()
    assert (model.predict(given) == LABELS).all()
    assert model.cluster_centers_.dtype == np.float64


WIDENED = ["int16", "int32", "int64", "uint16", "uint32", "uint64", "bool", ">i4", "longdouble"]
KEPT = {"float16": "f4", "bfloat16": "f4", "float32": "f4", "int8": "f4", "uint8": "f4",
        "float64": "f8", ">f2": "f4", ">f4": "f4", ">f8": "f8"}  # fmt: skip


@pytest.mark.parametrize("name", [*KEPT, *WIDENED])
@pytest.mark.parametrize("estimator", [KMeans, MiniBatchKMeans])
def test_dtype_table(name, estimator):
    dtype = np.dtype(ml_dtypes.bfloat16 if name == "bfloat16" else name)
    data = (X.mean() < X).astype(dtype) if name == "bool" else X.astype(dtype)
    start = data[np.unique(data.astype(float), axis=0, return_index=True)[1][:4]].astype(float)
    model = estimator(4, init=start, random_state=0, max_iter=2)
    wide = estimator(4, init=start, random_state=0, max_iter=2)
    model.fit(data)
    wide.fit(data.astype(np.float64))
    assert model.cluster_centers_.dtype == KEPT.get(name, "f8")
    assert model.transform(data).dtype == KEPT.get(name, "f8")
    assert model.labels_.dtype == np.int32
    np.testing.assert_allclose(model.cluster_centers_, wide.cluster_centers_, rtol=1e-6, atol=1e-6)
    oracle.assert_nearest(
        model.labels_, oracle.squared_distances(data.astype(float), model.cluster_centers_)
    )
    kept = check_vectors(data, CPU).data.dtype
    assert kept == (dtype.newbyteorder("=") if name in KEPT else np.float64)


@pytest.mark.parametrize("device", ["CPU_DEVICE", "device1"])
def test_arrays_of_the_array_api_are_taken_everywhere(device):
    """What has no more than the standard's methods will do for all that is passed."""

    def place(array):
        return xp.asarray(array, device=xp.Device(device))

    weights = np.arange(len(X)) % 3 + 1.0
    model = KMeans(4, init=place(START)).fit(place(X), sample_weight=place(weights))
    twin = KMeans(4, init=START).fit(X, sample_weight=weights)
    assert type(model.labels_) is np.ndarray
    assert (model.labels_ == twin.labels_).all()
    assert (model.predict(place(X)) == twin.labels_).all()
    distances, _ = nearest_centroids(place(X), place(START))
    assert (distances == nearest_centroids(X, START)[0]).all()
    assert metrics.silhouette_score(place(X), place(GROUPS)) == metrics.silhouette_score(X, GROUPS)
    classes = NearestCentroid().fit(place(X), place(GROUPS)).predict(place(X))
    assert (classes == NearestCentroid().fit(X, GROUPS).predict(X)).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_sparse_equals_dense(dtype, metric):
    rng = np.random.default_rng(0)
    dense = (rng.normal(size=(300, 40)) * (rng.random((300, 40)) < 0.1)).astype(dtype)
    dense[5] = 0
    start, weights = rng.normal(size=(7, 40)), rng.uniform(size=300)
    models = [
        KMeans(7, init=start, metric=metric, max_iter=4).fit(kind(dense), sample_weight=weights)
        for kind in (np.array, scipy.sparse.csr_array)
    ]
    assert (models[0].labels_ == models[1].labels_).all()
    np.testing.assert_allclose(
        models[0].cluster_centers_, models[1].cluster_centers_, rtol=1e-5, atol=1e-6
    )
    for model in models:
        for kind in (np.array, scipy.sparse.csr_array, scipy.sparse.csc_matrix):
            assert (model.predict(kind(dense)) == model.labels_).all()
            np.testing.assert_allclose(
                model.transform(kind(dense)), models[0].transform(dense), rtol=1e-5, atol=1e-5
            )


def test_sparse_rows_with_a_column_twice_are_summed_and_left_as_they_are():
    matrix = scipy.sparse.csr_array(
        (np.array([1.0, 2.0, 5.0]), np.array([1, 1, 0]), np.array([0, 2, 3])), shape=(2, 3)
    )
    checked = check_vectors(matrix, CPU)
    assert checked.data.toarray().tolist() == [[0, 3, 0], [5, 0, 0]]
    assert matrix.data.tolist() == [1, 2, 5]
    _, indices = nearest_centroids(matrix, [[0, 2, 0], [0, 3, 0], [5, 0, 0]])
    assert indices.ravel().tolist() == [1, 2]


def test_the_core_gets_64_bit_indices():
    data, indices, indptr, shape = Vectors(scipy.sparse.csr_array(X)).matrix
    assert indices.dtype == indptr.dtype == np.int64
    assert shape == X.shape
    assert data.dtype == np.float64


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_a_tensor_on_a_gpu_is_never_copied_unasked(device, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "cupy", None)
    with pytest.raises(DeviceUnavailableError, match=r"GPU[\s\S]*hint: [\s\S]*X\.get\(\)"):
        KMeans(4, device=device).fit(Tensor(X, device_type=2))


def test_a_bfloat16_tensor_of_torch_keeps_its_type(monkeypatch):
    class TorchBfloat16(Tensor):
        dtype = "torch.bfloat16"

        def view(self, dtype):
            return Tensor(self._array.view(dtype))

    torch = type("torch", (), {"int16": np.int16})
    monkeypatch.setitem(__import__("sys").modules, "torch", torch)
    checked = check_vectors(TorchBfloat16(X.astype(ml_dtypes.bfloat16)), CPU)
    assert checked.data.dtype == ml_dtypes.bfloat16
    assert (checked.data == X).all()
