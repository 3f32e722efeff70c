"""A file that is mapped is clustered exactly within `memory_limit`: X is never copied."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fastcluster as fc

STATUS = Path("/proc/self/status")

PROGRAM = """
import sys, threading
import numpy as np
import fastcluster as fc

def own_bytes():
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("RssAnon"))
    return int(line.split()[1]) * 1024

path, limit, parameters = sys.argv[1], int(sys.argv[2]), eval(sys.argv[3])
X = np.load(path, mmap_mode="r")
warm_up = np.arange(16384, dtype=np.float32).reshape(-1, 4)
fc.KMeans(2, max_iter=1, random_state=0).fit(warm_up)
before, peak, done = own_bytes(), 0, threading.Event()

def watch():
    global peak
    while not done.wait(0.001):
        peak = max(peak, own_bytes())

watcher = threading.Thread(target=watch, daemon=True)  # an error ends the process all the same
watcher.start()
with fc.config_context(memory_limit=limit):
    model = fc.KMeans(random_state=0, **parameters).fit(X)
done.set()
watcher.join()
print(peak - before, model.inertia_.hex())
"""

MIB = 2**20
SLACK = 8 * MIB
"""What the interpreter, the allocator and the threads' stacks take at their own pace."""


def write(path, n_samples, n_features, dtype):
    out = np.lib.format.open_memmap(path, "w+", dtype, (n_samples, n_features))
    rng = np.random.default_rng(0)
    middles = rng.normal(size=(40, n_features))
    for start in range(0, n_samples, 8192):
        count = min(8192, n_samples - start)
        noise = rng.standard_normal((count, n_features), dtype=np.float32)
        out[start : start + count] = middles[rng.integers(40, size=count)] + 0.3 * noise
    out.flush()


def assert_bounded(path, limit, parameters):
    """Fit the file in a process of its own and compare with a fit of the array in memory."""
    program = [sys.executable, "-c", PROGRAM, str(path), str(limit), repr(parameters)]
    done = subprocess.run(program, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    added, inertia = done.stdout.split()
    X = np.load(path)
    assert limit + SLACK < X.nbytes * 0.75, "a copy of X must not pass for bounded"
    assert int(added) < limit + SLACK
    assert float.fromhex(inertia) == fc.KMeans(random_state=0, **parameters).fit(X).inertia_


needs_proc = pytest.mark.skipif(not STATUS.exists(), reason="reads /proc")


@needs_proc
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("init", ["k-means++", "k-means||", "random"])
def test_a_small_file_within_a_tight_limit(tmp_path, dtype, init):
    path = tmp_path / "X.npy"
    write(path, 40_000, 256, dtype)
    assert_bounded(path, 8 * MIB, {"n_clusters": 30, "init": init, "n_init": 1, "max_iter": 3})


@needs_proc
@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["lloyd", "hierarchical"])
def test_a_large_file_within_a_tight_limit(tmp_path, algorithm):
    path = tmp_path / "X.npy"
    write(path, 300_000, 256, np.float32)
    n_clusters = 100 if algorithm == "lloyd" else 400
    # k-means++ copies a sample of 32,768 rows.
    limit = (84 if algorithm == "lloyd" else 64) * MIB
    assert_bounded(path, limit, {"n_clusters": n_clusters, "algorithm": algorithm, "max_iter": 3})


def test_a_conversion_beyond_the_limit_is_refused(tmp_path):
    path = tmp_path / "X.npy"
    np.save(path, np.arange(40_000, dtype=np.int32).reshape(-1, 4))
    X = np.load(path, mmap_mode="r")
    with fc.config_context(memory_limit="100kB"):
        with pytest.raises(
            MemoryError, match=r"memory_limit=100000 bytes .*320000.*<i4[\s\S]*hint"
        ):
            fc.KMeans(2).fit(X)
        with pytest.raises(MemoryError, match=r"memory_limit=100000 bytes .*160000"):
            fc.KMeans(2).fit(X[:5000].astype(">f8"))
        # A small part may be converted.
        assert fc.nearest_centroids(X[:2500], X[:2])[1].shape == (2500, 1)
