"""Saved models come back as they were; what is not data is refused."""

import json
import re
import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError

import fastcluster
from fastcluster import (
    DBSCAN,
    BalancedKMeans,
    KMeans,
    MiniBatchKMeans,
    NearestCentroid,
    _models,
    load_model,
)
from fastcluster._bundle import read_bundle, write_bundle
from fastcluster._models import SaveMixin
from fastcluster._stored_values import decode, encode
from fastcluster.exceptions import BundleError, BundleVersionWarning

RNG = np.random.default_rng(7)
X = RNG.standard_normal((200, 6)).astype(np.float32)
NEW = RNG.standard_normal((500, 6)).astype(np.float32)


class Anything(SaveMixin, BaseEstimator):
    """An estimator with one parameter and whatever attributes a test gives it."""

    def __init__(self, parameter=None):
        self.parameter = parameter

    def fit(self):
        self.fitted_ = True
        return self


@pytest.fixture
def anything(monkeypatch):
    """Make `Anything` one of the known classes."""
    monkeypatch.setitem(_models._HOMES, "Anything", __name__)
    monkeypatch.setitem(sys.modules, __name__, sys.modules[Anything.__module__])
    return Anything


def through_a_file(estimator, path, **options):
    estimator.save(path)
    return load_model(path, **options)


def same(left, right):
    """Say whether two values are of one type and equal to the last bit, or both NaN."""
    if type(left) is not type(right):
        return False
    if isinstance(left, np.ndarray):
        if left.dtype.kind == "O":
            return left.shape == right.shape and left.tolist() == right.tolist()
        bits = left.shape, left.dtype, left.tobytes()
        return bits == (right.shape, right.dtype, right.tobytes())
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, np.random.RandomState):
        return left.get_state(legacy=False)["state"]["pos"] == right.get_state(legacy=False)[
            "state"
        ]["pos"] and same(left.get_state()[1], right.get_state()[1])
    if isinstance(left, float | np.floating):
        # JSON tells NaN from numbers, not one NaN's payload from another's.
        if np.isnan(left) and np.isnan(right):
            return True
        return np.array(left).tobytes() == np.array(right).tobytes()
    return left == right


FITTED = {
    "kmeans": lambda: KMeans(5, random_state=0).fit(X),
    "kmeans, float64": lambda: KMeans(5, random_state=0).fit(X.astype(np.float64)),
    "kmeans, cosine": lambda: KMeans(5, metric="cosine", random_state=np.int64(3)).fit(X),
    "kmeans, given centers": lambda: KMeans(5, init=X[:5]).fit(X),
    "kmeans, list of centers": lambda: KMeans(5, init=X[:5].tolist()).fit(X),
    "balanced": lambda: BalancedKMeans(5, size_min=np.int64(2), random_state=0).fit(X),
    "dbscan": lambda: DBSCAN(2.0, n_jobs=1).fit(X),
    "dbscan, cosine": lambda: DBSCAN(0.1, metric="cosine", min_samples=3).fit(X),
    "minibatch": lambda: MiniBatchKMeans(5, random_state=0).fit(X),
    "minibatch, partial_fit": lambda: MiniBatchKMeans(5, random_state=0).partial_fit(X),
    "nearest centroid": lambda: NearestCentroid().fit(X, np.arange(200) % 3),
    "nearest centroid, text": lambda: NearestCentroid().fit(X, np.array(["ä", "bc"] * 100)),
    "nearest centroid, objects": lambda: NearestCentroid(shrink_threshold=0.1).fit(
        X, np.array(["a", "b"] * 100, dtype=object)
    ),
}


