"""Weights are summed exactly and rounded once."""

from fractions import Fraction

import numpy as np
import pytest

from fastcluster._backend.gpu.density._dbscan_weights import Weights


def suffice(min_samples, weights):
    found = Weights(min_samples, np.array(weights, dtype=np.float64))
    sums = (
        np.full((1, 1), len(weights)) if found.parts is None else found.parts.sum(axis=1)[:, None]
    )
    return bool(found.suffice(sums)[0])


@pytest.mark.parametrize(
    ("min_samples", "weights", "expected"),
    [
        # Added in this order in float64, they are 0.9999999999999999.
        (1, [0.7, 0.1, 0.2], True),
        (6, [5.9, 0.1], True),
        (6, [5.9, 0.099_999_999_999_99], False),
        (3, [1e300, 1.0], True),
        (3, [5.0, -2.0], True),
        (4, [5.0, -2.0], False),
        (1, [1e300, -1e300], False),
        (1, [1e300, -0.5e300], True),
        (1, [0.0, -0.0], False),
        (1, [-5.0], False),
        (1, [1e9, -1e9, 1.0], True),
        (1, [1e9, -1e9, 0.999_999_9], False),
        (2, [1.0, 1.0], True),
        (3, [1.0, 1.0], False),
        (2**53, [1.0], False),
    ],
)
def test_sums_are_compared_with_min_samples(min_samples, weights, expected):
    assert suffice(min_samples, weights) is expected


def test_sums_are_rounded_once():
    # The nearest float64 of a sum that is short of 1 by less than half a step is 1.
    for share, expected in [(2.0**-54, True), (3 * 2.0**-55, False)]:
        assert suffice(1, [0.5, 0.5 - share]) is expected


@pytest.mark.parametrize("seed", range(20))
def test_parts_make_up_the_weight(seed):
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=50) * 10.0 ** rng.integers(-12, 3, 50)
    found = Weights(5, weights)
    low, middle, high = (part.astype(object) for part in found.parts)
    units = low + middle * 2**31 + high * 2**62
    assert (np.abs(found.parts) < 2**31).all()
    # One unit is the same for all; what rounding takes off a weight is half of it at most.
    unit = Fraction(float(weights[0])) / Fraction(int(units[0]))
    exponent = round(np.log2(float(unit)))
    for weight, count in zip(weights, units, strict=True):
        assert abs(Fraction(float(weight)) / Fraction(2) ** exponent - int(count)) <= Fraction(1, 2)
