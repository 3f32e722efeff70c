"""Exact nearest-centroid assignment: float16 products propose, float64 decides."""

from typing import Any

from fastcluster._backend.gpu._centers import Centers
from fastcluster._backend.gpu._rows import Block, Rows

__all__ = ["Assigner"]


class Assigner:
    """Assigns rows to centers, block by block; one for a fit, its memory is used again by every pass.

    Parameters
    ----------
    rows : Rows
        The rows of the call.
    n_centers : int
        Centers of every pass.
    budget : int, optional
        Bytes of device memory for scratch and kept shadows; what is free, if not given.

    Attributes
    ----------
    n_flagged : int
        Rows that the products could not decide, so far.
    n_rechecked : int
        Distances that were taken in float64 to decide them.
    """

    def __init__(self, rows: Rows, n_centers: int, *, budget: int | None = None) -> None:
        raise NotImplementedError

    def aim(self, centers: Centers) -> None:
        """Set the centers of the next pass; nothing is read to the host, except in the first call."""
        raise NotImplementedError

    def labels(self, block: Block, out: Any = None) -> Any:  # noqa: ANN401 - device arrays
        """Return the nearest center of each row as device int32; ties to the lowest index.

        Rows of zeros under cosine have label 0. The number of undecided rows is read to the host
        once a block.
        """
        raise NotImplementedError

    def distances(self, block: Block, labels: Any, out: Any = None) -> Any:  # noqa: ANN401
        """Return each row's squared distance from its center, device float64, in working space."""
        raise NotImplementedError
