"""A million rows in few dimensions: core rows and noise by the definition, by a k-d tree."""

import numpy as np
import pytest

from dbscan_verifier import core_and_noise
from fastcluster import DBSCAN


@pytest.mark.slow
@pytest.mark.parametrize(("n_features", "eps"), [(2, 0.1), (3, 0.3), (5, 1.0)])
def test_core_rows_and_noise_of_a_million_rows(n_features, eps):
    draw = np.random.default_rng(n_features)
    blobs = draw.normal(scale=20, size=(100, n_features))
    X = blobs[draw.integers(100, size=1_000_000)] + draw.normal(size=(1_000_000, n_features))
    X[:100_000] = draw.uniform(-60, 60, size=(100_000, n_features))
    model = DBSCAN(eps=eps, min_samples=10).fit(X)
    core, noise = core_and_noise(X, eps=eps, min_samples=10)
    assert core.any()
    assert noise.any()
    np.testing.assert_array_equal(np.flatnonzero(core), model.core_sample_indices_)
    np.testing.assert_array_equal(noise, model.labels_ == -1)
