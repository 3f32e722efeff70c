"""`AgglomerativeClustering`: scikit-learn's labels, and what it has besides."""

import numpy as np
import pytest
import sklearn.cluster
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.metrics.pairwise import _VALID_METRICS
from sklearn.neighbors import kneighbors_graph

from fastcluster import AgglomerativeClustering, config_context, load_model
from fastcluster._validation import PAIR_METRICS

METRICS = ["euclidean", "l2", "l1", "manhattan", "cosine", "chebyshev", "precomputed"]
PAIRS = [("ward", "euclidean"), ("ward", "l2")] + [
    (linkage, metric) for linkage in ("single", "complete", "average") for metric in METRICS
]


def rows(n=60, d=4, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


def given_to(metric, X, Y=None):
    """Return X, or the distances from it where they are precomputed."""
    return cdist(X, X if Y is None else Y) if metric == "precomputed" else X


@pytest.mark.parametrize(("linkage", "metric"), PAIRS)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 80), share=st.floats(0, 1))
def test_scikit_learn_finds_the_same(linkage, metric, seed, n, share):
    X = given_to(metric, rows(n, seed=seed))
    parameters = {"metric": metric, "linkage": linkage, "compute_distances": True}
    ours = AgglomerativeClustering(1 + int(share * (n - 1)), **parameters).fit(X)
    theirs = sklearn.cluster.AgglomerativeClustering(ours.n_clusters, **parameters).fit(X)
    np.testing.assert_array_equal(ours.children_, theirs.children_)
    np.testing.assert_array_equal(ours.labels_, theirs.labels_)
    np.testing.assert_allclose(ours.distances_, theirs.distances_, rtol=1e-11)
    assert ours.labels_.dtype == theirs.labels_.dtype
    for name in ("n_clusters_", "n_leaves_", "n_connected_components_"):
        assert getattr(ours, name) == getattr(theirs, name)


@pytest.mark.parametrize("threshold", [0, 0.5, 2.0, 1e9])
@pytest.mark.parametrize("linkage", ["ward", "single", "average"])
def test_distance_threshold(linkage, threshold):
    parameters = {"n_clusters": None, "distance_threshold": threshold, "linkage": linkage}
    ours = AgglomerativeClustering(**parameters).fit(rows())
    theirs = sklearn.cluster.AgglomerativeClustering(**parameters).fit(rows())
    np.testing.assert_array_equal(ours.labels_, theirs.labels_)
    assert ours.n_clusters_ == theirs.n_clusters_


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int8])
def test_ward_reads_rows_as_they_are(dtype):
    X = (rows(200, 30) * 20).astype(dtype)
    ours = AgglomerativeClustering(9).fit(X)
    theirs = sklearn.cluster.AgglomerativeClustering(9).fit(X.astype(float))
    np.testing.assert_array_equal(ours.labels_, theirs.labels_)


@pytest.mark.parametrize("linkage", ["ward", "average"])
def test_connectivity_is_scikit_learns(linkage):
    graph = kneighbors_graph(rows(), 8)
    parameters = {"n_clusters": 4, "linkage": linkage, "connectivity": graph}
    ours = AgglomerativeClustering(**parameters).fit(rows())
    theirs = sklearn.cluster.AgglomerativeClustering(**parameters).fit(rows())
    np.testing.assert_array_equal(ours.labels_, theirs.labels_)
    np.testing.assert_array_equal(ours.children_, theirs.children_)
    assert ours.predict(rows(7, seed=1)).shape == (7,)


def test_distances_go_with_the_parameters():
    model = AgglomerativeClustering(2, compute_distances=True).fit(rows())
    assert model.distances_.shape == (59,)
    model.set_params(compute_distances=False).fit(rows())
    assert not hasattr(model, "distances_")


def test_the_tree_is_kept_in_memory(tmp_path):
    models = [AgglomerativeClustering(k, memory=str(tmp_path)).fit(rows()) for k in (2, 5)]
    assert list(tmp_path.rglob("output.pkl"))
    np.testing.assert_array_equal(*(model.children_ for model in models))
    assert models[1].n_clusters_ == models[1].labels_.max() + 1 == 5


@pytest.mark.parametrize(("linkage", "metric"), PAIRS)
def test_predict_follows_its_rule(monkeypatch, linkage, metric):
    monkeypatch.setattr("fastcluster.cluster._cluster_distances._HELD", 500)  # several blocks
    X, new = rows(), rows(45, seed=1)
    model = AgglomerativeClustering(6, metric=metric, linkage=linkage).fit(given_to(metric, X))
    name = {"l1": "cityblock", "manhattan": "cityblock", "l2": "euclidean",
            "precomputed": "euclidean"}.get(metric, metric)  # fmt: skip
    clusters = [X[model.labels_ == label] for label in range(6)]
    if linkage == "ward":
        clusters = [members.mean(axis=0, keepdims=True) for members in clusters]
    how = {"single": np.min, "complete": np.max, "average": np.mean, "ward": np.min}[linkage]
    expected = np.array([how(cdist(new, members, name), axis=1) for members in clusters])
    np.testing.assert_array_equal(model.predict(given_to(metric, new, X)), expected.argmin(axis=0))


