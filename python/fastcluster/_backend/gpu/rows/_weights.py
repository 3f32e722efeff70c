"""Weights of rows as the algorithms take them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastcluster._backend.gpu.rows._rows import Rows
from fastcluster._backend.gpu.runtime._cupy import cupy

__all__ = ["weights_of"]


def weights_of(rows: Rows, sample_weight: NDArray[np.float64] | None) -> Any:  # noqa: ANN401
    """Return the weights on the device; None where all are one, so that nothing is multiplied.

    Rows of zeros under cosine belong nowhere: they weigh nothing.

    Raises
    ------
    ValueError
        If no row weighs anything.
    """
    cp = cupy()
    if sample_weight is not None:
        if not bool((sample_weight > 0.0).any()):
            raise ValueError(
                "sample_weight must have at least one positive entry\n"
                "hint: leave out the rows that do not count"
            )
        if bool((sample_weight == 1.0).all()):
            sample_weight = None
    void = rows.inverse_norms == 0.0
    if not rows.cosine or not bool(void.any()):
        return None if sample_weight is None else cp.asarray(sample_weight)
    weights = cp.ones(rows.n_rows) if sample_weight is None else cp.array(sample_weight)
    weights[void] = 0.0
    return weights
