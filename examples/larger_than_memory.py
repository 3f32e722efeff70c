"""A file that is mapped, not loaded: mini-batches of its rows, single blocks, exact k-means.

A mapped file is read once in order to check it. Mini-batches then read blocks at random places,
and all rows once for the labels; exact k-means reads all rows in each iteration, in order, in
bounded memory. Whoever can read a stream only once hands its blocks to `partial_fit`.

usage: python examples/larger_than_memory.py [N_ROWS]     (default 100,000)
"""

import sys
import tempfile
import threading
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


class OwnMemory:
    """The most memory of this process's own (not of mapped files) that is seen inside `with`."""

    def __enter__(self):
        self.before = self.peak = self.now()
        self.done = threading.Event()
        self.watcher = threading.Thread(target=self.watch)
        self.watcher.start()
        return self

    def __exit__(self, *error):
        self.done.set()
        self.watcher.join()

    def watch(self):
        """Note the peak until it is done."""
        while not self.done.wait(0.005):
            self.peak = max(self.peak, self.now())

    @staticmethod
    def now():
        """Return the bytes in use; 0 where the system does not tell."""
        status = Path("/proc/self/status")  # Linux only
        lines = status.read_text().splitlines() if status.exists() else []
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


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

    # About 112 bytes a row while k-means++ chooses centers; the limit also keeps the core from
    # storing the rows in 8 bits, which would be faster and take 396 bytes a row here.
    limit = 150 * n_rows + 20_000_000
    with OwnMemory() as memory, fc.config_context(memory_limit=limit):
        exact = fc.KMeans(n_clusters=150, max_iter=20, random_state=0).fit(vectors)
    print(
        f"the same of exact k-means after {exact.n_iter_} iterations: {exact.inertia_ / n_rows:.4f}"
    )
    added = (memory.peak - memory.before) / 1e6
    print(f"memory_limit {limit / 1e6:.0f} MB: the fit added {added:.0f} MB")
    del vectors  # so that the folder can be removed everywhere
