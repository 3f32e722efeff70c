"""Ties: which pair merges first when several are equally near."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from fastcluster.hierarchy import linkage

DISTANCES = [2, 1, 3, 1, 2, 1, 3, 2, 2, 1, 1, 3, 2, 2, 1]

# What version 1.3.0 of the older package returns for them.
OLDER_PACKAGE = {
    "single": [[0, 2, 1, 2], [1, 6, 1, 3], [3, 7, 1, 4], [4, 8, 1, 5], [5, 9, 1, 6]],
    "complete": [[0, 2, 1, 2], [4, 6, 1, 3], [1, 7, 2, 4], [3, 5, 2, 2], [8, 9, 3, 6]],
    "average": [
        [0, 2, 1, 2], [4, 6, 1, 3], [1, 7, 1.6666666666666665, 4], [5, 8, 1.9999999999999998, 5],
        [3, 9, 2.2, 6],
    ],
    "weighted": [[0, 2, 1, 2], [4, 6, 1, 3], [1, 7, 1.75, 4], [5, 8, 1.875, 5], [3, 9, 2.25, 6]],
    "ward": [[0, 2, 1, 2], [4, 6, 1, 3], [1, 7, 2, 4], [3, 5, 2, 2], [8, 9, 3, 6]],
    "centroid": [
        [0, 2, 1, 2], [4, 6, 0.8660254037844386, 3], [1, 7, 1.632993161855452, 4],
        [5, 8, 1.9364916731037085, 5], [3, 9, 2.04939015319192, 6],
    ],
    "median": [
        [0, 2, 1, 2], [4, 6, 0.8660254037844386, 3], [1, 7, 1.713913650100261, 4],
        [5, 8, 1.7275343701356567, 5], [3, 9, 2.0453835214941964, 6],
    ],
}  # fmt: skip

# SHA-256 of what it returns for `problems()`, first 16 digits.
DIGESTS = {
    "single": "8a8cb3eba0165e34",
    "complete": "e442e2e796859350",
    "average": "7bd3ed06722c3711",
    "weighted": "fd8966bb7713cf47",
    "ward": "b213a60971e86d02",
    "centroid": "da5cef76b576089c",
    "median": "4e446f291b609f49",
}

# The same for `long_problems()`.
LONG_DIGESTS = {
    "single": "28d5a33ef28cc546",
    "complete": "b21de8de555c2fbf",
    "average": "e09fe3e55583af66",
    "weighted": "69b93408141b9f71",
    "ward": "7243b985e5c2a56c",
    "centroid": "2c788bc760719af8",
    "median": "a864527d970c7205",
}


def problems():
    """Distances that tie often: of points on small grids, and small integers."""
    rng = np.random.RandomState(7)  # whose draws will never change
    for trial in range(200):
        n = rng.randint(2, 30)
        if trial % 2:
            yield rng.randint(1, 5, size=n * (n - 1) // 2).astype(float)
        else:
            yield pdist(rng.randint(0, 4, size=(n, 2)).astype(float))


def long_problems():
    """The same of more rows."""
    rng = np.random.RandomState(8)
    n = 300
    yield rng.randint(1, 60, size=n * (n - 1) // 2).astype(float)
    yield pdist(rng.randint(0, 9, size=(n, 2)).astype(float))
    yield pdist(rng.randint(0, 3, size=(n, 9)).astype(float))


@pytest.mark.parametrize("method", sorted(OLDER_PACKAGE))
def test_ties_of_the_older_package(method):
    np.testing.assert_array_equal(linkage(DISTANCES, method), OLDER_PACKAGE[method])


@pytest.mark.parametrize("method", sorted(DIGESTS))
def test_every_bit_of_the_older_package(method):
    digest = hashlib.sha256()
    for distances in problems():
        digest.update(linkage(distances, method).tobytes())
    assert digest.hexdigest()[:16] == DIGESTS[method]


@pytest.mark.parametrize("method", sorted(LONG_DIGESTS))
@pytest.mark.parametrize("preserve_input", [True, False])
def test_every_bit_of_the_older_package_for_more_rows(method, preserve_input):
    digest = hashlib.sha256()
    for distances in long_problems():
        digest.update(linkage(distances, method, preserve_input=preserve_input).tobytes())
    assert digest.hexdigest()[:16] == LONG_DIGESTS[method]


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
