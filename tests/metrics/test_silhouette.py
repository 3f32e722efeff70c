"""Silhouettes against scikit-learn in float64."""

import sys

import numpy as np
import pytest
import scipy.sparse
import sklearn.metrics

import fastcluster as fc
from fastcluster.metrics import silhouette_samples, silhouette_score

METRICS = ["euclidean", "sqeuclidean", "cosine"]


def rows(seed=0, n=400, d=24, k=5):
    rng = np.random.default_rng(seed)
    labels = rng.integers(k, size=n)
    return rng.normal(size=(k, d))[labels] + rng.normal(size=(n, d)) * 0.7, labels


def exact(X, labels, metric):
    """Return scikit-learn's silhouettes of the rows in float64."""
    return sklearn.metrics.silhouette_samples(np.asarray(X, np.float64), labels, metric=metric)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "uint8"])
def test_equals_scikit_learn(dtype, metric):
    X, labels = rows()
    X = (X * 9 + 60).astype(dtype)
    found = silhouette_samples(X, labels, metric=metric)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, exact(X, labels, metric), rtol=0, atol=1e-6)
    score = silhouette_score(X, labels, metric=metric)
    assert isinstance(score, float)
    assert score == pytest.approx(exact(X, labels, metric).mean(), abs=1e-7)


@pytest.mark.parametrize("metric", METRICS)
def test_layouts_and_sparse_rows(metric):
    X, labels = rows()
    X[np.abs(X) < 0.8] = 0
    expected = exact(X, labels, metric)
    for form in (np.asfortranarray(X), scipy.sparse.csr_array(X), X[:, ::-1], X.tolist()):
        found = silhouette_samples(form, labels, metric=metric)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-7)


def test_labels_may_be_anything():
    X, labels = rows()
    names = np.array(["e", "d", "c", "b", "a"])[labels]
    expected = silhouette_samples(X, labels)
    for other in (names, labels * 1000 - 7, names.tolist(), labels.astype(float)):
        np.testing.assert_allclose(silhouette_samples(X, other), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("metric", METRICS)
def test_the_sample_is_that_of_scikit_learn(metric):
    X, labels = rows()
    for seed in (0, 1, np.random.RandomState(3)):
        arguments = {"metric": metric, "sample_size": 90}
        again = np.random.RandomState(3) if not isinstance(seed, int) else seed
        found = silhouette_score(X, labels, random_state=seed, **arguments)
        expected = sklearn.metrics.silhouette_score(X, labels, random_state=again, **arguments)
        assert found == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(
    ("metric", "arguments"),
    [("manhattan", {}), ("minkowski", {"p": 3}), ("euclidean", {"squared": True})],
)
def test_other_metrics_are_those_of_scikit_learn(metric, arguments):
    X, labels = rows()
    expected = sklearn.metrics.silhouette_samples(X, labels, metric=metric, **arguments)
    found = silhouette_samples(X, labels, metric=metric, **arguments)
    np.testing.assert_array_equal(found, expected)
    assert silhouette_score(X, labels, metric=metric, **arguments) == expected.mean()


def test_precomputed_distances():
    X, labels = rows()
    distances = sklearn.metrics.pairwise_distances(X)
    found = silhouette_samples(distances, labels, metric="precomputed", n_jobs=1)
    np.testing.assert_allclose(found, silhouette_samples(X, labels), rtol=0, atol=1e-7)


def test_rows_of_zeros_under_cosine():
    X, labels = rows()
    X[::9] = 0
    np.testing.assert_allclose(
        silhouette_samples(X, labels, metric="cosine"), exact(X, labels, "cosine"), atol=1e-9
    )


HOSTILE = {
    "a common offset": lambda X: X + 3e5,
    "tight groups": lambda X: np.round(X) * 100 + X * 1e-3,
    "duplicates": lambda X: X[np.arange(len(X)) % 7],
    "near duplicates": lambda X: X[np.arange(len(X)) % 7] + X * 1e-5,
    "an outlier feature": lambda X: np.hstack([X[:, :1] * 1e4, X[:, 1:]]),
    "a far row": lambda X: np.vstack([np.full((1, X.shape[1]), 1e6), X[1:]]),
    "one feature": lambda X: X[:, :1],
    "small": lambda X: X * 1e-22,
    "large": lambda X: X * 1e100,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_hostile_rows(name, dtype):
    X, labels = rows()
    X = HOSTILE[name](X)
    if name == "large" and dtype == "float32":
        X = X * 1e-70
    X = X.astype(dtype)
    # scikit-learn's own Euclidean distances cancel: differences do not.
    distances = np.sqrt(((X[:, None].astype(float) - X.astype(float)) ** 2).sum(axis=2))
    expected = sklearn.metrics.silhouette_samples(distances, labels, metric="precomputed")
    np.testing.assert_allclose(silhouette_samples(X, labels), expected, rtol=0, atol=1e-6)


def test_threads_change_no_bit():
    X, labels = rows(n=1500)
    for metric in METRICS:
        first, *others = (
            silhouette_samples(X, labels, metric=metric, n_jobs=n).tobytes() for n in (1, 2, 5)
        )
        assert all(other == first for other in others)


@pytest.mark.parametrize("function", [silhouette_score, silhouette_samples])
@pytest.mark.parametrize("metric", [*METRICS, "manhattan"])
def test_wrong_input(function, metric):
    X, labels = rows(n=20)
    message = "Valid values are 2 to n_samples - 1"
    for wrong in (np.zeros(20), np.arange(20)):
        with pytest.raises(ValueError, match=message):
            function(X, wrong, metric=metric)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        function(X, labels[:-1], metric=metric)
    with pytest.raises(ValueError, match="NaN"):
        function(np.where(X > 1, np.nan, X), labels, metric=metric)


def test_settings_are_checked(monkeypatch):
    X, labels = rows(n=20)
    with pytest.raises(ValueError, match="The 'sample_size' parameter"):
        silhouette_score(X, labels, sample_size=0)
    with pytest.raises(ValueError, match="Unknown Distance Metric: nearness"):
        silhouette_score(X, labels, metric="nearness")
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(fc.exceptions.DeviceUnavailableError, match="a GPU needs CuPy"):
        silhouette_samples(X, labels, device="cuda")