@pytest.mark.parametrize("mmap", [True, False])
@pytest.mark.parametrize("fitted", FITTED.values(), ids=FITTED.keys())
def test_a_loaded_model_is_the_saved_one(tmp_path, fitted, mmap):
    model = fitted()
    loaded = through_a_file(model, tmp_path / "model", mmap=mmap)
    assert type(loaded) is type(model)
    parameters = model.get_params()
    assert loaded.get_params().keys() == parameters.keys()
    attributes = vars(model).keys() - parameters.keys()
    assert vars(loaded).keys() == vars(model).keys()
    for name in attributes:
        assert same(vars(loaded)[name], vars(model)[name]), name
    assert same(loaded.predict(NEW), model.predict(NEW))
    if hasattr(model, "transform"):
        assert same(loaded.transform(NEW), model.transform(NEW))
        assert loaded.score(NEW) == model.score(NEW)
    if hasattr(model, "predict_proba"):
        assert same(loaded.predict_proba(NEW), model.predict_proba(NEW))


def test_parameters_come_back_and_refit_to_the_same(tmp_path):
    model = KMeans(5, random_state=np.random.RandomState(4), tol=0.1 + 0.2).fit(X)
    loaded = through_a_file(model, tmp_path / "model")
    assert loaded.tol == 0.1 + 0.2
    assert same(loaded.random_state, model.random_state)
    again, expected = clone(loaded).fit(X), clone(model).fit(X)
    assert same(again.labels_, expected.labels_)
    assert same(again.cluster_centers_, expected.cluster_centers_)


def test_a_loaded_minibatch_model_learns_on(tmp_path):
    model = MiniBatchKMeans(5, random_state=0).partial_fit(X[:100])
    loaded = through_a_file(model, tmp_path / "model")
    assert same(
        loaded.partial_fit(X[100:]).cluster_centers_, model.partial_fit(X[100:]).cluster_centers_
    )
    through_a_file(loaded, tmp_path / "model")


def test_feature_names_and_output_settings_come_back(tmp_path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["Größe", "b", "c", "d", "e", "f"])
    model = KMeans(3, random_state=0).set_output(transform="pandas").fit(frame)
    loaded = through_a_file(model, tmp_path / "model")
    assert same(loaded.feature_names_in_, model.feature_names_in_)
    pandas.testing.assert_frame_equal(loaded.transform(frame), model.transform(frame))
    with pytest.raises(ValueError, match="feature names"):
        loaded.predict(frame.rename(columns={"b": "x"}))


def test_a_loaded_model_can_be_saved_over_itself(tmp_path):
    path = tmp_path / "model"
    model = KMeans(5, random_state=0).fit(X)
    loaded = through_a_file(model, path)
    again = through_a_file(loaded, path)
    for one in (loaded, again):
        assert same(one.predict(NEW), model.predict(NEW))


def test_arrays_are_mapped_read_only_unless_asked(tmp_path):
    model = KMeans(5, random_state=0).fit(X)
    assert not through_a_file(model, tmp_path / "model").cluster_centers_.flags.writeable
    assert load_model(tmp_path / "model", mmap=False).cluster_centers_.flags.writeable


def test_what_is_not_fitted_is_not_saved(tmp_path):
    with pytest.raises(NotFittedError):
        KMeans().save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_code_is_refused_by_the_name_of_its_parameter(tmp_path):
    model = KMeans(2, init=lambda X, k, random_state: X[:k]).fit(X)
    with pytest.raises(BundleError, match=r"init cannot be saved: .* holds data, no code\nhint: "):
        model.save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []
    labels = model.labels_
    loaded = through_a_file(model.set_params(init="k-means++"), tmp_path / "model")
    assert same(loaded.labels_, labels)


def test_a_subclass_is_refused_because_loading_would_lose_it(tmp_path):
    class Mine(KMeans):
        pass

    with pytest.raises(BundleError, match=r"Mine cannot be saved: load_model makes only Agglom"):
        Mine(2).fit(X).save(tmp_path / "model")


