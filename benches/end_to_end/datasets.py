"""The vectors: made once, the same for every engine."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benches.end_to_end import drawn
from benches.end_to_end.cases import DataSource

__all__ = ["Vectors", "default_folder", "load"]

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "data" / "clinc150" / "vectors.npy"
SENTENCES = ("text/clinc150.npy", "text/stackoverflow.npy")
"""What drawn vectors are to look like, where it is there."""


@dataclass(frozen=True)
class Vectors:
    """Rows to cluster, and what to say of them in the report."""

    data: NDArray[np.float32]
    """C-contiguous, shape (n_samples, n_features)."""
    source: str
    """"files", "examples", "mixture", "drawn from ..." or the name of the user's file."""


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
    rows_max = min(filter(None, (rows_max, source.rows_max)), default=None)
    if source.mixture:
        return Vectors(_mixture(**source.mixture)[:rows_max], "mixture")
    if source.drawn:
        return _drawn(folder, rows_max, **source.drawn)
    paths, name = ([file], file.name) if file else _files(source.files, folder)
    parts = [np.load(path, mmap_mode="r") for path in paths]
    if any(part.ndim != 2 for part in parts):
        raise ValueError(f"{name}: the vectors must be a 2-d array, got {parts[0].ndim}-d")
    rows = np.concatenate([np.asarray(part[:rows_max], dtype=np.float32) for part in parts])
    return Vectors(np.ascontiguousarray(rows[:rows_max]), name)


def _files(names: tuple[str, ...], folder: Path | None) -> tuple[list[Path], str]:
    """Return the files and what to call them: the examples, where one of the files is missing."""
    paths = [folder / name for name in names] if folder else []
    if paths and all(path.is_file() for path in paths):
        return paths, "files"
    return [EXAMPLE], "examples"


def _drawn(folder: Path | None, rows_max: int | None, n_samples: int, n_features: int) -> Vectors:
    """Return vectors drawn to look like the sentences, from the cache if they are there."""
    paths, name = _files(SENTENCES, folder)
    n_samples = min(n_samples, rows_max or n_samples)
    path = drawn.cached(paths, n_samples, n_features)
    return Vectors(np.load(path), f"drawn from {name}")


def _mixture(
    n_samples: int, n_features: int, n_blobs: int, spread: int = 2, noise_percent: int = 0
) -> NDArray[np.float32]:
    """Draw normal blobs of spread 1 around means of another spread, and noise over all of them.

    Around means of spread 2 they overlap, so k-means has work; far apart they are dense regions.
    """
    draw = np.random.default_rng(0)
    means = draw.normal(scale=float(spread), size=(n_blobs, n_features))
    rows = means[draw.integers(n_blobs, size=n_samples)] + draw.normal(size=(n_samples, n_features))
    if noise_percent:
        noise = np.flatnonzero(draw.random(n_samples) < noise_percent / 100)
        rows[noise] = draw.uniform(rows.min(axis=0), rows.max(axis=0), (len(noise), n_features))
    return rows.astype(np.float32)
