"""Promise 2: same seed, same data: the same result, bit for bit, for any number of threads."""

import numpy as np
import pytest

import fastcluster as fc

N_JOBS = [1, 2, 7]


@pytest.fixture(scope="module", name="X")
def vectors():
    """Return 6,000 rows around 40 centers, more than one block of rows for each thread."""
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(40, 24)) * 3
    return centers[rng.integers(40, size=6_000)] + rng.normal(size=(6_000, 24))


def fitted(estimator, X, n_jobs, **arguments):
    """Return the bytes of what a fit and a prediction give."""
    estimator = estimator(n_jobs).fit(X, **arguments)
    parts = [
        estimator.labels_,
        estimator.cluster_centers_,
        np.float64(estimator.inertia_),
        estimator.predict(X[::-1]),
        estimator.transform(X[:500]),
    ]
    return [part.tobytes() for part in parts]


def assert_same(results):
    first, *others = results
    assert all(other == first for other in others)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("init", ["k-means++", "k-means||", "random"])
def test_kmeans(X, init, metric, dtype):
    def estimator(n_jobs):
        return fc.KMeans(
            30, init=init, n_init=2, max_iter=20, metric=metric, n_jobs=n_jobs, random_state=3
        )

    assert_same([fitted(estimator, X.astype(dtype), n_jobs) for n_jobs in N_JOBS])


def test_kmeans_with_weights(X):
    weights = np.random.default_rng(1).random(len(X))

    def estimator(n_jobs):
        return fc.KMeans(30, max_iter=20, n_jobs=n_jobs, random_state=3)

    assert_same([fitted(estimator, X, n_jobs, sample_weight=weights) for n_jobs in N_JOBS])


def test_kmeans_of_bytes(X):
    rows = np.clip(X * 10, -128, 127).astype(np.int8)

    def estimator(n_jobs):
        return fc.KMeans(30, max_iter=20, n_jobs=n_jobs, random_state=3)

    assert_same([fitted(estimator, rows, n_jobs) for n_jobs in N_JOBS])


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_minibatch_kmeans(X, metric):
    def estimator(n_jobs):
        return fc.MiniBatchKMeans(
            30, batch_size=512, metric=metric, n_jobs=n_jobs, random_state=3, n_init=2
        )

    assert_same([fitted(estimator, X, n_jobs) for n_jobs in N_JOBS])


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_balanced_kmeans(X, metric):
    def estimator(n_jobs):
        return fc.BalancedKMeans(
            30, size_min=180, size_max=220, balance=0.1, max_iter=5, metric=metric, n_jobs=n_jobs,
            random_state=3,
        )  # fmt: skip

    assert_same([fitted(estimator, X, n_jobs) for n_jobs in N_JOBS])


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "manhattan"])
def test_dbscan(X, metric):
    # Weights below 1 need three searches for neighbours, others one.
    rows = X[:1_500]
    weights = np.random.default_rng(2).random(len(rows)) * 3
    eps = {"euclidean": 6.5, "cosine": 0.1, "manhattan": 25.0}[metric]

    def found(n_jobs, sample_weight):
        model = fc.DBSCAN(eps, metric=metric, n_jobs=n_jobs).fit(rows, sample_weight=sample_weight)
        assert model.labels_.max() > -1
        assert model.labels_.min() == -1
        parts = [model.labels_, model.core_sample_indices_, model.predict(X[1_000:2_000])]
        return [part.tobytes() for part in parts]

    for sample_weight in (None, weights):
        assert_same([found(n_jobs, sample_weight) for n_jobs in N_JOBS])


def test_partial_fit(X):
    def centers(n_jobs):
        estimator = fc.MiniBatchKMeans(30, n_jobs=n_jobs, random_state=3)
        for start in range(0, len(X), 1_000):
            estimator.partial_fit(X[start : start + 1_000])
        return estimator.cluster_centers_.tobytes()

    assert_same([centers(n_jobs) for n_jobs in N_JOBS])


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_nearest_centroids(X, metric):
    def found(n_jobs):
        distances, indices = fc.nearest_centroids(X, X[:300], 5, metric=metric, n_jobs=n_jobs)
        return distances.tobytes(), indices.tobytes()

    assert_same([found(n_jobs) for n_jobs in N_JOBS])


def test_other_seeds_give_other_results(X):
    """Show that the comparisons above could fail."""
    first, second = (
        fitted(lambda n_jobs: fc.KMeans(30, n_jobs=n_jobs, random_state=seed), X, 1)  # noqa: B023
        for seed in (3, 4)
    )
    assert first != second
