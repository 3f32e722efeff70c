"""Whether answers to k-means are right: the harness's own inertia and labels, in float64."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LabelCheck", "check_labels", "inertia"]

BLOCK_ROWS = 2048
"""Rows that are widened at a time: 2,048 x 1,024 float64 distances are 16 MiB."""
SAMPLE_ROWS = 5000
TIE = 1e-12
"""Two distances closer than this share of the row's are a tie: float64 cannot tell them apart."""
BAND = 1e-9
"""Share of the squared norms within which the product form may be wrong, with room to spare."""
FLOAT32_ROUNDING = 1e-6
"""Share of the squared norms below which a wrong label is what float32 arithmetic cannot avoid."""


@dataclass(frozen=True)
class LabelCheck:
    """How many labels were compared with a brute force, and how many name a farther center."""

    n_checked: int
    n_wrong: int
    largest_excess: float
    """How much farther the worst of them is: squared distance over squared norms of row and center.

    Below `FLOAT32_ROUNDING` it tells two centers apart that float32 arithmetic may not.
    """


def inertia(X: NDArray[Any], labels: NDArray[Any], centers: NDArray[Any]) -> float:
    """Return the sum of squared distances from the rows to the centers that their labels name."""
    wide = centers.astype(np.float64)
    total = 0.0
    for first in range(0, len(X), BLOCK_ROWS):
        rows = slice(first, first + BLOCK_ROWS)
        difference = X[rows].astype(np.float64) - wide[labels[rows]]
        total += float(np.einsum("ij,ij->", difference, difference))
    return total


def check_labels(
    X: NDArray[Any], labels: NDArray[Any], centers: NDArray[Any], n_rows: int = SAMPLE_ROWS
) -> LabelCheck:
    """Compare the labels of a sample of rows with a float64 brute force.

    A label counts as wrong when another center is nearer by more than float64 rounding; which of
    two equally near centers it names is not judged here.
    """
    n_rows = min(n_rows, len(X))
    sample = np.sort(np.random.default_rng(0).choice(len(X), n_rows, replace=False))
    wide = centers.astype(np.float64)
    excesses: list[float] = []
    for first in range(0, n_rows, BLOCK_ROWS):
        rows = sample[first : first + BLOCK_ROWS]
        excesses += _excesses(X[rows].astype(np.float64), labels[rows], wide)
    return LabelCheck(n_rows, len(excesses), max(excesses, default=0.0))


def _excesses(
    X: NDArray[np.float64], labels: NDArray[Any], centers: NDArray[np.float64]
) -> list[float]:
    """Return how much farther than the nearest center the labels are, for those that are wrong.

    The product form finds the rows that have rivals; the difference form judges those.
    """
    row_norms = np.square(X).sum(axis=1)
    center_norms = np.square(centers).sum(axis=1)
    distances = row_norms[:, np.newaxis] + center_norms - 2.0 * (X @ centers.T)
    band = BAND * (row_norms + center_norms.max())
    near = distances <= (distances.min(axis=1) + band)[:, np.newaxis]
    near[np.arange(len(X)), labels] = True
    excesses = []
    for row in np.flatnonzero(near.sum(axis=1) > 1):
        candidates = np.flatnonzero(near[row])
        exact = np.square(centers[candidates] - X[row]).sum(axis=1)
        own, best = float(exact[candidates == labels[row]][0]), float(exact.min())
        if own > best * (1.0 + TIE):
            scale = float(row_norms[row] + center_norms[labels[row]])
            excesses.append((own - best) / scale)
    return excesses
