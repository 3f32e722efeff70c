"""BalancedKMeans: assignments of minimum cost within size bounds, and a price on imbalance."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

import oracle
from fastcluster import BalancedKMeans, KMeans, config_context, load_model

DTYPES = [np.float64, np.float32, np.float16]


def least_cost(costs, size_min, size_max):
    """Return the least cost of an assignment within the bounds, each cluster as so many seats."""
    n_clusters = costs.shape[1]
    # A seat that must be taken earns more than any choice of the others could cost.
    prize = 1 + 2 * costs.sum()
    seats = [
        costs[:, cluster] - prize * (seat < size_min)
        for cluster in range(n_clusters)
        for seat in range(size_max)
    ]
    rows, chosen = linear_sum_assignment(np.stack(seats, axis=1))
    return sum(costs[row, seat // size_max] for row, seat in zip(rows, chosen, strict=True))


def costs_of(model, X, sample_weight=None):
    distances = {"euclidean": oracle.squared_distances, "cosine": oracle.cosine_distances}
    costs = distances[model.metric](X, model.cluster_centers_)
    return costs if sample_weight is None else costs * sample_weight[:, None]


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("n_samples", "n_clusters", "size_min", "size_max"),
    [(60, 6, 10, 10), (61, 6, 10, 11), (50, 5, 0, 12), (50, 5, 8, 50), (40, 7, 3, 9), (7, 7, 1, 1)],
)
def test_labels_cost_the_least_that_the_bounds_allow(
    n_samples, n_clusters, size_min, size_max, dtype, metric
):
    rng = np.random.default_rng(0)
    X = (rng.normal(size=(n_samples, 4)) ** 3).astype(dtype)
    model = BalancedKMeans(
        n_clusters, size_min=size_min, size_max=size_max, metric=metric, random_state=0
    ).fit(X)
    assert model.sizes_.min() >= size_min
    assert model.sizes_.max() <= size_max
    np.testing.assert_array_equal(np.bincount(model.labels_, minlength=n_clusters), model.sizes_)
    least = least_cost(costs_of(model, X), size_min, size_max)
    assert model.inertia_ == pytest.approx(least, rel=1e-6, abs=1e-6)


def test_weights_count_in_cost_and_centers_but_not_in_sizes():
    rng = np.random.default_rng(1)
    X, weights = rng.normal(size=(45, 3)), rng.integers(0, 4, size=45).astype(float)
    model = BalancedKMeans(5, size_min=9, size_max=9, random_state=0)
    model.fit(X, sample_weight=weights)
    assert (model.sizes_ == 9).all()
    assert model.inertia_ == pytest.approx(least_cost(costs_of(model, X, weights), 9, 9))
    for cluster, center in enumerate(model.cluster_centers_):
        inside = model.labels_ == cluster
        np.testing.assert_allclose(center, np.average(X[inside], axis=0, weights=weights[inside]))


def test_without_bounds_it_is_kmeans():
    X, _ = oracle.blobs(n_clusters=6, seed=2)
    model, plain = BalancedKMeans(6, random_state=4).fit(X), KMeans(6, random_state=4).fit(X)
    np.testing.assert_array_equal(model.labels_, plain.labels_)
    np.testing.assert_array_equal(model.cluster_centers_, plain.cluster_centers_)
    assert model.objective_ == model.inertia_ == pytest.approx(plain.inertia_)


def test_the_objective_never_rises_and_is_what_the_docstring_says():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(900, 5)) ** 3
    model = BalancedKMeans(15, balance=0.3, init="random", n_init=1, random_state=0, tol=0).fit(X)
    history = model.history_["objective"]
    assert len(history) == model.n_iter_ > 3
    assert (np.diff(history) <= 1e-12 * history[0]).all()
    spread = np.square(X - X.mean(axis=0)).sum(axis=1).mean()
    penalty = 0.3 * (15 / 900) * spread * np.square(model.sizes_ - 900 / 15).sum()
    assert model.objective_ == pytest.approx(model.inertia_ + penalty)


def test_scaling_and_repeating_rows_does_not_change_what_balance_means():
    X = np.random.default_rng(4).integers(-8, 9, size=(120, 3)).astype(float)
    model = BalancedKMeans(4, balance=0.2, init=X[:4])
    once = model.fit(X)
    sizes, objective = once.sizes_, once.objective_
    scaled = BalancedKMeans(4, balance=0.2, init=X[:4] * 1024).fit(X * 1024)
    np.testing.assert_array_equal(scaled.sizes_, sizes)
    assert scaled.objective_ == objective * 1024**2
    twice = BalancedKMeans(4, balance=0.2, init=X[:4]).fit(np.repeat(X, 2, axis=0))
    assert twice.objective_ == pytest.approx(2 * objective, rel=0.02)


def test_it_beats_every_feasible_assignment_that_is_tried():
    rng = np.random.default_rng(5)
    X = rng.normal(size=(80, 3))
    model = BalancedKMeans(8, size_min=10, size_max=10, random_state=0).fit(X)
    costs = costs_of(model, X)
    for _ in range(200):
        labels = rng.permutation(np.repeat(np.arange(8), 10))
        assert costs[np.arange(80), labels].sum() >= model.inertia_ - 1e-9


def test_permuted_rows_cost_the_same():
    rng = np.random.default_rng(6)
    X, order = rng.normal(size=(200, 4)), rng.permutation(200)
    one, other = (
        BalancedKMeans(10, size_min=18, size_max=22, init=X[:10], max_iter=1).fit(rows)
        for rows in (X, X[order])
    )
    np.testing.assert_array_equal(one.labels_[order], other.labels_)
    assert one.inertia_ == pytest.approx(other.inertia_, rel=1e-12)


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"size_min": 4}, "size_min=4 needs n_clusters * size_min = 12 rows, but X has 10"),
        ({"size_max": 3}, "size_max=3 leaves room for n_clusters * size_max = 9 rows"),
        ({"size_min": 3, "size_max": 2}, "size_min=3 must be <= size_max=2"),
        ({"size_min": 2.5}, "The 'size_min' parameter of BalancedKMeans must be an int"),
        ({"size_min": -1}, "The 'size_min' parameter of BalancedKMeans must be an int"),
        ({"size_max": 0}, "The 'size_max' parameter of BalancedKMeans must be an int"),
        ({"balance": -1}, "The 'balance' parameter of BalancedKMeans must be a float"),
        ({"balance": float("nan")}, "The 'balance' parameter of BalancedKMeans must be a float"),
        ({"balance": float("inf")}, "balance"),
        ({"n_clusters": 11}, "n_samples=10 should be >= n_clusters=11"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(parameters, says):
    X = np.arange(20.0).reshape(10, 2)
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the whole text is compared below
        BalancedKMeans(**{"n_clusters": 3, **parameters}).fit(X)
    assert says in str(raised.value)


def test_memory_limit_refuses_the_fit():
    with config_context(memory_limit=1000), pytest.raises(MemoryError, match="memory_limit=1000"):
        BalancedKMeans(2).fit(np.arange(20.0).reshape(10, 2))


def test_predict_is_the_nearest_center_and_survives_saving(tmp_path):
    X = np.random.default_rng(7).normal(size=(90, 3)).astype(np.float32)
    model = BalancedKMeans(9, size_min=10, size_max=10, random_state=0).fit(X)
    predicted = model.predict(X)
    oracle.assert_nearest(predicted, oracle.squared_distances(X, model.cluster_centers_))
    assert (predicted != model.labels_).any()
    model.save(tmp_path / "model")
    loaded = load_model(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict(X), predicted)
    np.testing.assert_array_equal(loaded.labels_, model.labels_)
    assert loaded.get_params() == model.get_params()


def test_verbose_says_what_happens(capsys):
    BalancedKMeans(2, size_min=2, verbose=1, random_state=0).fit([[0.0], [1.0], [2.0], [9.0]])
    assert capsys.readouterr().out.startswith("Initialization complete\nIteration 0, inertia ")
