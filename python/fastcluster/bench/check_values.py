"""How the values of two answers differ: the heights of dendrograms."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["largest_relative_difference"]

SMALL = 1e-6
"""Share of the greatest height below which differences are relative to that share: heights of
near-duplicates are rounding."""


def largest_relative_difference(ours: NDArray[Any], theirs: NDArray[Any]) -> float:
    """Return how far a height of a dendrogram is at most from the same one of ours, relatively."""
    scale = np.maximum(np.abs(ours), SMALL * np.abs(ours).max(initial=0.0))
    difference = np.abs(theirs - ours)
    return float(np.divide(difference, scale, out=difference, where=scale > 0).max(initial=0.0))
