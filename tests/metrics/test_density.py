"""DBCV against full matrices, and what the hdbscan package answers."""

import numpy as np
import pytest
from sklearn.metrics import pairwise_distances

import fastcluster as fc
from fastcluster.metrics import validity_index
from oracle_density import validity


def clustered(seed, n=90, d=3, k=3):
    rng = np.random.default_rng(seed)
    labels = np.sort(rng.integers(-1, k, size=n))
    centers = rng.normal(size=(k + 1, d)) * 3
    return centers[labels] + rng.normal(size=(n, d)) * rng.uniform(0.2, 1.2, size=(n, 1)), labels


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean", "cosine", "cityblock"])
@pytest.mark.parametrize("d", [2, 7, 40])
def test_equals_the_textbook(d, metric, raw):
    X, labels = clustered(d, d=d)
    score, scores = validity_index(
        X, labels, metric=metric, per_cluster_scores=True, mst_raw_dist=raw
    )
    expected = validity(X, labels, metric, raw)
    np.testing.assert_allclose(scores, expected[1], rtol=0, atol=1e-9)
    assert score == pytest.approx(expected[0], abs=1e-9)
    assert validity_index(X, labels, metric, mst_raw_dist=raw) == score


@pytest.mark.parametrize("seed", range(4))
def test_ties_and_duplicates_are_settled_as_by_the_textbook(seed):
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 4, size=(80, 2)).astype(float)
    labels = (X[:, 0] > 1).astype(int) + 2 * (rng.random(80) < 0.1)
    _, scores = validity_index(X, labels, per_cluster_scores=True)
    np.testing.assert_allclose(scores, validity(X, labels)[1], atol=1e-9)


# What hdbscan 0.8.43 answers for these rows.
ROWS = [[0, 0], [0, 1], [1, 0], [1.5, 1.5], [3, 0.5], [8, 8], [8, 9.5], [9, 8], [10, 10], [4, 5]]
LABELS = [0, 0, 0, 0, 0, 1, 1, 1, 1, -1]


def test_has_the_value_of_hdbscan():
    score, scores = validity_index(np.array(ROWS), np.array(LABELS), per_cluster_scores=True)
    assert score == pytest.approx(0.7680268641552523, abs=1e-12)
    np.testing.assert_allclose(scores, [0.8672308334294127, 0.836028618601365], atol=1e-12)


def test_precomputed_distances_need_their_dimension():
    X, labels = clustered(0)
    distances = pairwise_distances(X)
    assert validity_index(distances, labels, "precomputed", d=3) == pytest.approx(
        validity_index(X, labels), abs=1e-9
    )
    with pytest.raises(ValueError, match="a d value must be provided!\nhint: "):
        validity_index(distances, labels, "precomputed")
    with pytest.raises(ValueError, match=r"shape \(n_samples, n_samples\), got \(90, 3\)"):
        validity_index(X, labels, "precomputed", d=3)
    with pytest.raises(ValueError, match="distances must be >= 0"):
        validity_index(-distances, labels, "precomputed", d=3)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "uint8"])
def test_takes_every_dtype(dtype):
    X, labels = clustered(1)
    X = np.round((X - X.min()) * 4).astype(dtype)
    expected = validity(X, labels)[0]
    assert validity_index(X, labels) == pytest.approx(expected, abs=1e-9)


def test_hundreds_of_features_and_any_scale_do_not_overflow():
    X, labels = clustered(2, d=800)
    expected = validity(X, labels)[0]
    for scale in (1, 2.0**-40, 2.0**200):
        assert validity_index(X * scale, labels) == pytest.approx(expected, abs=1e-9)


def test_edges():
    X, labels = clustered(3)
    assert validity_index(X, np.full(90, -1)) == 0.0
    assert np.isnan(validity_index(X, np.zeros(90, dtype=int)))
    # A cluster of one row scores 0, a number that does not occur NaN.
    labels = np.where(labels == 2, 5, labels)
    labels[0] = 4
    _, scores = validity_index(X, labels, per_cluster_scores=True)
    assert scores.shape == (6,)
    assert scores[4] == 0
    assert np.isnan(scores[[2, 3]]).all()
    assert np.isfinite(scores[[0, 1, 5]]).all()
    # Equal rows: neither apart nor sparse.
    assert validity_index(np.ones((6, 2)), [0, 0, 0, 1, 1, 1]) == 0.0


def test_wrong_input():
    X, labels = clustered(4)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        validity_index(X, labels[:-1])
    with pytest.raises(ValueError, match=r"labels must be integers below 2\*\*31"):
        validity_index(X, labels + 0.5)
    with pytest.raises(ValueError, match="contains NaN"):
        validity_index(np.where(X > 3, np.nan, X), labels)
    refused = pytest.raises(MemoryError, match="memory_limit=1000")
    with fc.config_context(memory_limit=1000), refused:
        validity_index(X, labels, metric="cityblock")


def test_many_blocks_and_threads():
    """More internal nodes than one block, so that what is known of separations is used."""
    X, labels = clustered(5, n=1500, d=6, k=5)
    one = validity_index(X.astype(np.float32), labels, per_cluster_scores=True, n_jobs=1)
    two = validity_index(X.astype(np.float32), labels, per_cluster_scores=True, n_jobs=3)
    assert one[0] == two[0]
    assert one[1].tobytes() == two[1].tobytes()
    full = validity_index(
        pairwise_distances(X.astype(np.float32).astype(float)),
        labels,
        "precomputed",
        d=6,
        per_cluster_scores=True,
    )
    np.testing.assert_allclose(one[1], full[1], atol=1e-6)
