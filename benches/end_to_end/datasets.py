"""The vectors and the start centers: made once, the same for every engine."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benches.end_to_end.cases import Case, DataSource

__all__ = ["Vectors", "default_folder", "load", "start_centers"]

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "data" / "clinc150" / "vectors.npy"
BLOCK_ROWS = 4096
"""Rows that are compared with the centers at a time: 4,096 x 1,024 float32 products are 16 MiB."""
MEANS_ITERATIONS = 3


@dataclass(frozen=True)
class Vectors:
    """Rows to cluster, and what to say of them in the report."""

    data: NDArray[np.float32]
    """C-contiguous, shape (n_samples, n_features)."""
    source: str
    """"files", "examples", "mixture" or the name of the user's file."""


def default_folder() -> Path | None:
    """Return the folder of larger data sets that may lie beside the repository."""
    folder = ROOT.parent / "shared" / "data"
    return folder if folder.is_dir() else None


def load(
    source: DataSource,
    folder: Path | None,
    *,
    file: Path | None = None,
    rows_max: int | None = None,
) -> Vectors:
    """Return at most `rows_max` vectors of a source; `file` stands in for a source of files."""
    if source.mixture:
        return Vectors(_mixture(**source.mixture)[:rows_max], "mixture")
    paths = [folder / name for name in source.files] if folder else []
    if file is not None:
        paths, name = [file], file.name
    elif paths and all(path.is_file() for path in paths):
        name = "files"
    else:
        paths, name = [EXAMPLE], "examples"
    parts = [np.load(path, mmap_mode="r") for path in paths]
    if any(part.ndim != 2 for part in parts):
        raise ValueError(f"{name}: the vectors must be a 2-d array, got {parts[0].ndim}-d")
    rows = np.concatenate([np.asarray(part[:rows_max], dtype=np.float32) for part in parts])
    return Vectors(np.ascontiguousarray(rows[:rows_max]), name)


def start_centers(X: NDArray[np.float32], case: Case, seed: int = 0) -> NDArray[np.float32] | None:
    """Return the start of a case, of shape (n_clusters, n_features), or None if it has none."""
    if case.start == "none":
        return None
    centers = X[_distinct_rows(X, case.n_clusters, seed)]
    if case.start == "means":
        for _ in range(MEANS_ITERATIONS):
            centers = _means(X, _nearest(X, centers), centers)
    return np.ascontiguousarray(centers)


def _distinct_rows(X: NDArray[np.float32], n_rows: int, seed: int) -> NDArray[np.intp]:
    """Draw rows of which no two are equal: equal start centers would leave empty clusters."""
    chosen: dict[bytes, int] = {}
    for row in np.random.default_rng(seed).permutation(len(X)):
        chosen.setdefault(X[row].tobytes(), int(row))
        if len(chosen) == n_rows:
            return np.fromiter(chosen.values(), dtype=np.intp)
    raise ValueError(f"n_clusters={n_rows} needs as many distinct rows, got {len(chosen)}")


def _nearest(X: NDArray[np.float32], centers: NDArray[np.float32]) -> NDArray[np.intp]:
    half_norms = np.square(centers).sum(axis=1) / 2
    blocks = [X[first : first + BLOCK_ROWS] for first in range(0, len(X), BLOCK_ROWS)]
    return np.concatenate([np.argmin(half_norms - rows @ centers.T, axis=1) for rows in blocks])


def _means(
    X: NDArray[np.float32], labels: NDArray[np.intp], centers: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the mean of each cluster; an empty one keeps its center."""
    counts = np.bincount(labels, minlength=len(centers))
    order = np.argsort(labels, kind="stable")
    filled = np.flatnonzero(counts)
    firsts = np.concatenate([[0], np.cumsum(counts)[:-1]])[filled]
    means = centers.copy()
    means[filled] = np.add.reduceat(X[order], firsts, axis=0) / counts[filled, np.newaxis]
    return means


def _mixture(n_samples: int, n_features: int, n_blobs: int) -> NDArray[np.float32]:
    """Draw normal blobs of spread 1 around means of spread 2: they overlap, so k-means has work."""
    draw = np.random.default_rng(0)
    means = draw.normal(scale=2.0, size=(n_blobs, n_features))
    rows = means[draw.integers(n_blobs, size=n_samples)] + draw.normal(size=(n_samples, n_features))
    return rows.astype(np.float32)
