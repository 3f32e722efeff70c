"""The estimators on the GPU give what they give on the CPU, from array to attributes."""

import ml_dtypes
import numpy as np
import pytest
from host_engine import host

import fastcluster as fc
from fastcluster import metrics

GROUPS = np.arange(90) % 3
X = np.random.default_rng(3).normal(size=(90, 7)) + 4 * np.eye(3, 7)[GROUPS]
X[7] = X[8]
NEW = X[::4] + 0.3
WEIGHTS = np.arange(90) % 4 / 2.0


@pytest.fixture(params=["cupy", "numpy"])
def place(request, standin):
    """Return a function that puts rows where the GPU takes them up, and have it asked for."""
    import cupy

    with fc.config_context(device="cuda"):
        yield cupy.asarray if request.param == "cupy" else np.asarray


def fits(make, place, X, *attributes, **more):
    """Fit on both devices, compare attributes to the last bit, and return both models."""
    found, expected = make("cuda").fit(place(X), **more), make("cpu").fit(X, **more)
    for name in attributes:
        one, other = getattr(found, name), getattr(expected, name)
        one = host(one) if hasattr(one, "shape") else one
        assert np.array_equal(one, other, equal_nan=True), name
        assert np.asarray(one).dtype == np.asarray(other).dtype, name
    return found, expected


K_MEANS = ("labels_", "cluster_centers_", "inertia_", "n_iter_")


@pytest.mark.parametrize(
    ("metric", "dtype"),
    [
        ("euclidean", np.float32),
        ("euclidean", ml_dtypes.bfloat16),
        ("euclidean", np.int8),
        ("cosine", np.float64),
    ],
)
def test_k_means(place, metric, dtype):
    def make(device):
        return fc.KMeans(4, metric=metric, random_state=0, n_init=2, device=device)

    found, expected = fits(make, place, X.astype(dtype), *K_MEANS)
    assert (host(found.predict(place(NEW))) == expected.predict(NEW)).all()
    assert np.allclose(host(found.transform(place(NEW))), expected.transform(NEW), rtol=1e-5)
    assert np.isclose(found.score(place(NEW)), expected.score(NEW), rtol=1e-12)


@pytest.mark.parametrize(
    "init", ["random", "k-means||", X[:4]], ids=["random", "parallel", "given"]
)
def test_starts_and_weights_of_k_means(place, init):
    def make(device):
        return fc.KMeans(4, init=init, random_state=1, n_init=1, device=device)

    fits(make, place, X, *K_MEANS, sample_weight=WEIGHTS)


def test_mini_batches(place):
    def make(device):
        return fc.MiniBatchKMeans(3, batch_size=16, random_state=2, n_init=2, device=device)

    found, expected = fits(make, place, X.astype(np.float32), *K_MEANS, "n_steps_")
    found.partial_fit(place(NEW))
    expected.partial_fit(NEW)
    assert (host(found.cluster_centers_) == expected.cluster_centers_).all()


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_dbscan(place, metric):
    def make(device):
        eps = 2.4 if metric == "euclidean" else 0.15
        return fc.DBSCAN(eps, min_samples=4, metric=metric, device=device)

    names = ("labels_", "core_sample_indices_", "components_")
    found, expected = fits(make, place, X, *names, sample_weight=WEIGHTS)
    assert len(set(expected.labels_)) > 2
    assert (host(found.predict(place(NEW))) == expected.predict(NEW)).all()


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_hdbscan(place, metric):
    def make(device):
        return fc.HDBSCAN(5, metric=metric, store_centers="centroid", device=device)

    strange = X.copy()
    strange[5, 0], strange[9, 3] = np.nan, np.inf
    names = ("labels_", "probabilities_", "outlier_scores_", "core_distances_")
    found, expected = fits(make, place, strange, *names)
    assert np.allclose(host(found.centroids_), expected.centroids_)
    again = host(found.recut(min_cluster_size=3).labels_)
    assert (again == expected.recut(min_cluster_size=3).labels_).all()
    assert (host(found.predict(place(NEW))) == expected.predict(NEW)).all()
    assert np.allclose(host(found.membership_vector(place(NEW))), expected.membership_vector(NEW))
    assert (host(found.dbscan_labels(0.5)) == expected.dbscan_labels(0.5)).all()
    assert (found.set_params(device="cpu").predict(NEW) == expected.predict(NEW)).all()


def test_nearest_centers_and_classes(place):
    for found, expected in zip(
        fc.nearest_centroids(place(X), place(NEW), 5),
        fc.nearest_centroids(X, NEW, 5, device="cpu"),
        strict=True,
    ):
        assert (host(found) == expected).all()
    assert host(fc.kmeans_plusplus(place(X), 4, random_state=0)[1]).shape == (4,)
    found, expected = (
        fc.NearestCentroid(device=device).fit(put(X), GROUPS)
        for device, put in (("cuda", place), ("cpu", np.asarray))
    )
    assert np.allclose(host(found.centroids_), expected.centroids_)
    assert (host(found.predict(place(NEW))) == expected.predict(NEW)).all()
    assert np.allclose(host(found.predict_proba(place(NEW))), expected.predict_proba(NEW))


def test_scores(place):
    for score in (
        metrics.silhouette_score,
        metrics.davies_bouldin_score,
        metrics.calinski_harabasz_score,
    ):
        assert np.isclose(score(place(X), GROUPS), score(X, GROUPS, device="cpu"), rtol=1e-7)
    for metric in ("euclidean", "sqeuclidean", "cosine"):
        found = host(metrics.silhouette_samples(place(X), GROUPS, metric=metric))
        expected = metrics.silhouette_samples(X, GROUPS, metric=metric, device="cpu")
        assert np.allclose(found, expected, atol=1e-6)
