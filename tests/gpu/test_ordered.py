"""Sums in the order of the values have the bits of a plain loop."""

import numpy as np
import pytest


def values(n):
    """Values whose sums depend on the order."""
    rng = np.random.default_rng(n)
    return rng.normal(size=n) * 2.0 ** rng.integers(-40, 40, n)


@pytest.mark.parametrize("n", [1, 31, 32, 33, 128, 129, 1000])
@pytest.mark.usefixtures("standin")
def test_sums(n):
    import cupy as cp

    from fastcluster._backend.gpu.runtime._ordered import cumulated, group_sums, ordered_sum

    host = values(n)
    device = cp.asarray(host)
    for group in (1, 5, 256, n):
        expected = [np.cumsum(host[at : at + group])[-1] for at in range(0, n, group)]
        np.testing.assert_array_equal(group_sums(device, group).get(), expected)
    np.testing.assert_array_equal(cumulated(device).get(), np.cumsum(host))
    assert ordered_sum(device).get().tolist() == [np.cumsum(host)[-1]]


def test_the_test_sees_another_order():
    host = values(1000)
    assert np.cumsum(host)[-1] != np.cumsum(host[::-1])[-1]


@pytest.mark.usefixtures("standin")
def test_nothing_to_add():
    import cupy as cp

    from fastcluster._backend.gpu.runtime._ordered import cumulated, group_sums

    none = cp.zeros(0)
    assert group_sums(none, 4).shape == cumulated(none).shape == (0,)
