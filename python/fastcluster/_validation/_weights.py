"""Weights of rows."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import _check_sample_weight

from fastcluster._arrays import Vectors

__all__ = ["check_signed_weights", "check_weights"]

_HEAVIEST: Final = 2.0**400
"""A weight this large leaves room in float64 for its product with any squared distance of float32
vectors, summed over 2**60 rows."""


def check_weights(sample_weight: object, vectors: Vectors) -> NDArray[np.float64] | None:
    """Return the weights as float64 of shape (n_samples,), or None where all rows count the same.

    Raises
    ------
    ValueError
        If the weights have another shape, are negative, not finite or immense, or are all zero.
    """
    if sample_weight is None:
        return None
    weights: NDArray[np.float64] = _check_sample_weight(
        sample_weight, vectors.data, dtype=np.float64, ensure_non_negative=True
    )
    heaviest = weights.max()
    if heaviest > _HEAVIEST:
        raise ValueError(
            f"sample_weight={heaviest:g} should be <= {_HEAVIEST:g}, so that no sum overflows\n"
            "hint: divide all weights by the largest; that moves no center"
        )
    return weights


def check_signed_weights(sample_weight: object, vectors: Vectors) -> NDArray[np.float64] | None:
    """Return the weights as float64 of shape (n_samples,), negative ones too; None stays None.

    Raises
    ------
    ValueError
        If the weights have another shape, or are not finite.
    """
    if sample_weight is None:
        return None
    weights: NDArray[np.float64] = _check_sample_weight(
        sample_weight, vectors.data, dtype=np.float64
    )
    # scikit-learn looks at each weight of an array, but not at one number for all.
    if not np.isfinite(weights).all():
        raise ValueError(
            f"sample_weight={sample_weight} must be finite\nhint: None weighs every row 1"
        )
    return np.ascontiguousarray(weights)