VALUES = [
    None,
    True,
    10**30,
    -0.0,
    5e-324,
    float("inf"),
    float("nan"),
    "ä\n$",
    [1, [2.5, None]],
    (1, (2, "x"), []),
    {"$array": 1, "a": {"b": (np.float32(0.1),)}},
    np.float32(0.1),
    np.float64("nan"),
    np.bool_(True),
    np.uint8(200),
    np.dtype("float32"),
    np.zeros((0, 3)),
    np.array(1.5),
    np.array([1.5, 2.5], dtype=ml_dtypes.bfloat16),
    np.array(["a", "längst", ""]),
    np.array(["a", "längst", ""], dtype=object).reshape(3, 1),
    np.array("text"),
    {"Inertia": np.ones(2), "inertia": np.zeros(3), "../x": np.ones(1), "": np.ones(4)},
    np.random.RandomState(3),
]


@pytest.mark.parametrize("value", VALUES, ids=[f"{type(v).__name__} {v}"[:30] for v in VALUES])
def test_any_value_comes_back(tmp_path, anything, value):
    model = anything(value).fit()
    model.attribute_ = value
    loaded = through_a_file(model, tmp_path / "model")
    assert same(loaded.parameter, value)
    assert same(loaded.attribute_, value)


def test_a_random_state_draws_on_where_it_was(tmp_path, anything):
    random_state = np.random.RandomState(0)
    random_state.standard_normal(5)
    loaded = through_a_file(anything(random_state).fit(), tmp_path / "model").parameter
    assert loaded.standard_normal(7).tolist() == random_state.standard_normal(7).tolist()


def test_long_lists_and_array_likes_come_back_as_arrays(tmp_path, anything):
    rows = RNG.standard_normal((20, 30)).tolist()
    pandas = pytest.importorskip("pandas")
    for value in (rows, pandas.DataFrame(rows)):
        loaded = through_a_file(anything(value).fit(), tmp_path / "model").parameter
        assert same(np.asarray(loaded), np.array(rows))


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(values)
def test_any_nested_value_survives_json(value):
    arrays = {}
    stored = json.loads(json.dumps(encode("x", value, arrays), allow_nan=False))
    assert same(decode(stored, arrays), value)


