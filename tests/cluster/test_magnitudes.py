"""One huge value beside ordinary rows: told apart, or refused in so many words."""

import numpy as np
import pytest

import fastcluster as fc

ESTIMATORS = [
    fc.KMeans(3, n_init=1, random_state=0),
    fc.DBSCAN(3.0, min_samples=4),
    fc.HDBSCAN(5, min_samples=4),
]


def rows(d, huge):
    X = np.random.default_rng(4).standard_normal((300, d)) / np.sqrt(d)
    X[::2] += 20
    X[-1, 0] = huge
    return X


@pytest.mark.parametrize("d", [2, 70])
@pytest.mark.parametrize("huge", [1e30, 1e150])
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
def test_ordinary_rows_keep_their_clusters(estimator, d, huge):
    labels = estimator.fit(rows(d, huge)).labels_
    assert len(set(labels[:-1:2])) == len(set(labels[1:-1:2])) == 1
    assert len({labels[0], labels[1], labels[-1]}) == 3


@pytest.mark.parametrize("huge", [1e180, -1e300])
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
def test_what_cannot_be_told_apart_is_refused(estimator, huge):
    with pytest.raises(ValueError, match=r"magnitudes as far apart as .*\nhint: leave out"):
        estimator.fit(rows(5, huge))
    assert estimator.set_params(metric="cosine").fit(rows(5, huge)).labels_.shape == (300,)
    estimator.set_params(metric="euclidean")


def test_a_huge_new_row_is_refused():
    model = fc.DBSCAN(3.0, min_samples=4).fit(rows(5, 20.0))
    with pytest.raises(ValueError, match="magnitudes as far apart"):
        model.predict(rows(5, 1e180)[-2:])
