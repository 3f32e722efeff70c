"""The engine of the GPU path in NumPy: the same roundings, and the truth that bounds are about."""

import numpy as np

LANES = 16
HALF_MOST = 65504.0


def squared_distances(rows, centers):
    """Return the float64 distances that define answers: 16 partial sums, halved; nothing fused."""
    n, d = rows.shape
    sums = np.zeros((n, len(centers), LANES))
    for first in range(0, d, LANES):
        differences = rows[:, None, first : first + LANES] - centers[None, :, first : first + LANES]
        sums[..., : differences.shape[2]] += differences * differences
    for half in (8, 4, 2, 1):
        sums[..., :half] += sums[..., half : 2 * half]
    return sums[..., 0]


def shadow(rows, origin, factor):
    """Return x̂ in float16, cut off at the ends of its range."""
    moved = (rows - origin) * factor
    with np.errstate(over="ignore"):
        single = np.clip(moved.astype(np.float32), -HALF_MOST, HALF_MOST)
    return single.astype(np.float16)


def exact_norms(rows, origin, factor, of_rows):
    """Return ‖x̂‖, ‖y - x̂‖ and ‖y‖² in extended precision."""
    moved = (rows.astype(np.longdouble) - origin.astype(np.longdouble)) * np.longdouble(factor)
    kept = of_rows.astype(np.longdouble)
    return (
        np.sqrt((kept**2).sum(axis=1)),
        np.sqrt(((moved - kept) ** 2).sum(axis=1)),
        (moved**2).sum(axis=1),
    )


def scores(of_rows, of_columns, squares, step=None):
    """Return t + n in float32: sums over blocks of `step` products, cut off as on tensor cores."""
    rows, columns = of_rows.astype(np.float64), of_columns.astype(np.float64)
    d = rows.shape[1]
    total = np.zeros((len(rows), len(columns)), dtype=np.float32)
    for first in range(0, d, step or d):
        part = slice(first, first + (step or d))
        exact = total.astype(np.float64) + rows[:, part] @ columns[:, part].T
        total = _cut_off(exact) if step else exact.astype(np.float32)
    return np.float32(-2) * total + squares


def _cut_off(values):
    """Return float32 values towards zero, and one step less: digits of the block are lost, too."""
    single = values.astype(np.float32)
    too_large = np.abs(single.astype(np.float64)) > np.abs(values)
    single = np.where(too_large, np.nextafter(single, np.float32(0)), single)
    return np.nextafter(single, np.float32(0))


def half_widths(norms, lost, reach, rate):
    """Return E of each row and column, as common.cuh computes it, in float64."""
    norms, lost, reach = (np.asarray(part, dtype=np.float64) for part in (norms, lost, reach))
    slope = 2 * lost + rate * norms
    floor = 2.0**-21 * (norms + lost) ** 2 + 1e-30
    return reach * (slope[:, None] + 2.0**-20 * reach) + floor[:, None]
