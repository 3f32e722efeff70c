"""Properties that k-means has for every input, on numbers whose sums are exact."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oracle
from fastcluster import KMeans, nearest_centroids

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def one_step(X, start, **arguments):
    """Assign, update and assign again: no cluster can be empty, and every sum is exact."""
    return KMeans(len(start), init=start, max_iter=1).fit(X, **arguments)


@given(oracle.lattices(), oracle.lattices())
def test_nearest_is_the_float64_search_bit_by_bit(X, centers):
    d = min(X.shape[1], centers.shape[1])
    X, centers = X[:, :d], centers[:, :d]
    distances, indices = nearest_centroids(X, centers, n_neighbors=len(centers))
    exact = oracle.squared_distances(X, centers)
    order = exact.argsort(axis=1, kind="stable")
    assert indices.tolist() == order.tolist()
    assert (distances == np.sqrt(np.take_along_axis(exact, order, axis=1))).all()


@given(oracle.lattices_with_start(), st.randoms(use_true_random=False))
def test_permuting_rows_permutes_labels(case, random):
    X, start = case
    order = list(range(len(X)))
    random.shuffle(order)
    model, permuted = one_step(X, start), one_step(X[order], start)
    assert (permuted.labels_ == model.labels_[order]).all()
    assert (permuted.cluster_centers_ == model.cluster_centers_).all()
    np.testing.assert_allclose(permuted.inertia_, model.inertia_, rtol=1e-12)


@given(oracle.lattices(), st.integers(1, 6), st.integers(0, 99))
def test_duplicates_share_a_label(X, n_clusters, seed):
    X = np.concatenate([X, X[::-1]])
    labels = KMeans(min(n_clusters, len(X)), random_state=seed).fit(X).labels_
    assert (labels[: len(X) // 2] == labels[len(X) // 2 :][::-1]).all()


@given(oracle.lattices_with_start(), st.data())
def test_weights_equal_repetition(case, data):
    X, start = case
    times = data.draw(st.lists(st.integers(0, 3), min_size=len(X), max_size=len(X)))
    # Rows of the start keep a weight, so that no cluster is empty.
    times = np.array(times) + np.isin(oracle.squared_distances(X, start).min(axis=1), 0)
    weighted = one_step(X, start, sample_weight=times)
    repeated = one_step(np.repeat(X, times, axis=0), start)
    assert (repeated.labels_ == np.repeat(weighted.labels_, times)).all()
    assert (repeated.cluster_centers_ == weighted.cluster_centers_).all()
    np.testing.assert_allclose(repeated.inertia_, weighted.inertia_, rtol=1e-12)


@given(oracle.lattices_with_start(), st.integers(-60, 60))
def test_scaling_by_a_power_of_two_scales_the_result(case, exponent):
    X, start = case
    scale = 2.0**exponent
    model = KMeans(len(start), init=start).fit(X)
    scaled = KMeans(len(start), init=start * scale).fit(X * scale)
    assert (scaled.labels_ == model.labels_).all()
    assert (scaled.cluster_centers_ == model.cluster_centers_ * scale).all()
    assert scaled.inertia_ == model.inertia_ * scale * scale
    assert scaled.n_iter_ == model.n_iter_


@given(oracle.lattices(), oracle.lattices(), st.integers(-(2**30), 2**30))
def test_translation_changes_no_nearest_center(X, centers, shift):
    d = min(X.shape[1], centers.shape[1])
    X, centers = X[:, :d], centers[:, :d]
    _, here = nearest_centroids(X, centers)
    _, there = nearest_centroids(X + shift, centers + shift)
    assert (here == there).all()


@given(oracle.lattices_with_start())
def test_inertia_is_that_of_the_published_centers_and_never_rises(case):
    X, start = case
    model = KMeans(len(start), init=start, tol=0).fit(X)
    distances = oracle.squared_distances(X, model.cluster_centers_)
    oracle.assert_nearest(model.labels_, distances)
    np.testing.assert_allclose(model.inertia_, distances.min(axis=1).sum(), rtol=1e-12)
    inertias = [*model.history_["inertia"], model.inertia_]
    assert (np.diff(inertias) <= 1e-12 * inertias[0]).all()
    assert np.isfinite(model.cluster_centers_).all()


@given(oracle.lattices(), st.integers(0, 99))
def test_one_cluster_is_the_mean(X, seed):
    model = KMeans(1, random_state=seed).fit(X)
    assert (model.labels_ == 0).all()
    np.testing.assert_allclose(model.cluster_centers_[0], X.mean(axis=0), atol=1e-15)


@given(oracle.lattices(), st.sampled_from(["k-means++", "random"]), st.integers(0, 99))
def test_as_many_clusters_as_distinct_rows_have_no_inertia(X, init, seed):
    X = np.unique(X, axis=0)
    model = KMeans(len(X), init=init, n_init=1, random_state=seed).fit(X)
    assert model.inertia_ == 0
    assert sorted(model.labels_) == list(range(len(X)))


@given(oracle.lattices(), st.integers(1, 8), st.integers(0, 99))
def test_constant_data_gives_its_one_row_as_every_center(X, n_clusters, seed):
    X = np.repeat(X[:1], 8, axis=0)
    model = KMeans(n_clusters, random_state=seed).fit(X)
    assert (model.cluster_centers_ == X[0]).all()
    assert (model.labels_ == 0).all()
    assert model.inertia_ == 0


@pytest.mark.parametrize("offset", [0, 1e3, 1e6])
def test_groups_far_from_the_origin_are_found_all_the_same(offset):
    X, groups = oracle.blobs(6, 8)
    start = oracle.first_of_each(X, groups)
    here = KMeans(6, init=start).fit(X)
    there = KMeans(6, init=start + offset).fit(X + offset)
    assert (here.labels_ == there.labels_).all()
    np.testing.assert_allclose(there.cluster_centers_ - offset, here.cluster_centers_, atol=1e-8)


@pytest.mark.parametrize("value", [1e-300, 1e-160, 1e-30, 1e30, 1e150])
def test_extreme_scales_neither_overflow_nor_vanish(value):
    X, groups = oracle.blobs(4, 5)
    start = oracle.first_of_each(X, groups)
    model = KMeans(4, init=start * value).fit(X * value)
    assert (model.labels_ == KMeans(4, init=start).fit(X).labels_).all()
    assert np.isfinite(model.cluster_centers_).all()


def test_one_row():
    model = KMeans(1).fit([[1.5, 2.5]])
    assert model.cluster_centers_.tolist() == [[1.5, 2.5]]
    assert model.labels_.tolist() == [0]
    assert model.inertia_ == 0
