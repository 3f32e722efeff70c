"""Sums of weights that no order of adding can change, as the core's `dbscan/weights.rs` takes them.

A weight is a whole number of tiny units, and sums of whole numbers are exact: a GPU adds them in
three parts of 31 bits by integer atomics. The sum, rounded to float64 once, is compared with
`min_samples`.
"""

import math
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Weights"]

_BITS: Final = 93
"""Bits of a weight in units."""

_PART: Final = 31
"""Bits of a part: 2**32 of them can be added in 64 bits with their sign."""


class Weights:
    """What rows weigh, and the sum that makes a row core.

    Parameters
    ----------
    min_samples : int
        That sum.
    sample_weight : ndarray of float64 of shape (n,) or None
        None weighs every row 1.

    Attributes
    ----------
    parts : ndarray of int64 of shape (3, n) or None
        The low, middle and high part of each weight, of its sign; None where every row weighs 1.
    """

    def __init__(self, min_samples: int, sample_weight: NDArray[np.float64] | None) -> None:
        self._needed: float | Fraction = min_samples
        if sample_weight is None or (sample_weight == 1.0).all():
            self.parts = None
            return
        needed, largest = float(min_samples), float(np.abs(sample_weight).max(initial=0.0))
        most = max(needed, largest) if (sample_weight < 0.0).any() else needed
        exponent = _BITS - 1 - math.ceil(math.log2(most))
        self._needed = Fraction(needed) * Fraction(2) ** exponent
        # A power of two changes no digit; halves round away from zero, as in Rust.
        units = np.ldexp(np.minimum(np.abs(sample_weight), most), exponent)
        whole = np.floor(units)
        whole += units - whole >= 0.5
        high = np.floor(np.ldexp(whole, -2 * _PART))
        rest = whole - np.ldexp(high, 2 * _PART)
        middle = np.floor(np.ldexp(rest, -_PART))
        low = rest - np.ldexp(middle, _PART)
        self.parts = (np.stack([low, middle, high]) * np.sign(sample_weight)).astype(np.int64)

    def suffice(self, sums: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Say which sums of parts, of shape (3, n), or counts, of shape (1, n), make a row core.

        The row itself is among its neighbours, and its weight among the sums.
        """
        if self.parts is None:
            return np.asarray(sums[0] >= self._needed)
        mask = (1 << _PART) - 1
        low, middle, high = sums
        middle = middle + (low >> _PART)
        high = high + (middle >> _PART)
        total = (high, middle & mask, low & mask)
        least = _least_that_rounds_to(Fraction(self._needed))
        bound = (least >> (2 * _PART), least >> _PART & mask, least & mask)
        enough = total[2] >= bound[2]
        for part, limit in zip(total[1::-1], bound[1::-1], strict=True):
            enough = (part > limit) | ((part == limit) & enough)
        return np.asarray(enough)


def _least_that_rounds_to(needed: Fraction) -> int:
    """Return the least integer whose float64 is at least `needed`, a float64 above zero."""
    low, high = 0, math.ceil(needed)
    while low < high:
        middle = (low + high) // 2
        if Fraction(float(middle)) >= needed:
            high = middle
        else:
            low = middle + 1
    return low
