"""Centers that a user has put on a fitted model."""

import numpy as np
import pytest

from fastcluster import KMeans, MiniBatchKMeans

X = np.array([[0, 0], [1, 0], [9, 9]], dtype=np.float32)


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float16])
def test_any_number_type_is_read(dtype):
    model = KMeans(2, init=X[[0, 2]]).fit(X)
    model.cluster_centers_ = np.array([[9, 9], [0, 0]], dtype=dtype)
    assert model.predict(X).tolist() == [1, 1, 0]
    assert model.transform(X)[2].tolist() == [0, np.sqrt(np.float32(162))]


def test_integer_centers_move_by_fractions():
    model = MiniBatchKMeans(2, init=X[[0, 2]]).partial_fit(X)
    model.cluster_centers_ = np.array([[0, 0], [9, 9]])
    model.partial_fit(X)
    assert 0 < model.cluster_centers_[0, 0] < 1


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_centers_that_are_not_finite_are_refused(value):
    model = KMeans(2, init=X[[0, 2]]).fit(X)
    model.cluster_centers_[0, 0] = value
    with pytest.raises(ValueError, match="cluster_centers_ contains NaN or infinity"):
        model.predict(X)
