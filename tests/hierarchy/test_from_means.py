"""Dendrograms from means of clusters: what `linkage` and `linkage_vector` do for many vectors."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import is_valid_linkage
from scipy.spatial.distance import pdist

from fastcluster import config_context, set_config
from fastcluster.hierarchy import _linkage, linkage, linkage_vector

FORMS = [("ward", "euclidean"), ("average", "cosine")]


def vectors(n=2500, d=24, seed=0):
    rng = np.random.default_rng(seed)
    centers = rng.normal(size=(40, d))
    return (centers[rng.integers(0, 40, n)] + rng.normal(scale=0.6, size=(n, d))).astype("f4")


def assert_same(found, expected):
    np.testing.assert_array_equal(found[:, [0, 1, 3]], expected[:, [0, 1, 3]])
    np.testing.assert_allclose(found[:, 2], expected[:, 2], rtol=1e-11)


@pytest.fixture
def for_few(monkeypatch):
    """Let `linkage` avoid distances for any number of vectors."""
    monkeypatch.setattr(_linkage, "VECTORS_ABOVE", 1)


@pytest.mark.parametrize(("method", "metric"), FORMS)
def test_same_as_from_distances(for_few, method, metric):
    X = vectors()  # more than the core joins by distances
    expected = linkage(pdist(X.astype(float), metric), method)
    with config_context(memory_limit=8 * 2500 * 2499 // 2 - 1):  # less than all distances
        assert_same(linkage(X, method, metric), expected)


@pytest.mark.parametrize(("method", "metric"), FORMS)
def test_any_number_of_threads(for_few, method, metric):
    X = vectors(seed=1)
    found = []
    for n_jobs in (1, 3):
        set_config(n_jobs=n_jobs)
        found.append(linkage(X, method, metric))
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("method", ["ward", "median", "single"])
def test_memory_limit_refuses_before(method):
    with config_context(memory_limit=1000), pytest.raises(MemoryError, match="of 50 rows"):
        linkage_vector(vectors(50), method)


@pytest.mark.parametrize("method", ["ward", "single"])
def test_equal_vectors_join_first(method):
    X = np.repeat(vectors(60), 50, axis=0)
    merges = linkage_vector(X, method)
    assert is_valid_linkage(merges)
    assert np.count_nonzero(merges[:, 2] == 0) == 60 * 49
    distinct = linkage_vector(X[::50], "single")[:, 2]
    if method == "single":
        np.testing.assert_allclose(merges[-59:, 2], distinct)


def test_zero_rows_under_cosine_are_refused(for_few):
    X = vectors(30)
    X[7] = 0
    with pytest.raises(FloatingPointError, match="row 7 of zeros has no direction\nhint: "):
        linkage(X, "average", "cosine")


def test_infinity_goes_by_way_of_distances(for_few):
    X = vectors(30).astype(float)
    X[7, 0] = np.inf
    assert linkage(X, "ward")[-1].tolist() == [7, 57, np.inf, 30]


@pytest.mark.parametrize("metric", ["euclidean", "cityblock", "cosine", "jaccard", "seuclidean",
                                    "mahalanobis", "kulsinski", "hamming"])  # fmt: skip
def test_single_linkage_row_by_row(monkeypatch, metric):
    rng = np.random.default_rng(3)
    X = rng.random((60, 12)) < 0.6 if metric in ("jaccard", "kulsinski") else vectors(60, 5)
    expected = linkage_vector(X, "single", metric)
    monkeypatch.setattr("fastcluster.hierarchy._linkage_vector.VECTORS_ABOVE", 1)
    found = linkage_vector(X, "single", metric)
    np.testing.assert_allclose(found[:, 2], expected[:, 2], rtol=1e-12)
    np.testing.assert_array_equal(found[:, [0, 1, 3]], expected[:, [0, 1, 3]])


def test_row_by_row_names_the_rows_of_a_nan(monkeypatch):
    monkeypatch.setattr("fastcluster.hierarchy._linkage_vector.VECTORS_ABOVE", 1)
    with pytest.raises(FloatingPointError, match="got NaN for rows 0 and 2"):
        linkage_vector([[1.0], [2.0], [0.0]], metric=lambda _, v: 1.0 if v[0] else np.nan)
