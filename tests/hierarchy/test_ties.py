"""Ties: which pair merges first when several are equally near."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastcluster.hierarchy import linkage

DISTANCES = [2, 1, 3, 1, 2, 1, 3, 2, 2, 1, 1, 3, 2, 2, 1]

# What version 1.3.0 of the older package returns for them.
OLDER_PACKAGE = {
    "single": [[0, 2, 1, 2], [1, 6, 1, 3], [3, 7, 1, 4], [4, 8, 1, 5], [5, 9, 1, 6]],
    "complete": [[0, 2, 1, 2], [4, 6, 1, 3], [1, 7, 2, 4], [3, 5, 2, 2], [8, 9, 3, 6]],
    "weighted": [[0, 2, 1, 2], [4, 6, 1, 3], [1, 7, 1.75, 4], [5, 8, 1.875, 5], [3, 9, 2.25, 6]],
}


@pytest.mark.parametrize("method", sorted(OLDER_PACKAGE))
def test_ties_of_the_older_package(method):
    np.testing.assert_array_equal(linkage(DISTANCES, method), OLDER_PACKAGE[method])


@given(st.lists(st.integers(1, 3), min_size=15, max_size=15), st.permutations(range(6)))
def test_single_linkage_heights_do_not_depend_on_the_order_of_rows(values, order):
    distances = np.zeros((6, 6))
    distances[np.triu_indices(6, 1)] = values
    distances += distances.T
    permuted = distances[np.ix_(order, order)][np.triu_indices(6, 1)]

    np.testing.assert_array_equal(
        linkage(permuted, "single")[:, 2], linkage(values, "single")[:, 2]
    )


@pytest.mark.parametrize("method", ["ward", "centroid", "median", "average"])
def test_every_height_equal(method):
    # Four corners of a regular tetrahedron: the first merge is a tie of all six pairs.
    merges = linkage(np.ones(6), method)
    assert merges[0].tolist() == [0, 1, 1, 2]
    assert sorted(merges[:, :2].ravel()) == [0, 1, 2, 3, 4, 5]
