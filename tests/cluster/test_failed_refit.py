"""A fit that fails leaves the model of the fit before it."""

import numpy as np
import pytest

from fastcluster import BalancedKMeans, KMeans, MiniBatchKMeans, NearestCentroid

X = np.random.default_rng(0).normal(size=(20, 5)).astype(np.float32)
Y = np.arange(20) % 2
NARROW = np.ones((20, 3), dtype=np.float32)


@pytest.mark.parametrize(
    "model",
    [
        BalancedKMeans(2, random_state=0),
        KMeans(2, random_state=0),
        MiniBatchKMeans(2, random_state=0),
        NearestCentroid(),
    ],
    ids=lambda model: type(model).__name__,
)
def test_the_fitted_model_stays_usable(model):
    expected = model.fit(X, Y).predict(X)
    before = dict(vars(model))
    with pytest.raises(ValueError, match="contains NaN"):
        model.fit(np.full_like(NARROW, np.nan), Y)
    assert vars(model) == before
    assert model.n_features_in_ == 5
    np.testing.assert_array_equal(model.predict(X), expected)


def test_so_it_does_when_a_later_check_fails():
    model = KMeans(2, random_state=0).fit(X)
    with pytest.raises(ValueError, match="sample_weight"):
        model.fit(NARROW, sample_weight=np.ones(3))
    assert model.predict(X).shape == (20,)


def test_a_first_batch_that_fails_leaves_no_model():
    model = MiniBatchKMeans(2)
    with pytest.raises(ValueError, match="n_clusters"):
        model.partial_fit(X[:1])
    assert not hasattr(model, "n_features_in_")
    assert model.partial_fit(NARROW + np.arange(20)[:, None]).n_features_in_ == 3
