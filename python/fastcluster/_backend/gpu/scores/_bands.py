"""How far a score may be from the truth: the proof that labels, neighbours and pairs are exact.

For a row and a column (a center, or another row) let y and z be their working values in one frame
(`_shadow`), x̂ and ẑ their float16 shadows. The products give ŝ = n + t, in float32: n is the
column's `squares`, the float32 of ‖z‖², and t is -2·x̂·ẑ as cuBLAS sums it. The truth is
S = factor²·D - ‖y‖², D being the float64 distance that defines the answer, its own roundings
included. Then

    |S - ŝ| <= E = reach · (slope + 2⁻²⁰ · reach) + floor,

where reach belongs to the column, slope = 2·lost + rate·norm and floor = 2⁻²¹·(norm + lost)² +
1e-30 to the row, and rate to all columns. In common.cuh: `band_slope`, `band_floor`, `band` (E
without the floor). The same holds of |factor²·D - (ŝ + squares)| with the row's own squares: for
thresholds.

Term by term, `norm` >= ‖x̂‖ and `lost` >= ‖y - x̂‖ being the row's:

1. Shadows. y·z - x̂·ẑ = (y - x̂)·z + x̂·(z - ẑ), twice in S: at most 2·lost·‖z‖ + 2·norm·lost_j. The
   column's loss is lost_j <= loss · reach by the choice of reach = max(‖z‖, ‖ẑ‖, lost_j / loss), so
   these are at most reach · (2·lost + 2·loss·norm). `loss` is the largest lost_j / ‖z‖ among the
   columns, but at most 2⁻¹¹: a column that lost more (values beyond float16's range, or far below
   the others') gets a longer reach, and the others' bands stay narrow.
2. Sums of products, which are exact. Tensor cores add blocks of at least 4 products to a sum,
   cutting digits off below 2⁻²³ of the largest term: (4 + 2)·2⁻²³ a block of Σ|x̂_i·ẑ_i| <= norm ·
   reach, so less than d8 · 2⁻²² in all, for any order of the sum; -2·x̂·ẑ twice that. Sums of
   float32 are well below. (doi:10.7717/peerj-cs.330 measured the units; `d8 + 16` leaves room for
   splits of the sum.)
3. n is ‖z‖² within 2⁻²³ of it, for both the sum in float64 and the rounding: 2⁻²³ · reach².
4. Adding, subtracting and comparing in float32: at most four operations, each 2⁻²⁴ of
   |n| + |t| + E <= reach² + 2·norm·reach + E. With 3. this is below 2⁻²⁰·(reach² + norm·reach) and
   2⁻²⁰ of E, which the factors of `band_slope` and `reach` hold.
5. With the row's squares: 2⁻²³·‖y‖², and one more addition: below 2⁻²¹·(norm + lost)².
6. D is a float64 sum, off by at most (d/16 + 12)·2⁻⁵² of it, and factor²·‖w - c‖² is at most
   2‖y‖² + 2‖z‖². For d < 2³² that is below 2⁻²² of both squares: in the reserves of 4. and 5.
   Underflow of its squares, below 2⁻¹⁰⁷⁴ · d · factor², is far below 1e-30.
7. A center without direction has D = 2 by definition, for rows of norm 1 (within d · 2⁻⁵⁰), where
   ‖w - 0‖² = 1: its n is factor² more than ‖z‖², z = -factor · origin, and as ‖z‖² is computed with
   w = 0, S = n - 2y·z as for the others.

Slope, reach and floor are rounded up, by factors that exceed what computing them can lose. Any may
be infinite (rows and columns far out of the frame), none is NaN: then E is infinite, and nothing is
proved.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._kernels import kernel, launch
from fastcluster._backend.gpu.scores._shadow import Shadow

__all__ = ["Columns", "columns"]

_THREADS: Final = 1024


@dataclass(frozen=True)
class Columns:
    """What rows are scored against: a shadow with the constants of its bands.

    Attributes
    ----------
    values : device array of float16 of shape (n, d8)
        The shadow's.
    squares : device array of float32 of shape (n,)
        The shadow's, cut off at 1e37: n in the scores.
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
    cp = cupy()
    n_columns, n_padded = shadow.values.shape
    squares, reach = (cp.empty(n_columns, dtype=np.float32) for _ in range(2))
    rate = cp.empty(1, dtype=np.float32)
    launch(
        kernel("shadow.cu", "bands"), 1, _THREADS,
        n_columns, n_padded, shadow.norms, shadow.lost, shadow.squares, squares, reach, rate,
    )  # fmt: skip
    return Columns(shadow.values, squares, reach, rate)
