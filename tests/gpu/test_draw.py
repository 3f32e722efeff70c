"""Rows drawn without replacement are the core's."""

import numpy as np
import pytest

from fastcluster import _core

N = 500


def weights(kind):
    rng = np.random.default_rng(1)
    drawn = rng.gamma(0.3, size=N)
    if kind == "sparse":
        return np.where(rng.random(N) < 0.9, 0.0, drawn)
    if kind == "extreme":
        return 10.0 ** rng.integers(-300, 120, N)
    return drawn


@pytest.mark.parametrize("kind", [None, "drawn", "sparse", "extreme"])
@pytest.mark.parametrize("count", [1, 7, 120, N])
@pytest.mark.usefixtures("standin")
def test_the_rows_of_the_core_in_its_order(kind, count):
    import cupy as cp

    from fastcluster._backend.gpu.kmeans._draw import draw_rows
    from fastcluster._backend.gpu.runtime._random import Stream

    given = None if kind is None else weights(kind)
    X = np.arange(float(N))[:, None]
    for seed in (0, 2**64 - 1):
        _, expected = _core.init_centers(
            X, n_clusters=count, init="random", sample_weight=given, seed=seed,
            metric="euclidean", n_threads=1,
        )  # fmt: skip
        # 4 is the task of random starts.
        on_device = None if given is None else cp.asarray(given)
        np.testing.assert_array_equal(draw_rows(N, on_device, count, Stream(seed, 4)), expected)


@pytest.mark.usefixtures("standin")
def test_weights_decide_how_often_a_row_is_drawn():
    import cupy as cp

    from fastcluster._backend.gpu.kmeans._draw import draw_rows
    from fastcluster._backend.gpu.runtime._random import Stream

    given = np.array([1.0, 2.0, 5.0])
    n_draws = 600
    first = [draw_rows(3, cp.asarray(given), 1, Stream(seed, 0))[0] for seed in range(n_draws)]
    expected = given / given.sum() * n_draws
    squares = (np.bincount(first, minlength=3) - expected) ** 2 / expected
    assert squares.sum() < 13.8  # the 0.1 % point of chi square with two degrees of freedom
