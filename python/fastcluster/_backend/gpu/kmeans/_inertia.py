"""Σ w·‖x - c‖² in the order of the CPU: blocks of 256 rows, summed one after the other."""

from typing import Any, Final

from fastcluster._backend.gpu.rows._moments import distance_blocks, summed
from fastcluster._backend.gpu.rows._rows import Rows
from fastcluster._backend.gpu.runtime._ordered import group_sums
from fastcluster._backend.gpu.scores._assign import Assigner

__all__ = ["inertia_of"]

_SUMMED_ROWS: Final = 256
"""Rows of a partial sum; every block of rows begins at a multiple."""


def inertia_of(
    rows: Rows,
    assigner: Assigner,
    labels: Any,  # noqa: ANN401 - device arrays
    weights: Any,  # noqa: ANN401
    *,
    assign: bool,
) -> float:
    """Return the inertia in working space, for the centers that the assigner is aimed at.

    One read of the rows, or two of resident ones.

    Parameters
    ----------
    rows : Rows
        The rows of the call.
    assigner : Assigner
        Aimed at the centers.
    labels : device array of int32 of shape (n_rows,)
        The labels; set here where `assign` asks for it.
    weights : device array of float64 of shape (n_rows,) or None
        As `weights_of` gives them.
    assign : bool
        Whether the labels are still to be found.
    """
    if assign and rows.is_resident:
        # In the blocks of which shadows are kept.
        for block in rows.blocks():
            assigner.labels(block, out=labels[block.start : block.stop])
        assign = False
    parts = []
    for block in distance_blocks(rows):
        part = slice(block.start, block.stop)
        if assign:
            assigner.labels(block, out=labels[part])
        distances = assigner.distances(block, labels[part])
        if weights is not None:
            distances = distances * weights[part]
        parts.append(group_sums(distances, _SUMMED_ROWS))
    return summed(parts)
