"""The sieve leaves every draw that brings a row nearer."""

import numpy as np
import pytest
from gpu_cases import blobs


def marked(X, drawn, closest, *, cosine=False):
    """The sieve's marks as a matrix of rows and draws."""
    import cupy as cp

    from fastcluster._backend.gpu.rows._rows import Rows
    from fastcluster._backend.gpu.scores._sieve import Sieve

    rows = Rows.of(cp.asarray(X), cosine=cosine)
    bits = cp.empty(len(X), dtype="uint64")
    Sieve(rows, 1e-5).mark(cp.asarray(drawn), cp.asarray(closest.astype(np.float32)), bits)
    return (bits.get()[:, None] >> np.arange(len(drawn), dtype=np.uint64) & 1).astype(bool)


def distances(X, drawn):
    X = X.astype(np.float64)
    return ((X[:, None] - X[None, drawn]) ** 2).sum(axis=2)


@pytest.mark.parametrize("n_draws", [1, 13, 64])
@pytest.mark.parametrize("cosine", [False, True])
@pytest.mark.usefixtures("standin")
def test_it_leaves_what_is_nearer_and_little_else(n_draws, cosine):
    X = blobs(200, 48, seed=n_draws)
    if cosine:
        X /= np.linalg.norm(X, axis=1, keepdims=True)
    drawn = list(range(3, 3 + n_draws))
    found = distances(X, drawn)
    closest = distances(X, [0, 1, 2]).min(axis=1)
    marks = marked(X, drawn, closest, cosine=cosine)
    assert marks[found < closest[:, None]].all()
    assert not marks[found > 1.05 * closest[:, None]].any()


@pytest.mark.parametrize("factor", [1e-18, 1e18])
@pytest.mark.usefixtures("standin")
def test_one_row_far_from_all_others_hides_nothing(factor):
    X = blobs(100, 40).astype(np.float64)
    X[5] *= factor
    X[6] = X[5]
    drawn = [5, 6, 7, 8]
    found = distances(X, drawn)
    closest = distances(X, [0, 1]).min(axis=1)
    assert marked(X, drawn, closest)[found < closest[:, None]].all()
