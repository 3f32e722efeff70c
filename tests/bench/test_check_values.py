"""Heights of dendrograms are compared relatively."""

import numpy as np
import pytest

from fastcluster.bench.check_values import largest_relative_difference


def test_the_largest_difference_is_found():
    ours = np.array([1.0, 2.0, 4.0])
    assert largest_relative_difference(ours, ours) == 0.0
    assert largest_relative_difference(ours, np.array([1.0, 2.5, 4.1])) == pytest.approx(0.25)


def test_heights_of_duplicates_are_rounding():
    ours = np.array([0.0, 1e-9, 2.0])
    assert largest_relative_difference(ours, np.array([1e-9, 0.0, 2.0])) == pytest.approx(5e-4)
    zeros = np.zeros(3)
    assert largest_relative_difference(zeros, zeros) == 0.0
