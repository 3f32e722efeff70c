"""The estimated silhouette and its interval."""

import numpy as np
import pytest

from fastcluster.metrics import silhouette_estimate, silhouette_samples


def rows():
    rng = np.random.default_rng(5)
    labels = rng.integers(4, size=600)
    return rng.normal(size=(4, 5))[labels] + rng.normal(size=(600, 5)) * 0.6, labels


@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean", "cosine"])
def test_drawn_rows_are_scored_among_all(metric):
    X, labels = rows()
    drawn = np.random.RandomState(1).permutation(600)[:50]
    values = silhouette_samples(X, labels, metric=metric)[drawn]
    found = silhouette_estimate(X, labels, metric=metric, n_samples=50, random_state=1)
    assert found.value == pytest.approx(values.mean(), abs=1e-6)
    # Student's t with 49 degrees of freedom, for 50 of 600 rows.
    half = 2.0095752 * np.sqrt(values.var(ddof=1) / 50 * (1 - 50 / 600))
    assert found.high - found.value == pytest.approx(half, rel=1e-4)
    assert found.value - found.low == pytest.approx(half, rel=1e-4)
    assert (found.n_samples, found.confidence_level) == (50, 0.95)


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_intervals_hold_the_mean_as_often_as_they_say(level):
    X, labels = rows()
    mean = silhouette_samples(X, labels).mean()
    n_trials = 300
    hits = 0
    for seed in range(n_trials):
        found = silhouette_estimate(
            X, labels, n_samples=60, confidence_level=level, random_state=seed
        )
        hits += found.low <= mean <= found.high
    spread = np.sqrt(level * (1 - level) / n_trials)
    assert abs(hits / n_trials - level) < 3 * spread


def test_all_rows_leave_nothing_to_chance():
    X, labels = rows()
    found = silhouette_estimate(X, labels, n_samples=10_000)
    assert found.low == found.value == found.high
    assert found.n_samples == 600
    assert found.value == pytest.approx(silhouette_samples(X, labels).mean(), abs=1e-9)


@pytest.mark.parametrize(
    "wrong", [{"n_samples": 1}, {"confidence_level": 1.0}, {"metric": "manhattan"}]
)
def test_settings_are_checked(wrong):
    X, labels = rows()
    with pytest.raises(ValueError, match=f"The '{next(iter(wrong))}' parameter"):
        silhouette_estimate(X, labels, **wrong)
