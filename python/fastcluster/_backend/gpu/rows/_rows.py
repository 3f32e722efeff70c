"""The rows of a call on the GPU: resident there, or streamed from host memory block by block.

Nothing is widened as a whole: kernels read the caller's dtype (the ROW macro) and compute with
w = (x · scale) · inverse_norm, the working space of the CPU. `scale` is the power of two that the
CPU takes (1 for ordinary magnitudes), `inverse_norms` have the CPU's bits: the same order of sums.

Rows on the GPU are used where they are. Rows in host memory that fit the budget are uploaded once;
larger ones pass through a ring of pinned buffers on a copy stream, one block ahead of the work.
Blocks begin at multiples of `BLOCK_ROWS` (of a power of two from 4,096 where so many do not fit).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from fastcluster._backend.gpu.rows._sources import Resident, Source, Streamed
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._kernels import kernel, launch
from fastcluster._backend.gpu.runtime._memory import available

__all__ = ["BLOCK_ROWS", "CODES", "Block", "Rows", "power_of_two"]

BLOCK_ROWS: Final = 65_536
"""Blocks begin at multiples of this, or of a power of two from 4,096 where memory is short."""

CODES: Final = {"float32": 0, "float64": 1, "float16": 2, "bfloat16": 3, "int8": 4, "uint8": 5}
"""The ROW macro by the name of the dtype."""

_ORDINARY: Final = frozenset({CODES["float16"], CODES["int8"], CODES["uint8"]})
"""Dtypes whose whole range is between 2⁻⁴⁰ and 2⁴⁰."""

_BITS: Final = ("float16", "bfloat16")
"""Dtypes that kernels read as bits."""

_UNSCALED_EXPONENT: Final = 40
"""Magnitudes between 2⁻⁴⁰ and 2⁴⁰ are used as they are."""

_SQUARED_EXPONENT: Final = 511.0
"""Magnitudes between 2⁻⁵¹¹ and 2⁵¹¹ have squares in float64 without any scaling."""

_RESIDENT_SHARE: Final = 0.6
"""Of the budget: what host rows may take to be uploaded; shadows and scores need the rest."""

_LANES: Final = 16
"""Threads per row, where sums have the CPU's order."""

_THREADS: Final = 256


