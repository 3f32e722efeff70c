"""float16 shadows of rows: what the products read, and how much the rounding took off.

A row w of working space is moved and scaled into a frame, y = (w - origin) · factor, and rounded to
x̂ in float16. The origin is in the middle of the data, which shrinks norms and with them the
error; the factor is a power of two that uses float16's range. A value beyond that range is cut off:
what was lost is measured, not assumed, so such a row is only compared in float64 more often.
"""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from fastcluster._backend.gpu.rows._centers import Centers
from fastcluster._backend.gpu.rows._rows import Block, Rows
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._gemm import ALIGNMENT
from fastcluster._backend.gpu.runtime._kernels import kernel, launch

__all__ = [
    "Frame",
    "Shadow",
    "empty_shadow",
    "frame_of",
    "shadow",
    "shadow_bytes",
    "shadow_of_centers",
    "widened",
]

_SAMPLE_VALUES: Final = 1 << 20
"""Values of rows, and of centers, that are looked at for a frame: 8 MiB in float64."""

_TYPICAL_EXPONENT: Final = 6
"""The largest value of a typical row is brought just below 2⁶: values 2¹⁰ times larger still fit
float16, and only what is 2²⁰ times smaller loses digits."""

_EXPONENT_MOST: Final = 200
"""Factors stay between 2⁻²⁰⁰ and 2²⁰⁰: their squares times any squared distance are float64."""

_NULL: Final = 0
"""For a pointer that a variant of a kernel does not read."""

_THREADS: Final = 256


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
        At least ‖y - x̂‖.
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

    def take(self, rows: Any) -> "Shadow":  # noqa: ANN401 - a device array of integers
        """Copy some of the rows."""
        return Shadow(self.values[rows], self.norms[rows], self.lost[rows], self.squares[rows])


def frame_of(rows: Rows, centers: Centers | None = None) -> Frame:
    """Return a frame for rows: around the median of the centers, or of a sample of the rows.

    Any frame gives the same answers; one that fits leaves fewer pairs to float64. A median, because
    a few far centers would draw the mean away from the many. One small read to the host.
    """
    cp = cupy()
    most = max(_SAMPLE_VALUES // rows.n_features, 1)
    some = cp.arange(0, rows.n_rows, -(-rows.n_rows // most))
    samples = [widened(rows, rows.take(some))]
    if centers is not None:
        samples.append(centers.working[:: -(-len(centers) // most)])
    origin = cp.median(samples[-1], axis=0)
    sizes = [cp.abs(sample - origin).max(axis=1) for sample in samples]
    return Frame(origin, _factor(cp.concatenate(sizes).get()))


def _factor(sizes: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """Return the power of two that brings typical values into float16's range."""
    above = sizes[sizes > 0]
    if not len(above):
        return 1.0
    _, exponent = math.frexp(float(np.median(above)))
    return 2.0 ** min(max(_TYPICAL_EXPONENT - exponent, -_EXPONENT_MOST), _EXPONENT_MOST)


def widened(rows: Rows, block: Block) -> Any:  # noqa: ANN401 - a device array
    """Return the rows of a block in working space, as float64."""
    count = block.values.size
    out = cupy().empty(block.values.shape)
    launch(
        kernel("rows.cu", "widen", **rows.macros), min(-(-count // _THREADS), 4096), _THREADS,
        block.values, block.n_rows, rows.n_features, rows.scale, block.inverse_norms, out,
    )  # fmt: skip
    return out


def shadow_bytes(n_features: int) -> int:
    """Return how many bytes the shadow of a row takes."""
    return 2 * _padded(n_features, ALIGNMENT) + 12


def empty_shadow(n_rows: int, n_features: int, *, zeros: bool = False) -> Shadow:
    """Return memory for the shadow of so many rows, where asked for filled with zeros."""
    make = cupy().zeros if zeros else cupy().empty
    return Shadow(
        make((n_rows, _padded(n_features, ALIGNMENT)), dtype=np.float16),
        *(make(n_rows, dtype=np.float32) for _ in range(3)),
    )


def shadow(rows: Rows, block: Block, frame: Frame, out: Shadow | None = None) -> Shadow:
    """Round the rows of a block (or its first rows, as many as `out` holds) into a shadow."""
    if out is None:
        out = empty_shadow(block.n_rows, rows.n_features)
    _round(rows.macros, block.values, rows.scale, block.inverse_norms, _NULL, frame, out)
    return out


def shadow_of_centers(centers: Centers, frame: Frame, out: Shadow | None = None) -> Shadow:
    """Round centers into a shadow, or into the first rows of a larger one."""
    if out is None:
        out = empty_shadow(*centers.working.shape)
    part = out.part(0, len(centers))
    _round({"ROW": 1, "VOIDS": 1}, centers.working, 1.0, _NULL, centers.void, frame, part)
    return out


def _round(  # noqa: PLR0913, PLR0917 - the kernel's arguments
    macros: dict[str, int],
    values: Any,  # noqa: ANN401 - device arrays
    scale: float,
    inverse_norms: Any,  # noqa: ANN401
    voids: Any,  # noqa: ANN401
    frame: Frame,
    out: Shadow,
) -> None:
    n_rows, n_padded = out.values.shape
    launch(
        kernel("shadow.cu", "shadow", **macros), -(-n_rows // (_THREADS // 32)), _THREADS,
        values, n_rows, values.shape[1], n_padded, scale, inverse_norms, voids,
        frame.origin, frame.factor, out.values.view(np.uint32), out.norms, out.lost, out.squares,
    )  # fmt: skip


def _padded(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple
