"""Empty clusters: each takes the row that lies farthest from its own center.

The rule is the CPU's: empty clusters in increasing order take the rows in order of decreasing
distance, ties to the highest row; the cluster that gives a row away loses its weight. A row is not
taken when it is the last of its cluster, weighs nothing, or lies on its center already.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastcluster._backend.gpu.kmeans._update import Sums
from fastcluster._backend.gpu.rows._moments import distance_blocks
from fastcluster._backend.gpu.rows._rows import Rows
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.scores._assign import Assigner

__all__ = ["relocate"]


def relocate(rows: Rows, weights: Any, labels: Any, assigner: Assigner, sums: Sums) -> Any:  # noqa: ANN401
    """Fill the clusters without weight; one read of the rows.

    Parameters
    ----------
    rows : Rows
        All rows.
    weights : device array of float64 of shape (n_rows,), or None
        None weighs every row 1.
    labels : device array of int32 of shape (n_rows,)
        The clusters of the rows.
    assigner : Assigner
        Aimed at the centers that gave the labels.
    sums : Sums
        The sums of these labels, which are changed.

    Returns
    -------
    changed : device array of int64, or None
        The clusters whose sums changed; None where no row could be taken.
    """
    cp = cupy()
    totals = sums.totals[:, rows.n_features :].get()
    empty, counts = np.flatnonzero(totals[:, 0] == 0), totals[:, 1]
    candidates = _farthest(rows, weights, labels, assigner, sums, 2 * len(empty))
    moves = _matched(empty, candidates, counts)
    if not moves:
        return None
    taken, clusters, donors = (
        cp.asarray(part) for part in np.array(moves, dtype=np.int64).T.copy()
    )
    sums.move_rows(taken, clusters, donors)
    return cp.concatenate([clusters, donors])


def _matched(
    empty: NDArray[np.intp], candidates: Iterable[tuple[int, int]], counts: NDArray[np.float64]
) -> list[tuple[int, int, int]]:
    """Return row, cluster and donor of each move; `candidates` are rows with their clusters."""
    moves = []
    rest = iter(candidates)
    for cluster in empty.tolist():
        # A donor keeps its last row.
        found = next((each for each in rest if counts[each[1]] > 1), None)
        if found is None:
            break
        row, donor = found
        counts[donor] -= 1
        counts[cluster] = 1
        moves.append((row, cluster, donor))
    return moves


def _farthest(
    rows: Rows,
    weights: Any,  # noqa: ANN401
    labels: Any,  # noqa: ANN401
    assigner: Assigner,
    sums: Sums,
    wanted: int,
) -> list[tuple[int, int]]:
    """Return the rows that may go, with their clusters, by decreasing distance from their centers.

    Twice as many as there are empty clusters are enough: one is passed over for each donor, which
    has given one away before.
    """
    cp = cupy()
    is_donor = sums.totals[:, rows.n_features + 1] > 1
    distances, places, clusters = [], [], []
    for block in distance_blocks(rows):
        part = slice(block.start, block.stop)
        own = labels[part]
        far = cp.where(is_donor[own], assigner.distances(block, own), 0.0)
        if weights is not None:
            far = cp.where(weights[part] > 0, far, 0.0)
        # A stable sort leaves the highest of equally far rows last.
        last = cp.argsort(far)[-wanted:]
        distances.append(far[last])
        places.append(last + block.start)
        clusters.append(own[last])
    far, rows_of, owners = (cp.concatenate(parts).get() for parts in (distances, places, clusters))
    order = np.lexsort((rows_of, far))[::-1][:wanted]
    order = order[far[order] > 0]
    return list(zip(rows_of[order].tolist(), owners[order].tolist(), strict=True))
