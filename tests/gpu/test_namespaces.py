"""Results lie where the caller's arrays lie, in the caller's library; models change devices."""

import copy
import pickle

import host_engine
import ml_dtypes
import numpy as np
import pandas as pd
import pytest
from host_engine import host
from sklearn.base import clone

import fastcluster as fc
from fastcluster import metrics

CENTERS = np.array([[0.0, 0.0, 1.0], [9.0, 0.0, 0.0], [0.0, 9.0, 0.0]])
X = (np.repeat(CENTERS, 8, axis=0) + np.random.default_rng(0).normal(size=(24, 3))).astype(
    np.float32
)
Y = np.repeat([0, 1, 2], 8)
START = X[[0, 8, 16]]
NEW = X[::5] + np.float32(0.1)


@pytest.fixture
def cp(standin, monkeypatch):
    """Play a GPU on which everything works."""
    import sys

    import cupy

    host_engine.play(monkeypatch)
    monkeypatch.setitem(sys.modules, "torch", host_engine.torch())
    return cupy


HOMES = {
    "cupy": lambda cp, x: cp.asarray(x),
    "torch": lambda cp, x: host_engine.Tensor(cp.asarray(x)),
    "numpy": lambda cp, x: x,
}


@pytest.fixture(params=HOMES)
def home(request, cp):
    """Return a function that places an array, the class that results have, and the parameters."""
    kinds = {"cupy": cp.ndarray, "torch": host_engine.Tensor, "numpy": np.ndarray}
    device = {"device": "cuda"} if request.param == "numpy" else {}
    return lambda x: HOMES[request.param](cp, x), kinds[request.param], device


ESTIMATORS = {
    "KMeans": lambda **device: fc.KMeans(3, random_state=0, **device),
    "KMeans from centers": lambda **device: fc.KMeans(3, init=START, **device),
    "KMeans from a function": lambda **device: fc.KMeans(3, init=first_three, n_init=1, **device),
    "MiniBatchKMeans": lambda **device: fc.MiniBatchKMeans(
        3, random_state=0, batch_size=12, n_init=2, **device
    ),
    "DBSCAN": lambda **device: fc.DBSCAN(2.0, min_samples=3, **device),
    "HDBSCAN": lambda **device: fc.HDBSCAN(4, store_centers="centroid", **device),
    "NearestCentroid": fc.NearestCentroid,
}
ATTRIBUTES = {
    "KMeans": ("cluster_centers_", "labels_"),
    "MiniBatchKMeans": ("cluster_centers_", "labels_"),
    "DBSCAN": ("labels_", "core_sample_indices_", "components_"),
    "HDBSCAN": (
        "labels_", "probabilities_", "outlier_scores_", "core_distances_", "centroids_",
    ),
    "NearestCentroid": ("centroids_", "class_prior_", "deviations_", "within_class_std_dev_"),
}  # fmt: skip


def first_three(data, n_clusters, random_state):
    """Return start centers in the library of the data, which is the caller's."""
    assert type(data).__module__ in ("torch", "numpy", "standin._array")
    return data[: 8 * n_clusters][::8]


def equal(one, other):
    """Compare arrays of any home, dtype included."""
    one, other = host(one), host(other)
    return (
        one.dtype == other.dtype
        and one.shape == other.shape
        and np.allclose(one, other, 1e-12, 1e-12)
    )


@pytest.mark.parametrize("name", ESTIMATORS)
def test_attributes_and_predictions_are_the_callers(home, name):
    place, kind, device = home
    model = ESTIMATORS[name](**device).fit(place(X), Y)
    twin = ESTIMATORS[name](device="cpu").fit(X, Y)
    for attribute in ATTRIBUTES[name.split()[0]]:
        found = getattr(model, attribute)
        assert type(found) is kind, attribute
        assert equal(found, getattr(twin, attribute)), attribute
    found = model.predict(place(NEW))
    assert type(found) is kind
    assert equal(found, twin.predict(NEW))


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_model_predicts_where_the_new_rows_are(home, name):
    """Fitted on one device, asked on the other, both ways."""
    place, kind, _ = home
    twin = ESTIMATORS[name]().fit(X, Y)
    fitted = ESTIMATORS[name](device="cuda" if kind is np.ndarray else "auto").fit(place(X), Y)
    fitted.set_params(device="cpu")
    found = fitted.predict(NEW)
    assert type(found) is np.ndarray
    assert equal(found, twin.predict(NEW))
    host_engine.calls.clear()
    asked = copy.copy(twin).set_params(device="cuda" if kind is np.ndarray else "auto")
    found = asked.predict(place(NEW))
    assert type(found) is kind
    assert equal(found, twin.predict(NEW))
    assert host_engine.calls


METHODS = {
    "transform": lambda m, place: m.transform(place(NEW)),
    "fit_transform": lambda m, place: m.fit_transform(place(X)),
    "fit_predict": lambda m, place: m.fit_predict(place(X)),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["KMeans", "MiniBatchKMeans"])