@dataclass(frozen=True)
class Block:
    """Consecutive rows (or gathered ones) on the device.

    Attributes
    ----------
    start, stop : int
        Which rows.
    values : device array of shape (stop - start, n_features), C-contiguous
        In the caller's dtype; float16 and bfloat16 as uint16.
    inverse_norms : device array of float64
        Of shape (stop - start,) under cosine, 0 for rows of zeros; otherwise one value that kernels
        compiled with COSINE=0 do not read.
    is_gathered : bool
        Whether the rows were picked: then `start` is 0 and says nothing.
    """

    start: int
    stop: int
    values: Any
    inverse_norms: Any
    is_gathered: bool = False

    @property
    def n_rows(self) -> int:
        """How many rows."""
        return self.stop - self.start

    def part(self, start: int, stop: int) -> "Block":
        """Return a view of some of the rows, counted from the block's first."""
        norms = self.inverse_norms
        if len(norms) == self.n_rows:
            norms = norms[start:stop]
        values = self.values[start:stop]
        return Block(self.start + start, self.start + stop, values, norms, self.is_gathered)


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
    source : Source
        Where the values are.
    """

    n_rows: int
    n_features: int
    code: int
    cosine: bool
    largest: float
    scale: float
    inverse_norms: Any
    source: Source

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
            Bytes of device memory that rows from the host may take; what is free, if not given.

        Raises
        ------
        ValueError
            If float64 cannot hold the squares of their magnitudes side by side.
        """
        cp = cupy()
        n_rows, n_features = data.shape
        code = CODES[data.dtype.name]
        known = data.view(np.uint16) if data.dtype.name in _BITS else data
        unread = cls(n_rows, n_features, code, cosine, 1.0, 1.0, cp.ones(1), _source(known, budget))
        return unread._summarised()

    @property
    def macros(self) -> dict[str, int]:
        """ROW and COSINE, for `_kernels.kernel`."""
        return {"ROW": self.code, "COSINE": int(self.cosine)}

    @property
    def is_double(self) -> bool:
        """Whether centers and distances are float64: the rows are."""
        return self.code == CODES["float64"]

    @property
    def is_resident(self) -> bool:
        """Whether all rows lie on the device."""
        return isinstance(self.source, Resident)

    def including(self, largest: float) -> "Rows":
        """Return the same rows, scaled so that centers up to this magnitude are in range, too.

        Raises
        ------
        ValueError
            If float64 cannot hold the squares of both side by side.
        """
        if self.cosine or largest <= self.largest:
            return self
        self._check_range(largest)
        return replace(self, scale=power_of_two(largest))

    def blocks(self, size: int | None = None) -> Iterator[Block]:
        """Yield all rows, in order.

        Parameters
        ----------
        size : int, optional
            Rows per block at most, a multiple of `BLOCK_ROWS`. Resident C-contiguous rows are one
            block if it is not given; streamed rows have blocks of their ring's size, if less.

        Notes
        -----
        A block of streamed rows is valid until the next one is asked for: what was launched on the
        current stream by then is waited for before its memory is used again.
        """
        for start, stop, values in self.source.blocks(size, BLOCK_ROWS):
            yield Block(start, stop, values, self._inverse_norms_of(slice(start, stop)))

    def take(self, indices: Any) -> Block:  # noqa: ANN401 - a device or host array of integers
        """Copy some rows out, in the given order; a row may be listed again. start is 0."""
        indices = cupy().asarray(indices)
        values = self.source.take(indices)
        return Block(0, len(values), values, self._inverse_norms_of(indices), is_gathered=True)

    def left_of(self, budget: int | None, data: Any) -> int | None:  # noqa: ANN401 - an array
        """Return what is left of a budget beside these rows of `data`, if they were uploaded."""
        if budget is None or not self.is_resident or not isinstance(data, np.ndarray):
            return budget
        return max(budget - data.nbytes, 0)

    def to_caller(self, squared: float) -> float:
        """Return a squared distance of working space in the caller's units, or 1 - cos."""
        return squared / 2.0 if self.cosine else squared / self.scale / self.scale

    def _inverse_norms_of(self, which: Any) -> Any:  # noqa: ANN401 - as device arrays are indexed
        return self.inverse_norms[which] if self.cosine else self.inverse_norms

    def _summarised(self) -> "Rows":
        """Read the rows for their magnitude and norms, once; again for norms of extreme rows."""
        if self.code in _ORDINARY and not self.cosine:
            return self
        largest, inverse_norms = self._read(1.0, with_largest=self.code not in _ORDINARY)
        scale = power_of_two(largest)
        if not self.cosine:
            self._check_range(largest)
        elif scale != 1.0:
            _, inverse_norms = self._read(scale, with_largest=False)
        return replace(self, largest=largest, scale=scale, inverse_norms=inverse_norms)

    def _read(self, scale: float, *, with_largest: bool) -> tuple[float, Any]:
        cp = cupy()
        macros = {"ROW": self.code}
        most = cp.zeros(1, dtype=np.uint64)
        inverse_norms = cp.empty(self.n_rows) if self.cosine else self.inverse_norms
        for start, stop, values in self.source.blocks(None, BLOCK_ROWS):
            if with_largest:
                self._reduce("largest_magnitude", values, most)
            if self.cosine:
                launch(
                    kernel("rows.cu", "inverse_norms", **macros),
                    -(-(stop - start) // (_THREADS // _LANES)), _THREADS,
                    values, stop - start, self.n_features, scale, inverse_norms[start:stop],
                )  # fmt: skip
        largest = float(most.get().view(np.float64)[0]) if with_largest else 1.0
        return largest, inverse_norms

    def _reduce(self, function: str, values: Any, found: Any) -> None:  # noqa: ANN401 - arrays
        """Take the magnitudes of some rows into what was found: the bits of a float64."""
        launch(
            kernel("rows.cu", function, ROW=self.code),
            min(-(-values.size // _THREADS), 4096), _THREADS, values, values.size, found,
        )  # fmt: skip

    def _check_range(self, largest: float) -> None:
        """Refuse rows that hold magnitudes whose squares are lost beside that of `largest`."""
        if largest == 0.0 or math.log2(largest) <= _SQUARED_EXPONENT:
            return
        found = cupy().full(1, math.inf).view(np.uint64)
        for _, _, values in self.source.blocks(None, BLOCK_ROWS):
            self._reduce("smallest_magnitude", values, found)
        smallest = float(found.get().view(np.float64)[0])
        if smallest < 2.0**-_SQUARED_EXPONENT / power_of_two(largest):
            raise ValueError(
                f"X must not hold magnitudes as far apart as {_digits(smallest)} and "
                f"{_digits(largest)}: beside the square of the one, that of the other is 0 in "
                "float64\nhint: leave out or scale down the rows or columns with the huge values, "
                "or pass metric='cosine'"
            )


def power_of_two(largest: float) -> float:
    """Return what brings a largest magnitude into the ordinary range; 1 if it is in it."""
    if largest == 0.0:
        return 1.0
    exponent = math.log2(largest)
    if abs(exponent) <= _UNSCALED_EXPONENT:
        return 1.0
    return 2.0 ** min(max(_UNSCALED_EXPONENT - math.floor(exponent), -1000), 1000)


def _digits(value: float) -> str:
    """Return a number with the fewest digits that tell it, as the core writes it: 1.5e-7."""
    return np.format_float_scientific(value, trim="-", exp_digits=1).replace("e+", "e")


def _source(data: Any, budget: int | None) -> Source:  # noqa: ANN401 - a CuPy or NumPy array
    """Keep, upload or stream: by where the rows are and what they take."""
    if not isinstance(data, np.ndarray):
        return Resident(data)
    room = available() if budget is None else budget
    streamed = Streamed(data, room, BLOCK_ROWS)
    if data.nbytes <= room * _RESIDENT_SHARE:
        return streamed.uploaded()
    return streamed
