"""float16 shadows of rows: what the products read, and how much the rounding took off.

A row w of working space is moved and scaled into a frame, y = (w − origin) · factor, and rounded to
x̂ in float16. The origin is near the middle of the data, which shrinks norms and with them the error;
the factor is a power of two that uses float16's range. A value beyond that range is cut off: what was
lost is measured, not assumed, so that such a row is only compared in float64 more often.
"""

from dataclasses import dataclass
from typing import Any

from fastcluster._backend.gpu._centers import Centers
from fastcluster._backend.gpu._rows import Block, Rows

__all__ = ["Frame", "Shadow", "empty_shadow", "frame_of", "shadow", "shadow_of_centers"]


@dataclass(frozen=True)
class Frame:
    """Where float16 values are measured from and in which unit.

    Attributes
    ----------
    origin : device array of float64 of shape (d,)
        In working space.
    factor : float
        A power of two between 2⁻²⁰⁰ and 2²⁰⁰. Squared distances in the frame are D · factor².
    """

    origin: Any
    factor: float


@dataclass(frozen=True)
class Shadow:
    """Rows in float16, in a frame: x̂ for y.

    Attributes
    ----------
    values : device array of float16 of shape (n, d8), C-contiguous
        d8 is d rounded up to a multiple of 8; the padding is zero.
    norms : device array of float32 of shape (n,)
        At least ‖x̂‖.
    lost : device array of float32 of shape (n,)
        At least ‖y − x̂‖.
    squares : device array of float32 of shape (n,)
        The nearest of ‖y‖²; of a center without direction, factor² more (see `_bands`).
    """

    values: Any
    norms: Any
    lost: Any
    squares: Any

    def part(self, start: int, stop: int) -> "Shadow":
        """Return a view of some of the rows."""
        return Shadow(
            self.values[start:stop],
            self.norms[start:stop],
            self.lost[start:stop],
            self.squares[start:stop],
        )


def frame_of(rows: Rows, centers: Centers | None = None) -> Frame:
    """Return a frame for rows: around the mean of the centers, or of a sample of the rows."""
    raise NotImplementedError


def empty_shadow(n_rows: int, n_features: int) -> Shadow:
    """Return memory for the shadow of so many rows: 2·d8 + 12 bytes each."""
    raise NotImplementedError


def shadow(rows: Rows, block: Block, frame: Frame, out: Shadow | None = None) -> Shadow:
    """Round the rows of a block (or its first rows, as many as `out` holds) into a shadow."""
    raise NotImplementedError


def shadow_of_centers(centers: Centers, frame: Frame) -> Shadow:
    """Round centers into a shadow."""
    raise NotImplementedError
