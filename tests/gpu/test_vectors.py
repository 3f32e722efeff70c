"""What comes from a GPU is checked as what comes from host memory, and is not copied."""

import host_engine
import ml_dtypes
import numpy as np
import pytest

import fastcluster as fc
from fastcluster._backend import select
from fastcluster._backend.gpu import _arrays
from fastcluster._validation import check_vectors, split_finite

X = np.arange(60.0).reshape(15, 4) % 23
FLOATS = [np.float16, ml_dtypes.bfloat16, np.float32, np.float64]
KEPT = [*FLOATS, np.int8, np.uint8]


@pytest.fixture
def cp(standin):
    import cupy

    return cupy


def checked(x, **arguments):
    """Check X as an estimator does."""
    return check_vectors(x, select("auto", 1, x), **arguments)


def message_of(x, **arguments):
    """Return the error that the check raises."""
    with pytest.raises((ValueError, TypeError, MemoryError)) as caught:
        checked(x, **arguments)
    return str(caught.value)


@pytest.mark.parametrize("dtype", KEPT)
def test_rows_that_the_engine_reads_are_taken_over_without_a_copy(cp, dtype):
    x = cp.asarray(X.astype(dtype))
    tensor = host_engine.Tensor(x)
    assert checked(x).data is x
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(__import__("sys").modules, "torch", host_engine.torch())
        tensor.dtype = f"torch.{np.dtype(dtype).name}"
        vectors = checked(tensor)
    assert vectors.data.data.ptr == x.data.ptr
    assert vectors.data.dtype == x.dtype
    assert vectors.shape == X.shape
    assert vectors.result_dtype == (np.float64 if dtype == np.float64 else np.float32)
    assert not vectors.is_mapped


@pytest.mark.parametrize("dtype", ["int16", "int32", "int64", "uint32", "bool"])
def test_other_numbers_become_float64_on_the_gpu(cp, standin, dtype):
    x = cp.asarray(X.astype(dtype))
    standin.state.counts.uploads = 0
    vectors = checked(x)
    assert vectors.data.dtype == np.float64
    assert standin.state.counts.uploads == 0
    assert (vectors.data.get() == X.astype(dtype)).all()
    with fc.config_context(memory_limit=100):
        assert "memory_limit=100 bytes is less than the 480 bytes of a copy of X" in message_of(x)


def test_strides_are_kept(cp):
    x = cp.asarray(X)
    for view in (x[::2, ::-1], x.T, cp.asfortranarray(x)):
        data = checked(view).data
        assert data is view
        assert (data.get() == view.get()).all()


@pytest.mark.parametrize(
    "shape", [(0, 4), (4, 0), (2, 2, 4)], ids=["no rows", "no columns", "three dimensions"]
)
def test_shapes_are_refused_in_the_words_of_the_host(cp, shape):
    assert message_of(cp.empty(shape)) == message_of(np.zeros(shape))
    named = {"estimator": fc.KMeans(), "reset": True}
    assert message_of(cp.empty(shape), **named) == message_of(np.zeros(shape), **named)


def test_one_dimension_is_refused_by_its_shape(cp):
    assert message_of(cp.zeros(4)).startswith(
        "Expected 2D array, got 1D array instead: X has shape (4,)"
    )
    assert "got scalar array instead" in message_of(cp.zeros(()))
    assert "hint: pass X.reshape(-1, 1)" in message_of(cp.zeros(4))


def test_complex_numbers_are_refused(cp):
    assert message_of(cp.asarray(X + 1j)).startswith("Complex data not supported")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", FLOATS)
def test_the_first_value_that_is_not_finite_is_found(cp, monkeypatch, dtype, value):
    x = X.astype(dtype)
    x[11, 2] = value
    x[12:] = np.nan
    expected = message_of(x)
    assert "the first is in row 11, column 2" in expected
    for at_a_time in (1, 8, 1000):
        monkeypatch.setattr(_arrays, "_AT_A_TIME", at_a_time)
        assert message_of(cp.asarray(x)) == expected
        assert message_of(cp.asarray(np.asfortranarray(x))) == expected


@pytest.mark.parametrize("dtype", FLOATS)
def test_rows_that_are_not_finite_are_set_apart_as_on_the_host(cp, monkeypatch, dtype):
    x = X.astype(dtype)
    x[3, 1], x[7, 0], x[7, 1], x[9, 3] = np.nan, np.inf, np.nan, -np.inf
    monkeypatch.setattr(_arrays, "_AT_A_TIME", 8)
    found = []
    for given in (x, cp.asarray(x)):
        backend = select("auto", 1, given)
        vectors, *numbers = split_finite(check_vectors(given, backend, finite=False), backend)
        found.append((_host(vectors.data), *numbers))
    for one, other in zip(*found, strict=True):
        assert (one == other).all()


def _host(data):
    return data if isinstance(data, np.ndarray) else data.get()


def test_width_and_names_are_compared_with_the_fit(cp, monkeypatch):
    host_engine.play(monkeypatch)
    model = fc.KMeans(2, random_state=0).fit(cp.asarray(X))
    assert model.n_features_in_ == 4
    assert not hasattr(model, "feature_names_in_")
    with pytest.raises(ValueError, match="X has 3 features, but KMeans is expecting 4 features"):
        model.predict(cp.asarray(X[:, :3]))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int64])
def test_given_centers_stay_on_the_gpu_in_the_dtype_of_the_result(cp, standin, monkeypatch, dtype):
    from fastcluster._validation import check_centers

    x = cp.asarray(X.astype(np.float32))
    backend = select("auto", 1, x)
    start = cp.asarray(X[:3].astype(dtype))[:, ::-1]
    given = check_centers(start, checked(x), backend, n_clusters=3, parameter="init")
    assert given.dtype == np.float32
    assert given.flags.c_contiguous
    assert (given.get() == X[:3, ::-1]).all()
    with pytest.raises(ValueError, match="does not match the number of clusters 2"):
        check_centers(start, checked(x), backend, n_clusters=2, parameter="init")
    with pytest.raises(ValueError, match="does not match the number of features of the data 4"):
        check_centers(start[:, :3], checked(x), backend, n_clusters=3, parameter="init")
    strange = cp.asarray(np.where(np.arange(12).reshape(3, 4) == 4, np.nan, X[:3]))
    with pytest.raises(
        ValueError, match=r"Input init contains NaN\.\nhint: the first is in row 1,"
    ):
        check_centers(strange, checked(x), backend, n_clusters=3, parameter="init")


@pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning")
def test_what_overflows_in_the_dtype_of_the_result_is_refused(cp):
    from fastcluster._validation import check_centers

    x = cp.asarray(X.astype(np.float32))
    with pytest.raises(ValueError, match="infinity or a value too large for dtype"):
        check_centers(
            cp.full((1, 4), 1e300), checked(x), select("auto", 1, x), n_clusters=1, parameter="init"
        )
