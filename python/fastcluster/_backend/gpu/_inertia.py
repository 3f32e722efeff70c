"""Σ w·‖x - c‖² in the order of the CPU: blocks of 256 rows, summed one after the other."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fastcluster._backend.gpu._assign import Assigner
from fastcluster._backend.gpu._cupy import cupy
from fastcluster._backend.gpu._kernels import kernel, launch
from fastcluster._backend.gpu._rows import BLOCK_ROWS, Rows

__all__ = ["inertia_of"]

_SUMMED_ROWS: Final = 256
"""Rows of a partial sum; every block of rows begins at a multiple."""

_DISTANCE_ROWS: Final = 64 * BLOCK_ROWS
"""Rows whose distances are kept at a time: 32 MiB."""

_THREADS: Final = 64


def inertia_of(
    rows: Rows,
    assigner: Assigner,
    labels: Any,  # noqa: ANN401 - a device array
    sample_weight: NDArray[np.float64] | None,
) -> float:
    """Assign all rows to the centers that are aimed at, and return the inertia, in caller's units.

    Rows of zeros under cosine belong nowhere: they weigh nothing.

    Parameters
    ----------
    rows : Rows
        The rows of the call.
    assigner : Assigner
        Aimed at the centers.
    labels : device array of int32 of shape (n_rows,)
        Gets the labels.
    sample_weight : ndarray of float64 of shape (n_rows,) or None
        None weighs every row 1.

    Raises
    ------
    ValueError
        If no row weighs anything.
    """
    cp = cupy()
    if sample_weight is not None and not bool((sample_weight > 0.0).any()):
        raise ValueError(
            "sample_weight must have at least one positive entry\n"
            "hint: leave out the rows that do not count"
        )
    weights = None if sample_weight is None else cp.asarray(sample_weight)
    weighted_sums = kernel("assign.cu", "weighted_sums", **rows.macros)
    partial = []
    for block in rows.blocks(_DISTANCE_ROWS):
        part = slice(block.start, block.stop)
        distances = assigner.distances(block, assigner.labels(block, labels[part]))
        n_sums = -(-block.n_rows // _SUMMED_ROWS)
        sums = cp.empty(n_sums)
        launch(
            weighted_sums, -(-n_sums // _THREADS), _THREADS,
            block.n_rows, distances, distances if weights is None else weights[part],
            int(weights is not None), block.inverse_norms, sums,
        )  # fmt: skip
        partial.append(sums)
    return rows.to_caller(float(np.add.accumulate(cp.concatenate(partial).get())[-1]))
