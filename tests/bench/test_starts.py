"""Start centers are reproducible, and what their names say."""

import numpy as np
import pytest

from fastcluster.bench.starts import start_centers


def test_start_rows_are_distinct_and_the_same_each_time():
    X = np.repeat(np.eye(3, dtype=np.float32), 50, axis=0)
    start = start_centers(X, 3, "rows")
    assert sorted(start.tolist()) == sorted(np.eye(3).tolist())
    assert np.array_equal(start, start_centers(X, 3, "rows"))
    with pytest.raises(ValueError, match="n_clusters=4 needs as many distinct rows, got 3"):
        start_centers(X, 4, "rows")


def test_start_means_are_those_of_lloyd_iterations():
    X = np.array([[0.0], [2.0], [10.0], [14.0]], dtype=np.float32)
    assert sorted(start_centers(X, 2, "means").ravel().tolist()) == [1.0, 12.0]


def test_no_start_is_none():
    assert start_centers(np.eye(3, dtype=np.float32), 2, "none") is None