def test_other_methods_of_k_means(home, name, method):
    place, kind, device = home
    model = ESTIMATORS[name](**device).fit(place(X))
    twin = ESTIMATORS[name]().fit(X)
    found = METHODS[method](model, place)
    assert type(found) is kind
    assert equal(found, METHODS[method](twin, lambda x: x))
    assert model.score(place(NEW), sample_weight=place(np.arange(5.0))) == twin.score(
        NEW, sample_weight=np.arange(5.0)
    )


def test_other_methods_of_hdbscan(home):
    place, kind, device = home
    model, twin = (
        fc.HDBSCAN(4, **where).fit(put(X)) for put, where in ((place, device), (lambda x: x, {}))
    )
    calls = {
        "approximate_predict": lambda m, put: m.approximate_predict(put(NEW)),
        "outlier_scores": lambda m, put: (m.outlier_scores(put(NEW)),),
        "membership_vector": lambda m, put: (m.membership_vector(put(NEW)),),
        "all_points": lambda m, put: (m.all_points_membership_vectors(),),
        "dbscan_clustering": lambda m, put: (m.dbscan_clustering(2.0),),
        "dbscan_labels": lambda m, put: (m.dbscan_labels(2.0),),
        "recut": lambda m, put: (m.recut(min_cluster_size=3).labels_,),
        "exemplars": lambda m, put: m.exemplars_,
    }
    for name, call in calls.items():
        for found, expected in zip(call(model, place), call(twin, lambda x: x), strict=True):
            assert type(found) is kind, name
            assert equal(found, expected), name
    on_host = model.set_params(device="cpu")
    for name, call in calls.items():
        for found, expected in zip(
            call(on_host, lambda x: x), call(twin, lambda x: x), strict=True
        ):
            assert type(found) is np.ndarray, name
            assert equal(found, expected), name
    assert equal(model.condensed_tree_.lambda_val, twin.condensed_tree_.lambda_val)
    assert equal(model.single_linkage_tree_.to_linkage(), twin.single_linkage_tree_.to_linkage())


def test_rows_that_are_not_finite_get_their_labels(home):
    place, kind, device = home
    strange = np.concatenate([X, [[np.nan, 0, 0], [np.inf, 0, 0]]]).astype(np.float32)
    model = fc.HDBSCAN(4, **device).fit(place(strange))
    assert type(model.labels_) is kind
    assert host(model.labels_)[-2:].tolist() == [-3, -2]


def test_functions(home):
    place, kind, device = home
    for found, expected in [
        (
            fc.nearest_centroids(place(NEW), place(START), 2, **device),
            fc.nearest_centroids(NEW, START, 2),
        ),
        (fc.dbscan(place(X), 2.0, **device), fc.dbscan(X, 2.0)),
    ]:
        for one, other in zip(found, expected, strict=True):
            assert type(one) is kind
            assert equal(one, other)
    with fc.config_context(**device):
        centers, indices = fc.kmeans_plusplus(place(X), 3, random_state=0)
        means, labels, inertia, n_iter = fc.k_means(place(X), 3, random_state=0, return_n_iter=True)
    assert {type(found) for found in (centers, indices, means, labels)} == {kind}
    assert equal(indices, fc.kmeans_plusplus(X, 3, random_state=0)[1])
    assert isinstance(inertia, float)
    assert isinstance(n_iter, int)


def test_scores(home):
    place, kind, device = home
    labels = place(Y)
    for score in (
        metrics.silhouette_score, metrics.davies_bouldin_score, metrics.calinski_harabasz_score,
        metrics.validity_index,
    ):  # fmt: skip
        found = score(place(X), labels, **device)
        assert isinstance(found, float)
        assert found == score(X, Y)
    each = metrics.silhouette_samples(place(X), labels, **device)
    assert type(each) is kind
    assert equal(each, metrics.silhouette_samples(X, Y))
    estimate = {"n_samples": 9, "random_state": 0}
    found = metrics.silhouette_estimate(place(X), labels, **estimate, **device)
    assert found == metrics.silhouette_estimate(X, Y, **estimate)
    assert metrics.silhouette_score(
        place(X), labels, sample_size=20, random_state=3, **device
    ) == metrics.silhouette_score(X, Y, sample_size=20, random_state=3)


@pytest.mark.parametrize("priors", ["uniform", [0.2, 0.3, 0.5]])
def test_probabilities_of_classes(home, priors):
    place, kind, device = home
    model = fc.NearestCentroid(priors=priors, **device).fit(place(X), Y)
    twin = fc.NearestCentroid(priors=priors).fit(X, Y)
    for method in ("predict", "decision_function", "predict_proba", "predict_log_proba"):
        found = getattr(model, method)(place(NEW))
        assert type(found) is kind
        assert np.allclose(host(found), getattr(twin, method)(NEW), atol=1e-9)


def test_classes_are_scored_wherever_they_are(home):
    place, _, device = home
    model = fc.NearestCentroid(**device).fit(place(X), Y)
    wrong = np.where(np.arange(24) == 3, 1, Y)
    assert model.score(place(X), place(wrong)) == model.score(place(X), wrong) == 23 / 24
    assert model.score(place(X), wrong, sample_weight=place((Y > 0) + 0.0)) == 1


def test_names_of_classes_stay_in_host_memory(cp):
    names = np.array(["a", "b", "c"])[Y]
    model = fc.NearestCentroid().fit(cp.asarray(X), names)
    found = model.predict(cp.asarray(X))
    assert type(found) is np.ndarray
    assert (found == names).all()


def test_equal_rows_have_no_classes(cp):
    with pytest.raises(ValueError, match="All features have zero variance"):
        fc.NearestCentroid().fit(cp.ones((4, 2)), [0, 0, 1, 1])


def test_partial_fit_goes_on_where_the_batch_is(home):
    place, kind, device = home
    model, twin = (fc.MiniBatchKMeans(3, init=START, random_state=0) for _ in range(2))
    model.set_params(**device).partial_fit(place(X))
    twin.partial_fit(X)
    assert type(model.cluster_centers_) is kind
    model.set_params(device="cpu").partial_fit(NEW)
    twin.partial_fit(NEW)
    assert type(model.cluster_centers_) is type(model.labels_) is np.ndarray
    model.set_params(device=device.get("device", "auto")).partial_fit(place(X))
    twin.partial_fit(X)
    assert type(model.cluster_centers_) is kind
    assert equal(model.cluster_centers_, twin.cluster_centers_)


def test_rows_of_bfloat16_come_back_as_such(cp):
    rounded = cp.asarray(X.astype(ml_dtypes.bfloat16))
    assert fc.DBSCAN(2.0, min_samples=3).fit(rounded).components_.dtype == ml_dtypes.bfloat16
    model = fc.DBSCAN(2.0, min_samples=3).fit(host_engine.Tensor(rounded, dtype="bfloat16"))
    assert model.components_.dtype == "torch.bfloat16"
    assert type(model.predict(host_engine.Tensor(rounded, dtype="bfloat16"))) is host_engine.Tensor


def test_a_tensor_with_gradients_is_taken(cp):
    tensor = host_engine.Tensor(cp.asarray(X))
    tensor.requires_grad = True
    assert type(fc.KMeans(3, random_state=0).fit(tensor).labels_) is host_engine.Tensor


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_saved_model_lies_in_host_memory(home, name, tmp_path):
    if name == "KMeans from a function":
        pytest.skip("a function is not saved")
    place, _, device = home
    model = ESTIMATORS[name](**device)
    if name == "KMeans from centers":
        model.set_params(init=place(START))
    model.fit(place(X), Y).save(tmp_path / "model")
    loaded = fc.load_model(tmp_path / "model").set_params(device="cpu")
    for attribute in ATTRIBUTES[name.split()[0]]:
        assert type(getattr(loaded, attribute)) is np.ndarray, attribute
        assert equal(getattr(loaded, attribute), getattr(model, attribute))
    assert equal(loaded.predict(NEW), model.set_params(device="cpu").predict(NEW))


def test_copies_and_clones(cp):
    x = cp.asarray(X)
    model = fc.KMeans(3, init=cp.asarray(START)).fit(x)
    assert not hasattr(clone(model), "labels_")
    assert equal(clone(model).init, START)
    for made in (copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))):
        twin = made(model)
        assert type(twin.cluster_centers_) is cp.ndarray
        assert equal(twin.predict(x), model.labels_)


def test_frames_are_made_of_arrays_in_host_memory(cp):
    x = cp.asarray(X)
    model = fc.KMeans(3, random_state=0).set_output(transform="pandas").fit(x)
    frame = model.transform(x)
    assert list(frame.columns) == ["kmeans0", "kmeans1", "kmeans2"]
    assert (frame.to_numpy() == fc.KMeans(3, random_state=0).fit(X).transform(X)).all()
    assert model.get_feature_names_out().tolist() == list(frame.columns)


def test_names_of_columns_are_kept_for_frames_that_go_to_the_gpu(cp):
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    model = fc.KMeans(3, random_state=0, device="cuda").fit(frame)
    assert model.feature_names_in_.tolist() == ["a", "b", "c"]
    assert type(model.labels_) is np.ndarray
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        model.set_params(device="auto").predict(cp.asarray(X))


def test_a_fit_that_fails_on_the_gpu_changes_nothing(cp, monkeypatch):
    model = fc.KMeans(3, random_state=0).fit(X)
    before = dict(vars(model))

    def fails(self, *args, **kwargs):
        raise MemoryError("no room")

    monkeypatch.setattr("fastcluster._backend.gpu._backend.GpuBackend.kmeans", fails)
    with pytest.raises(MemoryError, match="no room"):
        model.fit(cp.asarray(X))
    assert vars(model) == before
