"""Spherical k-means."""

import numpy as np
import pytest

import oracle
from fastcluster import KMeans, MiniBatchKMeans


@pytest.fixture
def directions():
    """Rows of many lengths in five directions, and the direction of each."""
    X, groups = oracle.blobs(5, 9)
    X = oracle.normalised(X - X.mean(axis=0))
    lengths = np.random.default_rng(1).uniform(0.1, 10, len(X))
    return X * lengths[:, None], groups


def test_centers_have_length_one_and_lengths_of_rows_do_not_matter(directions):
    X, groups = directions
    start = oracle.first_of_each(X, groups)
    model = KMeans(5, init=start, metric="cosine").fit(X)
    np.testing.assert_allclose(np.linalg.norm(model.cluster_centers_, axis=1), 1, rtol=1e-12)
    unit = KMeans(5, init=start, metric="cosine").fit(oracle.normalised(X))
    assert (model.labels_ == unit.labels_).all()
    np.testing.assert_allclose(model.cluster_centers_, unit.cluster_centers_, rtol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_labels_distances_and_inertia_are_those_of_the_cosine(directions, dtype):
    X = directions[0].astype(dtype)
    model = KMeans(5, metric="cosine", random_state=0).fit(X)
    distances = oracle.cosine_distances(X, model.cluster_centers_)
    rtol = 1e-5 if dtype == np.float32 else 1e-12
    oracle.assert_nearest(model.labels_, distances, rtol=1e-12)
    np.testing.assert_allclose(model.transform(X), distances, atol=rtol)
    np.testing.assert_allclose(model.inertia_, distances.min(axis=1).sum(), rtol=1e-5)
    np.testing.assert_allclose(model.score(X), -model.inertia_, rtol=1e-12)
    assert (model.predict(X) == model.labels_).all()
    assert model.transform(X).dtype == dtype


def test_the_center_is_the_normalised_weighted_sum_of_directions(directions):
    X, groups = directions
    weights = np.random.default_rng(2).uniform(0.5, 2, len(X))
    model = KMeans(5, init=oracle.first_of_each(X, groups), metric="cosine", tol=0)
    model.fit(X, sample_weight=weights)
    for j, center in enumerate(model.cluster_centers_):
        rows = model.labels_ == j
        total = (weights[rows, None] * oracle.normalised(X[rows])).sum(axis=0)
        np.testing.assert_allclose(center, total / np.linalg.norm(total), rtol=1e-9, atol=1e-12)


def test_rows_of_zeros_get_label_0_and_move_nothing(directions):
    X, groups = directions
    start = oracle.first_of_each(X, groups)
    with_zeros = np.concatenate([np.zeros((3, 9)), X])
    model = KMeans(5, init=start, metric="cosine").fit(X)
    zeros = KMeans(5, init=start, metric="cosine").fit(with_zeros)
    assert (zeros.labels_[:3] == 0).all()
    assert (zeros.labels_[3:] == model.labels_).all()
    np.testing.assert_allclose(zeros.cluster_centers_, model.cluster_centers_, rtol=1e-9)
    np.testing.assert_allclose(zeros.inertia_, model.inertia_, rtol=1e-9)
    assert (zeros.predict(np.zeros((2, 9))) == 0).all()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_nothing_but_zeros_still_gives_an_answer():
    model = KMeans(2, metric="cosine", random_state=0).fit(np.zeros((4, 3)))
    assert (model.labels_ == 0).all()
    assert np.isfinite(model.cluster_centers_).all()


def test_opposite_rows_are_two_apart():
    model = KMeans(2, init=[[1.0, 0.0], [-1.0, 0.0]], metric="cosine").fit([[2.0, 0], [-3.0, 0]])
    assert model.labels_.tolist() == [0, 1]
    assert model.transform([[5.0, 0.0]]).tolist() == [[0.0, 2.0]]


def test_mini_batches_find_the_directions_too(directions):
    X, groups = directions
    model = MiniBatchKMeans(
        5, init=oracle.first_of_each(X, groups), metric="cosine", batch_size=64, random_state=0
    ).fit(X)
    assert len(set(zip(groups, model.labels_, strict=True))) == 5
    np.testing.assert_allclose(np.linalg.norm(model.cluster_centers_, axis=1), 1, rtol=1e-9)
    oracle.assert_nearest(model.labels_, oracle.cosine_distances(X, model.cluster_centers_), 1e-12)
