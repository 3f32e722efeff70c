"""nearest_centroids, kmeans_plusplus, k_means."""

import inspect

import numpy as np
import pytest
import sklearn.cluster

import fastcluster as fc
import oracle
from fastcluster import KMeans, k_means, kmeans_plusplus, nearest_centroids


@pytest.mark.parametrize("n_neighbors", [1, 2, 5, 33])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8])
def test_nearest_are_those_of_a_full_sort(n_neighbors, dtype):
    rng = np.random.default_rng(0)
    X = (rng.normal(size=(300, 17)) * 20).clip(-100, 100).astype(dtype)
    centers = rng.normal(size=(33, 17)) * 20
    if dtype != np.float64:
        centers = centers.astype(np.float32)
    distances, indices = nearest_centroids(X, centers, n_neighbors)
    exact = np.sqrt(oracle.squared_distances(X, centers))
    assert distances.shape == indices.shape == (300, n_neighbors)
    assert (indices == exact.argsort(axis=1, kind="stable")[:, :n_neighbors]).all()
    np.testing.assert_allclose(distances, np.sort(exact, axis=1)[:, :n_neighbors], rtol=1e-6)
    assert distances.dtype == (np.float64 if dtype == np.float64 else np.float32)
    assert indices.dtype == np.int64


def test_nearest_by_cosine():
    rng = np.random.default_rng(0)
    X, centers = rng.normal(size=(50, 9)), rng.normal(size=(12, 9))
    distances, indices = nearest_centroids(X, centers, 3, metric="cosine")
    exact = oracle.cosine_distances(X, centers)
    assert (indices == exact.argsort(axis=1)[:, :3]).all()
    np.testing.assert_allclose(distances, np.sort(exact, axis=1)[:, :3], atol=1e-12)


def test_ties_go_to_the_lowest_index():
    centers = np.array([[2.0, 0], [0, 2.0], [2.0, 0], [0, -2.0]])
    distances, indices = nearest_centroids(np.zeros((40, 2)), centers, 4)
    assert indices.tolist() == [[0, 1, 2, 3]] * 40
    assert (distances == 2).all()


def test_nearest_first_column_is_predict():
    X = np.random.default_rng(0).normal(size=(200, 6))
    model = KMeans(15, random_state=0).fit(X)
    distances, indices = nearest_centroids(X, model.cluster_centers_, 2)
    assert (indices[:, 0] == model.labels_).all()
    np.testing.assert_allclose(distances, np.sort(model.transform(X), axis=1)[:, :2])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_neighbors": 4}, r"n_neighbors=4 should be <= the number of centers, 3\nhint: "),
        ({"n_neighbors": 0}, "The 'n_neighbors' parameter of nearest_centroids must be an int"),
        ({"metric": "manhattan"}, "The 'metric' parameter of nearest_centroids must be a str"),
        ({"centers": np.eye(2)}, r"centers \(2, 2\) does not match the number of features of the"),
        ({"centers": np.full((3, 3), np.nan)}, "Input centers contains NaN"),
        ({"X": np.full((3, 3), np.nan)}, "Input X contains NaN"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        nearest_centroids(**{"X": np.eye(3), "centers": np.eye(3), **arguments})


def test_memory_limit_is_refused_before_it_is_passed():
    X, centers = np.zeros((1000, 4)), np.eye(4)
    model = KMeans(4, init=centers, max_iter=1).fit(np.eye(4))
    with fc.config_context(memory_limit=1000):
        with pytest.raises(MemoryError, match=r"memory_limit=1000 bytes .*64000[\s\S]*hint: "):
            nearest_centroids(X, centers, 4)
        with pytest.raises(MemoryError, match=r"memory_limit=1000 bytes .*32000 bytes of the"):
            model.transform(X)
        assert model.transform(X[:10]).shape == (10, 4)


class TestKmeansPlusplus:
    def test_centers_are_distinct_rows(self):
        X = np.random.default_rng(0).normal(size=(100, 5)).astype(np.float32)
        centers, indices = kmeans_plusplus(X, 20, random_state=0)
        assert (centers == X[indices]).all()
        assert len(set(indices)) == 20
        assert centers.dtype == np.float32

    def test_one_row_of_each_far_group(self):
        X, groups = oracle.blobs(8, 10)
        _, indices = kmeans_plusplus(X * 1000, 8, random_state=1)
        assert sorted(groups[indices]) == list(range(8))

    def test_rows_without_weight_are_not_chosen(self):
        X = np.random.default_rng(0).normal(size=(100, 2))
        weights = np.arange(100) % 2
        for seed in range(5):
            _, indices = kmeans_plusplus(X, 30, sample_weight=weights, random_state=seed)
            assert (indices % 2 == 1).all()

    def test_one_try_is_plain_and_another_draw(self):
        X = np.random.default_rng(0).normal(size=(300, 2))
        greedy = np.mean([self._potential(X, None, seed) for seed in range(8)])
        plain = np.mean([self._potential(X, 1, seed) for seed in range(8)])
        assert greedy < plain

    @staticmethod
    def _potential(X, n_local_trials, seed):
        centers, _ = kmeans_plusplus(X, 20, n_local_trials=n_local_trials, random_state=seed)
        return oracle.squared_distances(X, centers).min(axis=1).sum()

    def test_a_call_that_needs_more_than_the_memory_limit_is_refused(self):
        X = np.random.default_rng(0).normal(size=(3000, 32)).astype(np.float32)
        free = kmeans_plusplus(X, 50, random_state=0)[1]
        with (
            fc.config_context(memory_limit="1kB"),
            pytest.raises(MemoryError, match=r"memory_limit=1000 bytes is below .*\nhint: raise"),
        ):
            kmeans_plusplus(X, 50, random_state=0)
        # Room for what the draws need but not for the rows' words, and for both.
        for limit in ("420kB", "1MB"):
            with fc.config_context(memory_limit=limit):
                assert (kmeans_plusplus(X, 50, random_state=0)[1] == free).all()

    def test_wrong_arguments(self):
        with pytest.raises(ValueError, match="n_samples=3 should be >= n_clusters=4"):
            kmeans_plusplus(np.eye(3), 4)
        with pytest.raises(ValueError, match=r"The length of x_squared_norms 2 should be equal to"):
            kmeans_plusplus(np.eye(3), 2, x_squared_norms=[1, 1])
        with pytest.raises(ValueError, match="at least one non-zero"):
            kmeans_plusplus(np.eye(3), 2, sample_weight=np.zeros(3))


def test_k_means_is_the_estimator_as_a_function():
    X, _ = oracle.blobs(3, 4)
    model = KMeans(3, random_state=0).fit(X)
    centers, labels, inertia, n_iter = k_means(X, 3, random_state=0, return_n_iter=True)
    assert (centers == model.cluster_centers_).all()
    assert (labels == model.labels_).all()
    assert (inertia, n_iter) == (model.inertia_, model.n_iter_)
    assert len(k_means(X, 3, random_state=0)) == 3


@pytest.mark.parametrize("name", ["k_means", "kmeans_plusplus"])
def test_signatures_are_scikit_learns(name):
    ours, theirs = (inspect.signature(getattr(m, name)).parameters for m in (fc, sklearn.cluster))
    assert list(ours) == list(theirs)
    assert [p.default for p in ours.values()] == [p.default for p in theirs.values()]
    assert [p.kind for p in ours.values()] == [p.kind for p in theirs.values()]
