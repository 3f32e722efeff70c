"""More than 2**31 numbers: no index may be kept in 32 bits."""

import numpy as np
import pytest

from fastcluster import KMeans, MiniBatchKMeans, nearest_centroids

N_FEATURES = 64
N_SAMPLES = 2**31 // N_FEATURES + 1001
LAST = np.arange(N_FEATURES, dtype=np.uint8)


@pytest.fixture(scope="module")
def vectors(tmp_path_factory):
    """A memory map of zeros (a hole in the file) with a few rows at its end that are none."""
    path = tmp_path_factory.mktemp("large") / "X.u8"
    writable = np.memmap(path, dtype=np.uint8, mode="w+", shape=(N_SAMPLES, N_FEATURES))
    writable[-10:] = LAST
    writable.flush()
    del writable
    yield np.memmap(path, dtype=np.uint8, mode="r", shape=(N_SAMPLES, N_FEATURES))
    path.unlink()


START = np.stack([np.zeros(N_FEATURES), LAST.astype(float) + 1])


@pytest.mark.slow
def test_kmeans_sees_the_last_row(vectors):
    assert vectors.size > 2**31
    model = KMeans(2, init=START, max_iter=2).fit(vectors)
    assert model.labels_[-11:].tolist() == [0] + [1] * 10
    assert model.labels_[:-10].max() == 0
    assert (model.cluster_centers_ == np.stack([np.zeros(N_FEATURES), LAST])).all()
    assert model.inertia_ == 0


@pytest.mark.slow
def test_the_search_sees_the_last_row(vectors):
    distances, indices = nearest_centroids(vectors, START)
    assert indices[-11:, 0].tolist() == [0] + [1] * 10
    assert distances[-10:, 0].tolist() == [8.0] * 10
    assert distances[:-10].max() == 0


@pytest.mark.slow
def test_mini_batches_are_drawn_from_all_rows(vectors):
    # All weight is on the last rows.
    weights = np.zeros(N_SAMPLES)
    weights[-10:] = 1
    model = MiniBatchKMeans(1, random_state=0, compute_labels=False, max_no_improvement=2)
    model.fit(vectors, sample_weight=weights)
    np.testing.assert_allclose(model.cluster_centers_[0], LAST)