@pytest.mark.parametrize(
    "value",
    [
        object(),
        print,
        int,
        1j,
        np.array([1, "a", None], dtype=object),
        np.array([1j]),
        np.datetime64("2020-01-01"),
        np.ma.masked_array([1.0], mask=[True]),
        {1: 2},
        [object()],
        b"bytes",
        np.random.default_rng(0),
        np.random.RandomState(np.random.PCG64(0)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_data_is_refused(tmp_path, anything, value):
    with pytest.raises(BundleError, match=r"parameter\S* cannot be saved: it is of type \w+, and"):
        anything(value).fit().save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def rewritten(path, change):
    """Save a model whose manifest was changed, with right checksums."""
    KMeans(2, random_state=0).fit(X).save(path)
    bundle = read_bundle(path, format="fastcluster-model", version=(1, 0))
    description = {
        name: value
        for name, value in bundle.description.items()
        if name not in {"segments", "manifest_xxh3_128"}
    }
    change(description)
    write_bundle(path, description, bundle.arrays)


HOSTILE = {
    "class='Popen' must be one of": {"class": "Popen"},
    "class='os.system' must be one of": {"class": "os.system"},
    "'class' must be of type str, got list": {"class": ["KMeans"]},
    "'parameters' must be of type dict, got NoneType": {"parameters": None},
    "names that it cannot have: ['k']": {"parameters": {"k": 1}},
    "names that it cannot have: ['predict']": {"attributes": {"predict": 1}},
    "names that it cannot have: ['n_clusters']": {"attributes": {"n_clusters": 1}},
    "names that it cannot have: ['a b']": {"attributes": {"a b": 1}},
    "cannot read: {'$pickle': 'x'}": {"attributes": {"a_": {"$pickle": "x"}}},
    "cannot read: {'a': 1}": {"attributes": {"a_": {"a": 1}}},
    "cannot read: {}": {"attributes": {"a_": {}}},
    "cannot read: {'$array': 'none'}": {"attributes": {"a_": {"$array": "none"}}},
    "cannot read: {'$array': []}": {"attributes": {"a_": {"$array": []}}},
    "cannot read: {'$csr': ['array', 'none']}": {"attributes": {"a_": {"$csr": ["array", "none"]}}},
    "cannot read: {'$dtype': 'O'}": {"attributes": {"a_": {"$dtype": "O"}}},
    "cannot read: {'$scalar': ['V9', 1]}": {"attributes": {"a_": {"$scalar": ["V9", 1]}}},
    "cannot read: {'$scalar': ['<i2', 99999]}": {"attributes": {"a_": {"$scalar": ["<i2", 99999]}}},
    "cannot read: {'$float': 1}": {"attributes": {"a_": {"$float": 1}}},
    "cannot read: {'$tuple': 1}": {"attributes": {"a_": {"$tuple": 1}}},
    "cannot read: {'$text': 'cluster_centers_'}": {
        "attributes": {"a_": {"$text": "cluster_centers_"}}
    },
    "cannot read: {'$strings': ['labels_', [200]]}": {
        "attributes": {"a_": {"$strings": ["labels_", [200]]}}
    },
    "cannot read: {'$random_state': ['labels_', 1, 0, 0.0]}": {
        "attributes": {"a_": {"$random_state": ["labels_", 1, 0, 0.0]}}
    },
}


@pytest.mark.parametrize(("reason", "changed"), HOSTILE.items(), ids=HOSTILE.keys())
def test_a_manifest_that_somebody_made_is_refused(tmp_path, reason, changed):
    rewritten(tmp_path / "model", lambda description: description.update(changed))
    with pytest.raises(BundleError, match=re.escape(reason)):
        load_model(tmp_path / "model")


@pytest.mark.parametrize("columns", [[0, 3], [-1, 0]])
def test_a_sparse_matrix_with_entries_outside_is_refused(columns):
    arrays = {"v": np.ones(2), "c": np.array(columns, "i4"), "o": np.array([0, 1, 2], "i4")}
    with pytest.raises(BundleError, match="cannot read"):
        decode({"$csr": ["array", "v", "c", "o", [2, 3]]}, arrays)


def test_another_version_is_loaded_with_a_warning(tmp_path):
    rewritten(tmp_path / "model", lambda description: description.update(library="0.0.1"))
    with pytest.warns(BundleVersionWarning, match=r"by fastcluster 0\.0\.1, and this is .*\nhint"):
        loaded = load_model(tmp_path / "model")
    assert loaded.predict(NEW).shape == (500,)


def test_a_newer_format_asks_for_a_newer_library(tmp_path):
    rewritten(tmp_path / "model", lambda description: description.update(version=[2, 0]))
    with pytest.raises(BundleError, match=r"version 2\.0 .* reads version 1\.x\nhint: .* upgrade"):
        load_model(tmp_path / "model")


def test_the_errors_of_loading_are_built_in_ones_too(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_model(tmp_path / "model")
    with pytest.raises(ValueError, match="is not a bundle"):
        load_model(tmp_path)


def test_loading_unpickles_and_executes_nothing(tmp_path):
    KMeans(2, random_state=0).fit(X).save(tmp_path / "model")
    script = """
import sys
import fastcluster, fastcluster.cluster
seen = []
sys.addaudithook(lambda event, arguments: seen.append(event))
model = fastcluster.load_model(sys.argv[1])
found = sorted(set(seen))
assert "open" in found, found
bad = {"exec", "pickle.find_class", "marshal.loads", "subprocess.Popen", "os.system"}
assert not bad & set(found), found
"""
    subprocess.run([sys.executable, "-c", script, tmp_path / "model"], check=True, timeout=60)


def test_the_public_name_is_this_one():
    assert fastcluster.load_model is load_model
