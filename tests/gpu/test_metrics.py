"""Scores on a GPU: within rounding of float64 twins, for hostile rows and any tile."""

import numpy as np
import pytest

from fastcluster._backend._cpu import CpuBackend
from fastcluster._backend.gpu.metrics import _silhouette
from fastcluster._backend.gpu.metrics._clusters import Clusters, cut
from fastcluster._backend.gpu.metrics._metrics import GpuMetrics


class Gpu(GpuMetrics):
    device = 0


CPU = CpuBackend(n_threads=1, reason="to compare with")


def silhouettes(X, labels, metric):
    """Compute them from all differences, in float64."""
    X = X.astype(np.float64)
    n = len(X)
    if metric == "cosine":
        norms = np.linalg.norm(X, axis=1)
        units = X / np.where(norms > 0, norms, 1)[:, None]
        D = 0.5 * np.square(units[:, None] - units[None]).sum(axis=2)
        void = norms == 0
        D[void] = D[:, void] = 1
        np.fill_diagonal(D, 0)
    else:
        D = np.square(X[:, None] - X[None]).sum(axis=2)
        D = D if metric == "sqeuclidean" else np.sqrt(D)
    sizes = np.bincount(labels)
    sums = np.stack([D[:, labels == c].sum(axis=1) for c in range(len(sizes))], axis=1)
    own = sizes[labels] - 1
    inside = np.where(own > 0, sums[np.arange(n), labels] / np.maximum(own, 1), 0)
    means = sums / sizes
    means[np.arange(n), labels] = np.inf
    outside = means.min(axis=1)
    largest = np.maximum(inside, outside)
    return np.where(
        (own > 0) & (largest > 0), (outside - inside) / np.where(largest > 0, largest, 1), 0
    )


def blobs(rng, n=300, d=24, k=6):
    labels = rng.integers(0, k, n)
    labels[:k] = np.arange(k)
    return rng.normal(0, 1, (k, d))[labels] + rng.normal(0, 1, (n, d)), labels.astype(np.uint32)


def apart(rng):
    X, labels = blobs(rng)
    return X + 1e4 * labels[:, None], labels


def outlying(rng):
    X, labels = blobs(rng)
    X[:, 0] *= 1e4
    return X, labels


def one_far(rng):
    X, labels = blobs(rng)
    X[7] *= 1e6
    return X, labels


def duplicates(rng):
    X, labels = blobs(rng)
    X[50:150] = X[50]
    return X, labels


def many_clusters(rng):
    X, _ = blobs(rng)
    labels = np.concatenate([np.arange(140).repeat(2), np.arange(140, 160)])
    return X, rng.permutation(labels).astype(np.uint32)


HOSTILE = {
    "blobs": blobs,
    "far apart": apart,
    "an outlying feature": outlying,
    "an outlying row": one_far,
    "duplicates": duplicates,
    "clusters of one and two rows": many_clusters,
    "one feature": lambda rng: blobs(rng, d=1),
    "far from zero": lambda rng: (blobs(rng)[0] + 300, blobs(rng)[1]),
    "huge": lambda rng: (blobs(rng)[0] * 1e30, blobs(rng)[1]),
    "tiny": lambda rng: (blobs(rng)[0] * 1e-30, blobs(rng)[1]),
}


@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean", "cosine"])
@pytest.mark.parametrize("name", HOSTILE)
def test_silhouettes_are_those_of_float64(standin, name, metric):
    X, labels = HOSTILE[name](np.random.default_rng(3))
    X = X.astype(np.float32)
    scaled = X.astype(np.float64) / np.abs(X).max()
    expected = silhouettes(scaled, labels, metric)
    found = Gpu().silhouette(X, labels, metric=metric)
    # Without the lowest slices some would be 4e-7 off.
    atol = 2.5e-7 if metric == "euclidean" else 1e-11
    np.testing.assert_allclose(found, expected, rtol=0, atol=atol)
    assert found.dtype == np.float64
    if metric == "euclidean":
        assert np.abs(np.mean(found - expected)) < 2e-8


def test_distances_too_small_for_float32_beside_others(standin, monkeypatch):
    # Each cluster is a block with an origin of its own, from which squares are below 1e-38.
    monkeypatch.setattr(_silhouette, "COLUMNS_MAX", 40)
    rng = np.random.default_rng(4)
    labels = np.repeat(np.arange(3, dtype=np.uint32), 40)
    X = rng.normal(0, 1e-21, (120, 5))
    X[:, 0] += np.array([0.0, 3e-21, 1.0])[labels]
    found = Gpu().silhouette(X, labels, metric="euclidean")
    np.testing.assert_allclose(found, silhouettes(X, labels, "euclidean"), rtol=0, atol=2.5e-7)


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int8, np.uint8])
def test_rows_of_any_type(standin, dtype):
    X, labels = blobs(np.random.default_rng(5))
    X = (X * 10 + 40).astype(dtype)
    for metric in ("euclidean", "cosine"):
        found = Gpu().silhouette(X, labels, metric=metric)
        np.testing.assert_allclose(found, silhouettes(X, labels, metric), rtol=0, atol=1e-6)


