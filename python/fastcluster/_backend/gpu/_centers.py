"""Centers as they are published, and the same in the space in which rows are read."""

from dataclasses import dataclass
from typing import Any

from fastcluster._backend.gpu._rows import Rows

__all__ = ["Centers"]


@dataclass(frozen=True)
class Centers:
    """Centers on the device.

    Attributes
    ----------
    published : device array of shape (k, d), float64 for float64 rows, else float32
        In the caller's space.
    working : device array of float64 of shape (k, d)
        Scaled, or normalised under cosine; always derived from the published, rounded ones, with the
        bits that the CPU's have.
    void : device array of uint8 of shape (k,)
        1 for centers of zeros under cosine, at squared distance 2 of everything.
    """

    published: Any
    working: Any
    void: Any

    @classmethod
    def of(cls, published: Any, rows: Rows) -> "Centers":  # noqa: ANN401 - a device array
        """Derive the working values of published centers, for use with `rows`."""
        raise NotImplementedError
