"""Some rows of a call on their own: as rows to work on, and as centers."""

from dataclasses import replace
from typing import Any

from fastcluster._backend.gpu.kmeans._update import Sums
from fastcluster._backend.gpu.rows._centers import Centers
from fastcluster._backend.gpu.rows._rows import Block, Rows
from fastcluster._backend.gpu.rows._sources import Resident
from fastcluster._backend.gpu.runtime._cupy import cupy

__all__ = ["RowSums", "centers_at", "only", "put"]


class RowSums(Sums):
    """Sums that add the rows of each cluster one after the other, for few clusters, too."""

    @property
    def in_runs(self) -> bool:
        """Never."""
        return False


def only(rows: Rows, block: Block) -> Rows:
    """Return copied rows with the metric and the scale of those that they were copied from."""
    return replace(
        rows,
        n_rows=block.n_rows,
        inverse_norms=block.inverse_norms,
        source=Resident(block.values),
    )


def centers_at(rows: Rows, listed: Any) -> Centers:  # noqa: ANN401 - an array of integers
    """Return centers that are rows; under cosine, a row of zeros is a center of zeros."""
    cp = cupy()
    dtype = cp.float64 if rows.is_double else cp.float32
    centers = Centers.of(cp.zeros((len(listed), rows.n_features), dtype=dtype), rows)
    put(rows, rows.take(listed), centers, cp.arange(len(listed), dtype=cp.int32))
    return centers


def put(rows: Rows, block: Block, centers: Centers, places: Any) -> Any:  # noqa: ANN401
    """Move the centers at `places`, device int32, to the rows of a block; return all movements.

    Movements are squared and in working space, 0 for the other centers.
    """
    cp = cupy()
    n_centers, _ = centers.published.shape
    sums = RowSums(rows, None, n_centers)
    sums.add(sums.totals, block, places)
    dirty = (sums.totals[:, -1] > 0.0).astype(cp.uint8)
    return centers.move(sums.totals, dirty, cp.zeros(3, dtype=cp.int64), rows)