def test_rows_of_zeros_under_cosine(standin):
    X, labels = blobs(np.random.default_rng(7))
    X[::11] = 0
    found = Gpu().silhouette(X, labels, metric="cosine")
    np.testing.assert_allclose(found, silhouettes(X, labels, "cosine"), rtol=0, atol=1e-12)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_some_rows_among_all(standin, metric):
    X, labels = blobs(np.random.default_rng(9))
    rows = np.array([250, 3, 3, 17], dtype=np.uint32)
    expected = silhouettes(X, labels, metric)[rows]
    found = Gpu().silhouette(X, labels, metric=metric, rows=rows)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("columns_max", [24, 64, 4096])
def test_blocks_and_order_of_threads(standin, monkeypatch, columns_max):
    monkeypatch.setattr(_silhouette, "COLUMNS_MAX", columns_max)
    X, labels = blobs(np.random.default_rng(11), n=150)
    expected = silhouettes(X, labels, "euclidean")
    found = Gpu().silhouette(X, labels, metric="euclidean")
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    standin.state.order = 23
    again = Gpu().silhouette(X, labels, metric="euclidean")
    np.testing.assert_array_equal(found, again)
    rows = np.arange(150, dtype=np.uint32)
    np.testing.assert_allclose(
        Gpu().silhouette(X, labels, metric="euclidean", rows=rows), expected, rtol=0, atol=1e-6
    )


def test_a_table_that_does_not_fit_is_made_in_strips(standin, monkeypatch):
    from fastcluster._backend.gpu.metrics import _metrics

    X, labels = blobs(np.random.default_rng(13))
    monkeypatch.setattr(_silhouette, "COLUMNS_MAX", 64)
    monkeypatch.setattr(_metrics, "room", lambda limit: 2 * 8 * 6 * 50)
    found = Gpu().silhouette(X, labels, metric="euclidean")
    np.testing.assert_allclose(found, silhouettes(X, labels, "euclidean"), rtol=0, atol=1e-6)
    assert standin.state.counts.launches["silhouettes"] == 6


@pytest.mark.parametrize("n_features", [1, 16, 17, 300, 768, 70_000])
def test_products_of_whole_numbers_are_exact(n_features):
    # The largest sum, and every partial one, is a whole number that float32 holds.
    bits = _silhouette.exact_bits(n_features)
    assert n_features * 2 ** (2 * bits) <= 2**24
    assert bits == 11 or n_features * 2 ** (2 * bits + 2) > 2**22


@pytest.mark.parametrize("name", [*HOSTILE, "coinciding"])
def test_other_scores_are_those_of_the_cpu(standin, name):
    rng = np.random.default_rng(15)
    make = HOSTILE.get(name, lambda _: (np.ones((30, 4)), np.arange(30, dtype=np.uint32) % 3))
    X, labels = make(rng)
    X = X.astype(np.float32)
    for score in ("davies_bouldin", "calinski_harabasz"):
        expected = getattr(CPU, score)(X, labels)
        found = getattr(Gpu(), score)(X, labels)
        assert isinstance(found, float)
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_columns_are_cut_between_large_clusters():
    sizes = np.array([5, 2500, 70, 60, 2, 900, 800, 1, 600, 600])
    starts = np.concatenate([[0], np.cumsum(sizes)])
    blocks = cut(starts, 174)
    ends = [0, *(stop for _, stop in blocks)]
    assert [start for start, _ in blocks] == ends[:-1]
    assert ends[-1] == sizes.sum()
    for start, stop in blocks:
        assert 0 < stop - start <= 174
        inside = [i for i in range(10) if starts[i] < stop and starts[i + 1] > start]
        assert len(inside) == 1 or sizes[inside].max() <= 87


def test_too_few_or_too_many_labels(standin):
    X = np.zeros((4, 2), dtype=np.float32)
    for labels in (np.zeros(4, np.uint32), np.arange(4, dtype=np.uint32)):
        for backend in (CPU, Gpu()):
            with pytest.raises(ValueError, match=r"Number of labels is [14]\. Valid values are 2"):
                backend.silhouette(X, labels, metric="euclidean")


def test_clusters_stand_in_order(standin):
    clusters = Clusters(np.array([2, 0, 1, 0, 2], dtype=np.uint32))
    assert clusters.order.tolist() == [1, 3, 2, 0, 4]
    assert clusters.starts.tolist() == [0, 2, 3, 5]
    assert clusters.labels_by_place.get().tolist() == [0, 0, 1, 2, 2]
