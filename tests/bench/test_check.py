"""The harness finds wrong labels and computes inertia itself."""

import numpy as np
import pytest

from fastcluster.bench import check


@pytest.fixture
def clustered():
    """Return float32 rows, centers and the labels of a difference-form brute force."""
    draw = np.random.default_rng(3)
    X = draw.normal(size=(400, 12)).astype(np.float32)
    centers = draw.normal(size=(30, 12)).astype(np.float32)
    difference = X[:, np.newaxis].astype(np.float64) - centers.astype(np.float64)
    distances = np.square(difference).sum(axis=2)
    return X, centers, distances.argmin(axis=1), distances


def test_right_labels_pass(clustered):
    X, centers, labels, _ = clustered
    assert check.check_labels(X, labels, centers) == check.LabelCheck(400, 0, 0.0)


def test_every_label_of_a_farther_center_is_counted(clustered):
    X, centers, labels, distances = clustered
    wrong = labels.copy()
    wrong[:7] = distances[:7].argsort(axis=1)[:, 1]
    found = check.check_labels(X, wrong, centers)
    assert found.n_wrong == 7
    ordered = np.sort(distances[:7], axis=1)
    norms = np.square(X[:7]).sum(axis=1) + np.square(centers[wrong[:7]]).sum(axis=1)
    assert found.largest_excess == pytest.approx(((ordered[:, 1] - ordered[:, 0]) / norms).max())


def test_a_difference_below_float32_is_still_found():
    """Two centers whose distances to the row differ by one part in 10^10."""
    X = np.array([[1.0]], dtype=np.float32)
    centers = np.array([[2.0], [1e-10]])
    found = check.check_labels(X, np.array([0]), centers)
    assert found.n_wrong == 1
    assert 0 < found.largest_excess < check.FLOAT32_ROUNDING
    assert check.check_labels(X, np.array([1]), centers).n_wrong == 0


def test_equally_near_centers_are_both_right():
    X = np.zeros((1, 1), dtype=np.float32)
    centers = np.array([[1.0], [-1.0]], dtype=np.float32)
    for label in (0, 1):
        assert check.check_labels(X, np.array([label]), centers).n_wrong == 0


def test_only_the_sample_is_checked(clustered):
    X, centers, labels, _ = clustered
    assert check.check_labels(X, labels, centers, n_rows=50).n_checked == 50


def test_inertia_is_that_of_the_labels_given(clustered, monkeypatch):
    monkeypatch.setattr(check, "BLOCK_ROWS", 64)
    X, centers, labels, distances = clustered
    assert check.inertia(X, labels, centers) == pytest.approx(distances.min(axis=1).sum())
    zeros = np.zeros_like(labels)
    assert check.inertia(X, zeros, centers) == pytest.approx(distances[:, 0].sum())
