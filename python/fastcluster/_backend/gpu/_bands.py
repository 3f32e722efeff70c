"""How far a score may be from the truth: the proof that labels, neighbours and pairs are exact.

For a row y and a column z (a center, or another row) in one frame, with float16 shadows x̂ and ẑ, the
kernels have ŝ = n + t, n the float32 of ‖z‖² and t the product −2x̂·ẑ as cuBLAS gives it. The truth is
S = factor²·D − ‖y‖², D being the float64 distance that defines the answer, with its own rounding. Then

    |S − ŝ| <= E(x, j) = reach_j · (slope_x + 2⁻²⁰ · reach_j) + floor_x,

    slope_x = 2·lost_x + rate·norm_x      `band_slope(lost, norm, rate)` in common.cuh
    floor_x = 2⁻²¹·(norm_x + lost_x)² + 2⁻¹⁰⁰      `band_floor(lost, norm)`
    E without floor      `band(slope, reach)`

and the same holds of |factor²·D − (ŝ + squares_x)|, squares_x being the row's float32 of ‖y‖²: for
thresholds. `reach_j` and `rate` are those of the columns. Any of these may be infinite, never NaN.
"""

from dataclasses import dataclass
from typing import Any

from fastcluster._backend.gpu._shadow import Shadow

__all__ = ["Columns", "columns"]


@dataclass(frozen=True)
class Columns:
    """What rows are scored against: a shadow with the constants of its bands.

    Attributes
    ----------
    values : device array of float16 of shape (n, d8)
        The shadow's.
    squares : device array of float32 of shape (n,)
        The shadow's, finite: n in the scores.
    reach : device array of float32 of shape (n,)
        Positive; infinite where nothing can be said.
    rate : device array of float32 of shape (1,)
        The same for all columns.
    """

    values: Any
    squares: Any
    reach: Any
    rate: Any

    def part(self, start: int, stop: int) -> "Columns":
        """Return a view of some of the columns."""
        return Columns(
            self.values[start:stop], self.squares[start:stop], self.reach[start:stop], self.rate
        )


def columns(shadow: Shadow) -> Columns:
    """Derive the constants of the bands; one launch, nothing is read to the host."""
    raise NotImplementedError