@pytest.mark.parametrize("metric", METRICS)
def test_single_linkage_predicts_its_own_labels(metric):
    X = given_to(metric, rows())
    model = AgglomerativeClustering(12, metric=metric, linkage="single").fit(X)
    np.testing.assert_array_equal(model.predict(X), model.labels_)


@pytest.mark.parametrize(("linkage", "metric"), [("ward", "euclidean"), ("average", "cosine"),
                                                 ("complete", "precomputed")])  # fmt: skip
def test_saved_is_loaded(tmp_path, linkage, metric):
    X, new = rows(), rows(20, seed=1)
    model = AgglomerativeClustering(5, metric=metric, linkage=linkage).fit(given_to(metric, X))
    model.save(tmp_path / "model")
    loaded = load_model(tmp_path / "model")
    new = given_to(metric, new, X)
    np.testing.assert_array_equal(loaded.predict(new), model.predict(new))
    np.testing.assert_array_equal(loaded.labels_, model.labels_)
    assert loaded.get_params() == model.get_params()


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"n_clusters": 0}, "The 'n_clusters' parameter of AgglomerativeClustering must be"),
        ({"n_clusters": None}, "Exactly one of n_clusters and distance_threshold"),
        ({"distance_threshold": 1.0}, "Exactly one of n_clusters and distance_threshold"),
        ({"linkage": "centroid"}, "The 'linkage' parameter of AgglomerativeClustering must be"),
        ({"metric": "nonsense"}, "The 'metric' parameter of AgglomerativeClustering must be"),
        ({"metric": "l1"}, "Ward can only work with euclidean distances"),
        ({"n_clusters": 61}, "Cannot extract more clusters than samples"),
        ({"metric": "precomputed", "linkage": "single"}, "Distance matrix should be square"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(parameters, says):
    model = AgglomerativeClustering(**parameters)
    with pytest.raises(ValueError, match=says):
        model.fit(rows())
    assert not hasattr(model, "n_features_in_")


@pytest.mark.parametrize("grid", [4, 10**6])
def test_many_rows_and_copies_have_the_labels_of_single_linkage(grid):
    # Whole numbers, whose distances are exact: few tie on the wide grid, but for those of copies.
    rng = np.random.default_rng(5)
    X = rng.integers(0, grid, size=(450, 3)).astype(np.float64)[rng.integers(0, 450, size=800)]
    model = AgglomerativeClustering(30, linkage="single").fit(X)
    theirs = sklearn.cluster.AgglomerativeClustering(30, linkage="single").fit(X)
    np.testing.assert_array_equal(model.children_, theirs.children_)
    np.testing.assert_array_equal(model.labels_, theirs.labels_)


def test_sparse_rows_and_single_rows_are_refused():
    with pytest.raises(TypeError, match="dense data is required"):
        AgglomerativeClustering().fit(kneighbors_graph(rows(), 2))
    with pytest.raises(ValueError, match="minimum of 2 is required by AgglomerativeClustering"):
        AgglomerativeClustering().fit([[1.0]])


def test_zero_rows_under_cosine_are_refused():
    with pytest.raises(ValueError, match="zero vectors\nhint: "):
        AgglomerativeClustering(metric="cosine", linkage="average").fit([[0.0], [1.0]])


def test_a_function_has_no_distances_to_new_rows():
    model = AgglomerativeClustering(metric=lambda X: cdist(X, X), linkage="average").fit(rows())
    plain = AgglomerativeClustering(linkage="average").fit(rows())
    np.testing.assert_array_equal(model.labels_, plain.labels_)
    with pytest.raises(TypeError, match="predict needs a named metric"):
        model.predict(rows())


@pytest.mark.parametrize(
    ("linkage", "what"),
    [
        ("complete", "the distances of all pairs of 60"),
        ("ward", "means and neighbours of clusters"),
    ],
)
def test_memory_limit_refuses_the_fit(linkage, what):
    with config_context(memory_limit=3000):
        AgglomerativeClustering(linkage="single").fit(rows())
        with pytest.raises(MemoryError, match=what):
            AgglomerativeClustering(linkage=linkage).fit(rows())


def test_metrics_are_those_that_scikit_learn_names():
    assert set(_VALID_METRICS) == PAIR_METRICS
