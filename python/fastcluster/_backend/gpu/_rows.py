"""The rows of a call on the GPU: resident there, or streamed from host memory block by block.

Nothing is widened as a whole: kernels read the caller's dtype (the ROW macro) and compute with
w = (x · scale) · inverse_norm, the working space of the CPU. `scale` is the power of two that the CPU
takes (1 for ordinary magnitudes), `inverse_norms` have the CPU's bits: the same order of summation.

Rows on the GPU are used where they are. Rows in host memory that fit the budget are uploaded once;
larger ones pass through a ring of pinned buffers on a copy stream, one block ahead of the work.
Blocks begin at multiples of `BLOCK_ROWS`, so that sums over blocks do not depend on the memory at hand.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["BLOCK_ROWS", "Block", "Rows"]

BLOCK_ROWS: Final = 65_536
"""Blocks begin at multiples of this."""


@dataclass(frozen=True)
class Block:
    """Consecutive rows (or gathered ones) on the device.

    Attributes
    ----------
    start, stop : int
        Which rows: `start` is a multiple of `BLOCK_ROWS`.
    values : device array of shape (stop - start, n_features), C-contiguous
        In the caller's dtype; float16 may be a view as uint16, bfloat16 always is.
    inverse_norms : device array of float64
        Of shape (stop - start,) under cosine, 0 for rows of zeros; otherwise one value that kernels
        compiled with COSINE=0 do not read.
    """

    start: int
    stop: int
    values: Any
    inverse_norms: Any

    @property
    def n_rows(self) -> int:
        """How many rows."""
        return self.stop - self.start


@dataclass(frozen=True)
class Rows:
    """All rows of a call, checked and finite.

    Attributes
    ----------
    n_rows, n_features : int
        Their shape.
    code : int
        The dtype: the kernels' ROW macro.
    cosine : bool
        Whether rows are divided by their norm.
    largest : float
        The largest magnitude as the CPU takes it: 1 for dtypes whose whole range is ordinary.
    scale : float
        The power of two that rows are multiplied with.
    inverse_norms : device array of float64
        As in `Block`, for all rows.
    """

    n_rows: int
    n_features: int
    code: int
    cosine: bool
    largest: float
    scale: float
    inverse_norms: Any

    @classmethod
    def of(cls, data: Any, *, cosine: bool, budget: int | None = None) -> "Rows":  # noqa: ANN401
        """Take the rows of a CuPy or NumPy array.

        Parameters
        ----------
        data : array of shape (n_rows, n_features)
            float16, bfloat16 (ml_dtypes), float32, float64, int8 or uint8, any strides; on the
            current device, or in host memory.
        cosine : bool
            Whether rows are divided by their norm.
        budget : int, optional
            Bytes of device memory that the rows may take; what is free, if not given.
        """
        raise NotImplementedError

    @property
    def macros(self) -> dict[str, int]:
        """ROW and COSINE, for `_kernels.kernel`."""
        return {"ROW": self.code, "COSINE": int(self.cosine)}

    @property
    def is_double(self) -> bool:
        """Whether centers and distances are float64: the rows are."""
        raise NotImplementedError

    @property
    def is_resident(self) -> bool:
        """Whether all rows lie on the device."""
        raise NotImplementedError

    def including(self, largest: float) -> "Rows":
        """Return the same rows, scaled so that centers of magnitude up to `largest` are in range."""
        raise NotImplementedError

    def blocks(self, size: int | None = None) -> Iterator[Block]:
        """Yield all rows, in order.

        Parameters
        ----------
        size : int, optional
            Rows per block at most, a multiple of `BLOCK_ROWS`. Resident C-contiguous rows are one
            block if it is not given.

        Notes
        -----
        A block of streamed rows is valid until the next one is asked for: what was launched on the
        current stream by then is waited for before its memory is used again.
        """
        raise NotImplementedError

    def take(self, indices: Any) -> Block:  # noqa: ANN401 - a device or host array of integers
        """Copy some rows out, in the given order; a row may be listed again. start is 0."""
        raise NotImplementedError

    def to_caller(self, squared: float) -> float:
        """Return a squared distance of working space in the caller's units; 1 - cos under cosine."""
        raise NotImplementedError
