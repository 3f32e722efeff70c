"""Weights of rows."""

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import _check_sample_weight

from fastcluster._arrays import Vectors

if TYPE_CHECKING:
    from fastcluster._backend import Backend

__all__ = ["check_signed_weights", "check_weights"]

_HEAVIEST: Final = 2.0**400
"""A weight this large leaves room in float64 for its product with any squared distance of float32
vectors, summed over 2**60 rows."""


def check_weights(
    sample_weight: object, vectors: Vectors, backend: "Backend"
) -> NDArray[np.float64] | None:
    """Return the weights as float64 of shape (n_samples,), or None where all rows count the same.

    They are in host memory, wherever X lies.

    Raises
    ------
    ValueError
        If the weights have another shape, are negative, not finite or immense, or are all zero.
    """
    if sample_weight is None:
        return None
    weights = _float_weights(sample_weight, vectors, backend, ensure_non_negative=True)
    heaviest = weights.max()
    if heaviest > _HEAVIEST:
        raise ValueError(
            f"sample_weight={heaviest:g} should be <= {_HEAVIEST:g}, so that no sum overflows\n"
            "hint: divide all weights by the largest; that moves no center"
        )
    return weights


def check_signed_weights(
    sample_weight: object, vectors: Vectors, backend: "Backend"
) -> NDArray[np.float64] | None:
    """Return the weights as float64 of shape (n_samples,), negative ones too; None stays None.

    They are in host memory, wherever X lies.

    Raises
    ------
    ValueError
        If the weights have another shape, or are not finite.
    """
    if sample_weight is None:
        return None
    weights = _float_weights(sample_weight, vectors, backend)
    # scikit-learn looks at each weight of an array, but not at one number for all.
    if not np.isfinite(weights).all():
        raise ValueError(
            f"sample_weight={sample_weight} must be finite\nhint: None weighs every row 1"
        )
    return np.ascontiguousarray(weights)


def _float_weights(
    sample_weight: object,
    vectors: Vectors,
    backend: "Backend",
    **more: Any,  # noqa: ANN401 - scikit-learn's arguments
) -> NDArray[np.float64]:
    given = backend.beside(sample_weight, "sample_weight")
    rows = np.broadcast_to(np.float64(0), (vectors.shape[0], 1))
    weights: NDArray[np.float64] = _check_sample_weight(given, rows, dtype=np.float64, **more)
    return weights
