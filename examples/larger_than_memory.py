"""Mini-batch k-means on a file that is mapped, not loaded, and on blocks that arrive one by one.

A mapped file is read once in order to check it, then in blocks at random places, and once in order
for the labels. Whoever can read a stream only once hands its blocks to `partial_fit`.

usage: python examples/larger_than_memory.py [N_ROWS]     (default 100,000)
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

import fastcluster as fc

DATA = Path(__file__).parent / "data" / "clinc150"


def write_noisy_copies(path, source, n_rows):
    """Write n_rows vectors, block by block: rows of `source` with a little noise."""
    rng = np.random.default_rng(0)
    out = np.lib.format.open_memmap(path, "w+", np.float16, (n_rows, source.shape[1]))
    for start in range(0, n_rows, 8192):
        rows = rng.integers(len(source), size=min(8192, n_rows - start))
        noise = rng.standard_normal((len(rows), source.shape[1]), dtype=np.float32)
        out[start : start + len(rows)] = source[rows] + 0.01 * noise
    out.flush()


def blocks(path, n_rows=4096):
    """Yield a file's rows in order, some at a time: any iterator of arrays would do."""
    vectors = np.load(path, mmap_mode="r")
    for start in range(0, len(vectors), n_rows):
        yield vectors[start : start + n_rows]


n_rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "vectors.npy"
    write_noisy_copies(path, np.load(DATA / "vectors.npy"), n_rows)

    vectors = np.load(path, mmap_mode="r")
    model = fc.MiniBatchKMeans(n_clusters=150, batch_size=4096, random_state=0).fit(vectors)
    print(f"{n_rows:,} rows, {path.stat().st_size / 1e6:.0f} MB on disk: {model.n_steps_} steps")
    print(f"mean squared distance to the center: {model.inertia_ / n_rows:.4f}")

    model = fc.MiniBatchKMeans(n_clusters=150, compute_labels=False, random_state=0)
    for block in blocks(path):
        model.partial_fit(block)
    print(f"from {model.n_steps_} blocks in one pass: {-model.score(vectors) / n_rows:.4f}")
    del vectors  # so that the folder can be removed everywhere
