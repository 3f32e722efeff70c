"""Davies-Bouldin and Calinski-Harabasz against scikit-learn."""

import numpy as np
import pytest
import scipy.sparse
import sklearn.metrics

from fastcluster.metrics import calinski_harabasz_score, davies_bouldin_score

PAIRS = [
    (davies_bouldin_score, sklearn.metrics.davies_bouldin_score),
    (calinski_harabasz_score, sklearn.metrics.calinski_harabasz_score),
]


def rows(seed=0, n=500, d=8, k=6):
    rng = np.random.default_rng(seed)
    labels = rng.integers(k, size=n)
    return rng.normal(size=(k, d))[labels] * 2 + rng.normal(size=(n, d)), labels


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "uint8"])
def test_equals_scikit_learn(ours, theirs, dtype):
    X, labels = rows()
    X = (X * 8 + 60).astype(dtype)
    found = ours(X, labels)
    assert isinstance(found, float)
    assert found == pytest.approx(theirs(X.astype(np.float64), labels), rel=1e-9)
    assert ours(scipy.sparse.csr_array(X.astype(np.float64)), labels) == pytest.approx(found)


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_edges(ours, theirs):
    X, labels = rows()
    cases = [
        (np.zeros((10, 2)), [0, 1] * 5),  # nothing differs
        (np.repeat([[-1.0, -1], [1, 1]], 5, axis=0), [0] * 5 + [1] * 5),  # no spread within
        (np.tile([[-1.0, -1], [1, 1]], (5, 1)), [0] * 4 + [1] * 6),
        (X, np.where(labels == 3, "noise", labels.astype(str))),
        (X[:7], [0, 1, 2, 3, 4, 5, 0]),  # single rows
    ]
    for vectors, numbers in cases:
        assert ours(vectors, numbers) == pytest.approx(theirs(vectors, numbers), rel=1e-7)


def test_centroids_that_coincide_are_passed_over():
    """scikit-learn's distance of equal centroids may be a rounding error, and its ratio immense."""
    X, labels = rows()
    twice = davies_bouldin_score(np.vstack([X, X]), np.hstack([labels, labels + 6]))
    assert twice == pytest.approx(davies_bouldin_score(X, labels), rel=1e-12)


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_a_common_offset_changes_nothing(ours, theirs):
    X, labels = rows()
    X = np.round(X * 64) / 64
    assert ours(X + 2.0**30, labels) == pytest.approx(theirs(X, labels), rel=1e-9)
    assert ours(X * 2.0**300, labels) == pytest.approx(theirs(X, labels), rel=1e-9)


@pytest.mark.parametrize("function", [davies_bouldin_score, calinski_harabasz_score])
def test_threads_change_no_bit(function):
    X, labels = rows(n=5000)
    assert len({function(X, labels, n_jobs=n) for n in (1, 2, 5)}) == 1


@pytest.mark.parametrize("function", [davies_bouldin_score, calinski_harabasz_score])
def test_wrong_input(function):
    X, labels = rows(n=20)
    for wrong in (np.zeros(20), np.arange(20)):
        with pytest.raises(ValueError, match="Valid values are 2 to n_samples - 1"):
            function(X, wrong)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        function(X, labels[:-1])
    with pytest.raises(ValueError, match="contains NaN"):
        function(np.where(X > 1, np.nan, X), labels)
