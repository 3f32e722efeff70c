"""DBSCAN's labels are judged by its definition, and two answers by how far they agree."""

import numpy as np
import pytest
from sklearn.cluster import DBSCAN

from fastcluster.bench import check_density
from fastcluster.bench.contract import Outcome

PARAMETERS = {"eps": 0.5, "min_samples": 4}


def fitted(n_features):
    """Return rows around corners, noise among them, and scikit-learn's answer."""
    draw = np.random.default_rng(5)
    corners = 4 * draw.normal(size=(6, n_features))
    X = corners[draw.integers(6, size=500)] + 0.25 * draw.normal(size=(500, n_features))
    X[::10] = draw.uniform(X.min(), X.max(), X[::10].shape)
    X = X.astype(np.float32)
    scale = np.sqrt(n_features / 2)
    parameters = {**PARAMETERS, "eps": 0.5 * scale}
    model = DBSCAN(**parameters).fit(X.astype(np.float64))
    core = np.zeros(500, dtype=bool)
    core[model.core_sample_indices_] = True
    assert 0 < (model.labels_ < 0).sum() < 250
    assert model.labels_.max() >= 3
    return X, Outcome(model.labels_, core=core), parameters


@pytest.fixture(params=[2, 12])
def answer(request):
    """Few features are judged by a tree, many by a product."""
    assert check_density.TREE_FEATURES_MAX in range(2, 12)
    return fitted(request.param)


def test_right_labels_pass(answer):
    X, outcome, parameters = answer
    found = check_density.check_dbscan(X, outcome, parameters)
    assert (found.n_checked, found.n_wrong, found.largest_excess) == (500, 0, 0.0)


def test_blocks_of_rows_are_joined(answer, monkeypatch):
    X, outcome, parameters = answer
    monkeypatch.setattr(check_density, "BLOCK_ROWS", 64)
    assert check_density.check_dbscan(X, outcome, parameters).n_wrong == 0
    assert check_density.check_dbscan(X, outcome, parameters, n_rows=37).n_checked == 37


@pytest.mark.parametrize("fault", ["lost", "found", "other cluster", "core", "not core"])
def test_each_kind_of_wrong_row_is_counted(answer, fault):
    X, outcome, parameters = answer
    labels, core = outcome.labels.copy(), outcome.core.copy()
    noise, inner = int(np.flatnonzero(labels < 0)[0]), int(np.flatnonzero(core)[0])
    if fault == "lost":
        labels[inner] = -1
    elif fault == "found":
        labels[noise] = 0
    elif fault == "other cluster":
        labels[inner] = 1 + labels.max()
    else:
        core[noise if fault == "core" else inner] = fault == "core"
    found = check_density.check_dbscan(X, Outcome(labels, core=core), parameters)
    assert found.n_wrong >= 1
    assert found.largest_excess > 1e-6


def test_a_border_row_may_have_any_of_its_neighbours_clusters_and_no_other():
    X = np.array([[0.0], [0.1], [0.2], [1.0], [1.8], [1.9], [2.0]], dtype=np.float32)
    core = np.array([0, 0, 1, 0, 1, 0, 0], dtype=bool)
    parameters = {"eps": 0.85, "min_samples": 4}
    for middle, n_wrong in ((0, 0), (1, 0), (2, 1), (-1, 1)):
        labels = np.array([0, 0, 0, middle, 1, 1, 1])
        found = check_density.check_dbscan(X, Outcome(labels, core=core), parameters)
        assert found.n_wrong == (n_wrong if middle >= 0 else 3)


def test_a_row_that_rounding_decides_has_a_small_excess():
    """The pair is farther than eps by one part in 10^9: float32 cannot tell."""
    X = np.array([[0.0], [0.5]], dtype=np.float32)
    together = Outcome(np.array([0, 0]), core=np.array([True, True]))
    parameters = {"eps": 0.5 * (1 - 1e-9), "min_samples": 2}
    found = check_density.check_dbscan(X, together, parameters)
    assert found.n_wrong == 2
    assert 0 < found.largest_excess < 1e-8


def test_other_metrics_are_not_judged_and_core_rows_are_needed(answer):
    X, outcome, parameters = answer
    assert check_density.check_dbscan(X, outcome, parameters | {"metric": "cosine"}).n_checked == 0
    with pytest.raises(ValueError, match="answered without core rows"):
        check_density.check_dbscan(X, Outcome(outcome.labels), parameters)


@pytest.mark.parametrize(
    ("theirs", "n_rows"),
    [
        ([0, 0, 0, 1, 1, -1], 0),
        ([7, 7, 7, 3, 3, -1], 0),
        ([0, 0, 0, 0, 0, -1], 2),
        ([0, 0, 2, 1, 1, -1], 1),
        ([0, 0, 0, 1, 1, 2], 1),
        ([-1, -1, -1, 1, 1, 0], 4),
        ([0, 0, 0, 1, 1, -2], 0),
    ],
)
def test_rows_are_compared_up_to_the_numbers_of_clusters(theirs, n_rows):
    ours = np.array([0, 0, 0, 1, 1, -1])
    assert check_density.rows_otherwise(ours, np.array(theirs)) == n_rows
    assert check_density.rows_otherwise(np.array(theirs), ours) == n_rows


def test_a_summary_counts_clusters_and_noise():
    labels = np.array([0, 5, 5, -1])
    assert check_density.summary(labels) == {"n_clusters": 2, "noise": 0.25}
    assert check_density.adjusted_rand(labels, labels + (labels >= 0)) == 1.0
