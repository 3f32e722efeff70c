"""Many vectors that look like real embeddings, for work at a scale that no file here reaches.

A mixture: its components are k-means cells of the real vectors, each with its own low-rank
covariance and an isotropic rest, so that the spectrum, the anisotropy and the overlap are those of
the source. A random isometry lifts them to more features, a random projection lowers them to fewer.
They serve time and memory; what is said of quality needs the real vectors.

Every block of rows has its own random numbers, so fewer rows are the first of more. They are kept
outside the repository, in a folder that `FASTCLUSTER_BENCH_CACHE` names.
"""

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["Mixture", "cache_folder", "cached", "change_of_features", "draw", "fit"]

Floats = NDArray[np.float32]

N_COMPONENTS = 200
RANK = 32
"""Directions of a component that keep their own variance; the rest share one."""
CELL_ROWS_MIN = 8
"""Rows below which a cell says too little of its covariance."""
FIT_ITERATIONS = 5
BLOCK_ROWS = 65_536
WIDE_NOISE = 0.02
"""Length of what rows get in directions that the source does not have: real wide embeddings have
a little there too."""
SEED = 0
VERSION = 1
"""Of this generator: another one must not find the files of this one."""


@dataclass(frozen=True)
class Component:
    """One cell: how many rows it has, where it is, how it spreads."""

    n_rows: int
    mean: Floats
    directions: Floats
    """Shape (rank, n_features), each as long as the spread along it."""
    rest: float


Mixture = list[Component]


def cached(sources: list[Path], n_samples: int, n_features: int) -> Path:
    """Return a file of float32 vectors of this shape, drawn if it is not there yet."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:8]
    name = f"drawn-v{VERSION}-{digest}-{n_samples}x{n_features}.npy"
    path = cache_folder() / name
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    mixture = fit(np.concatenate([np.load(source) for source in sources]).astype(np.float32))
    temporary = path.with_name(f".{secrets.token_hex(4)}.tmp.npy")
    try:
        out = np.lib.format.open_memmap(temporary, "w+", np.float32, (n_samples, n_features))
        for first in range(0, n_samples, BLOCK_ROWS):
            rows = draw(mixture, first // BLOCK_ROWS, n_features)
            out[first : first + BLOCK_ROWS] = rows[: n_samples - first]
        out.flush()
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def cache_folder() -> Path:
    """Return where drawn vectors are kept: never in the repository."""
    if named := os.environ.get("FASTCLUSTER_BENCH_CACHE"):
        return Path(named)
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home, "fastcluster-bench")


def fit(X: Floats, seed: int = SEED) -> Mixture:
    """Fit the mixture to vectors of shape (n_samples, n_features)."""
    generator = np.random.default_rng(seed)
    n_components = min(N_COMPONENTS, len(X) // CELL_ROWS_MIN)
    centers = X[generator.choice(len(X), n_components, replace=False)]
    labels = _nearest(X, centers)
    for _ in range(FIT_ITERATIONS):
        for cell in np.flatnonzero(np.bincount(labels, minlength=n_components) > 1):
            centers[cell] = X[labels == cell].mean(axis=0)
        labels = _nearest(X, centers)
    cells = (X[labels == cell] for cell in range(n_components))
    return [_component(rows) for rows in cells if len(rows) >= CELL_ROWS_MIN]


def draw(mixture: Mixture, block: int, n_features: int, seed: int = SEED) -> Floats:
    """Draw one block of `BLOCK_ROWS` rows; blocks are independent of one another."""
    generator = np.random.default_rng([seed, 1 + block])
    weights = np.array([component.n_rows for component in mixture], dtype=np.float64)
    which = generator.choice(len(mixture), BLOCK_ROWS, p=weights / weights.sum())
    source_features = mixture[0].mean.size
    rows = np.empty((BLOCK_ROWS, source_features), np.float32)
    for cell in np.unique(which):
        component, here = mixture[cell], which == cell
        along = generator.standard_normal((here.sum(), len(component.directions)), np.float32)
        around = generator.standard_normal((here.sum(), source_features), np.float32)
        rows[here] = component.mean + along @ component.directions + component.rest * around
    if n_features == source_features:
        return rows
    rows = rows @ change_of_features(source_features, n_features, seed)
    if n_features > source_features:
        noise = generator.standard_normal(rows.shape, np.float32)
        rows += np.float32(WIDE_NOISE / np.sqrt(n_features)) * noise
    return rows


def _nearest(X: Floats, centers: Floats) -> NDArray[np.intp]:
    return np.argmin(np.square(centers).sum(axis=1) / 2 - X @ centers.T, axis=1)


def _component(rows: Floats) -> Component:
    mean = rows.mean(axis=0)
    _, lengths, directions = np.linalg.svd(rows - mean, full_matrices=False)
    rank = min(RANK, len(lengths))
    scaled = (lengths[:rank, np.newaxis] / np.sqrt(len(rows))) * directions[:rank]
    n_rest = max(rows.shape[1] - rank, 1)
    rest = float(np.sqrt(np.square(lengths[rank:]).sum() / len(rows) / n_rest))
    return Component(len(rows), mean, scaled.astype(np.float32), rest)


def change_of_features(n_from: int, n_to: int, seed: int) -> Floats:
    """Return an isometry into more features, or a projection to fewer that keeps mean lengths."""
    generator = np.random.default_rng([seed, 0])
    shape = (max(n_from, n_to), min(n_from, n_to))
    columns = np.linalg.qr(generator.standard_normal(shape))[0].astype(np.float32)
    if n_to > n_from:
        return np.ascontiguousarray(columns.T)
    return columns * np.float32(np.sqrt(n_from / n_to))
