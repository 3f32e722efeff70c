"""Draws from scikit-learn's `random_state`."""

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

__all__ = ["draw_rows", "draw_seed"]


def draw_rows(random_state: object, n_samples: int, n_rows: int) -> NDArray[np.intp]:
    """Return the rows that scikit-learn's scores draw with this `random_state`."""
    rows: NDArray[np.intp] = check_random_state(random_state).permutation(n_samples)[:n_rows]
    return rows


def draw_seed(random_state: object) -> int:
    """Return a seed for the core, drawn from scikit-learn's `random_state`."""
    generator = check_random_state(random_state)
    return int(generator.randint(0, np.iinfo(np.int64).max, dtype=np.int64))
