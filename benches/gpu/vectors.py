"""Vectors for the benchmarks: real ones, and many that look like them, drawn on the device.

The recipe is that of `benches/end_to_end/drawn.py`: a mixture fitted to real embeddings, each
component with its own low-rank covariance and an isotropic rest, lifted or projected to the number
of features. Here the GPU draws the rows, in blocks, so that 10,000,000 x 768 take seconds.
"""

import os
import pickle
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from benches.end_to_end import drawn

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "data" / "clinc150" / "vectors.npy"
SENTENCES = ("text/clinc150.npy", "text/stackoverflow.npy")
TOKENS = ("text/tokens100k.npy",)
BLOCK_ROWS = 1 << 20
SEED = 0


def files(folder, names):
    """Return float32 rows of files of a folder, or None where one is missing."""
    paths = [Path(folder, name) for name in names] if folder else []
    if not paths or not all(path.is_file() for path in paths):
        return None
    return np.concatenate([np.load(path) for path in paths]).astype(np.float32)


def sentences(folder):
    """Return real sentence embeddings, and their name: the example's, if there are no others."""
    found = files(folder, SENTENCES)
    if found is not None:
        return found, "sentences"
    return np.load(EXAMPLE).astype(np.float32), "example"


@cache
def mixture(folder):
    """Return the mixture that is fitted to the sentences; kept in a file for the next part."""
    X, name = sentences(folder)
    path = Path(tempfile.gettempdir(), f"fastcluster-mixture-{drawn.VERSION}-{name}-{len(X)}.pkl")
    if not path.is_file():
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(pickle.dumps(drawn.fit(X)))
        fresh.replace(path)
    return pickle.loads(path.read_bytes())


def drawn_on_device(cp, folder, n_rows, n_features, dtype="float32"):
    """Return a device array of drawn rows."""
    components = mixture(folder)
    source_features = components[0].mean.size
    weights = np.array([component.n_rows for component in components], dtype=np.float64)
    on_host, generator = np.random.default_rng(SEED), cp.random.default_rng(SEED)
    change = None
    if n_features != source_features:
        change = cp.asarray(drawn.change_of_features(source_features, n_features, SEED))
    out = cp.empty((n_rows, n_features), dtype=dtype)
    for start in range(0, n_rows, BLOCK_ROWS):
        n = min(BLOCK_ROWS, n_rows - start)
        counts = on_host.multinomial(n, weights / weights.sum())
        rows = _rows(cp, generator, components, counts)
        if change is not None:
            rows = rows @ change
        if n_features > source_features:
            noise = generator.standard_normal(rows.shape, dtype=np.float32)
            rows += np.float32(drawn.WIDE_NOISE / np.sqrt(n_features)) * noise
        mixed = cp.argsort(generator.random(n))
        out[start : start + n] = rows[mixed]
    return out


def _rows(cp, generator, components, counts):
    rows = cp.empty((int(counts.sum()), components[0].mean.size), dtype=np.float32)
    first = 0
    for component, count in zip(components, counts, strict=True):
        here = rows[first : first + int(count)]
        along = generator.standard_normal((len(here), len(component.directions)), dtype=np.float32)
        here[...] = generator.standard_normal(here.shape, dtype=np.float32)
        here *= np.float32(component.rest)
        here += along @ cp.asarray(component.directions)
        here += cp.asarray(component.mean)
        first += int(count)
    return rows


def some_rows(cp, X, count, seed=SEED):
    """Return `count` different rows of a device array: the same for every engine."""
    chosen = np.sort(np.random.default_rng(seed).choice(len(X), count, replace=False))
    return cp.ascontiguousarray(X[cp.asarray(chosen)])
