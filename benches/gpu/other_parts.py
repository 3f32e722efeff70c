"""Parts about everything but k-means: the tests, density, silhouettes, search."""

import os
import subprocess
import sys

import numpy as np

import fastcluster as fc
from benches.gpu import peers, vectors


def tests(setting):
    """Run the tests of the GPU path on the GPU, and those that need one."""
    folder = vectors.ROOT / "tests" / "gpu"
    chosen = setting.size(folder, folder / "test_memory.py")
    real = {} if setting.tiny else {"FASTCLUSTER_TEST_GPU": "1"}
    # By name, so that a run that is cut short says what failed; a warning of a package that is
    # newer here than where the tests were written is no failure.
    command = [sys.executable, "-m", "pytest", "-v", "--tb=short", "-W", "default",
               "-m", "not slow", "-p", "no:cacheprovider", str(chosen),
               # Needs pytest's cache, and asks nothing that only a GPU answers.
               f"--ignore={folder / 'test_compile.py'}"]  # fmt: skip
    setting.measure("tests", lambda: outcome(command, os.environ | real, setting.clock.left))


def outcome(command, environment, seconds):
    """Run pytest for so many seconds; return its status, what passed, and the rest of its words."""
    try:
        done = subprocess.run(
            command, cwd=vectors.ROOT, env=environment, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=seconds, check=False,
        )  # fmt: skip
        status, words = done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        status, words = f"took more than {seconds:.0f} s", late.stdout or b""
    lines = words.decode(errors="replace").splitlines()
    others = [line for line in lines if " PASSED" not in line and " SKIPPED" not in line]
    return {"status": status, "n_passed": sum(" PASSED" in line for line in lines),
            "lines": others[:60] + others[60:][-60:]}  # fmt: skip


def dbscan(setting):
    """Time DBSCAN, and compare its labels with the CPU's on fewer rows."""
    n, d, fewer = setting.size((200_000, 768, 20_000), (300, 16, 100))
    X = setting.drawn(n, d)
    eps = setting.measure("eps", lambda: _radius(setting, X))
    if eps is None:
        return
    model = fc.DBSCAN(eps=eps, min_samples=10)
    part = setting.cp.ascontiguousarray(X[:fewer])

    def same():
        cpu = fc.DBSCAN(eps=eps, min_samples=10).fit(part.get()).labels_
        return bool(np.array_equal(cpu, _host(model.fit(part).labels_)))

    def fit():
        timed = setting.clock.median(lambda: model.fit(X))
        labels = _host(model.labels_)
        noise = float((labels < 0).mean())
        return {"shape": [n, d], **timed, "n_clusters": int(labels.max()) + 1, "noise": noise}

    setting.measure("fit", fit)
    setting.measure("labels_equal_cpu", same)


def _radius(setting, X, rank=10):
    """Return the median distance of some rows to their `rank`-th neighbour."""
    distances, _ = fc.nearest_centroids(setting.rows_of(X, min(500, len(X))), X, rank)
    return float(np.median(_host(distances)[:, -1]))


def _host(part):
    return part.get() if hasattr(part, "get") else np.asarray(part)


def silhouette(setting):
    """Time the mean silhouette, and compare it with the CPU's on fewer rows."""
    n, d, k, fewer = setting.size((200_000, 768, 100, 20_000), (300, 16, 5, 100))
    X = setting.drawn(n, d)
    centers = setting.rows_of(X, k)
    labels = fc.KMeans(k, init=centers, n_init=1, max_iter=5, tol=0.0).fit(X).labels_

    def same():
        part, some = setting.cp.ascontiguousarray(X[:fewer]), labels[:fewer]
        gpu = float(fc.metrics.silhouette_score(part, some))
        cpu = float(fc.metrics.silhouette_score(part.get(), _host(some)))
        return {"cpu": cpu, "gpu": gpu, "difference": abs(cpu - gpu)}

    def score():
        timed = setting.clock.median(lambda: fc.metrics.silhouette_score(X, labels))
        return {"shape": [n, d, k], **timed}

    setting.measure("score", score)
    setting.measure("beside_cpu", same)


def search(setting):
    """Time exact search, beside torch and FAISS."""
    n, d, n_queries, k = setting.size((1_000_000, 384, 10_000, 10), (400, 16, 50, 3))
    X = setting.drawn(n, d)
    queries = setting.rows_of(X, n_queries) + setting.cp.asarray(np.float32(1e-3))
    setting.found["shape"] = [n, d, n_queries, k]
    ours = setting.measure(
        "ours", lambda: setting.clock.median(lambda: fc.nearest_centroids(queries, X, k))
    )
    torch, reason = setting.torch()
    if torch is None or ours is None:
        setting.found["torch"] = {"absent": reason}
        return
    indices = _host(fc.nearest_centroids(queries, X, k)[1])
    x, q = torch.from_dlpack(X), torch.from_dlpack(queries)

    def beside(call):
        timed = setting.clock.median(call)
        same = float((call().cpu().numpy() == indices).mean())
        return timed | {"ratio": timed["median_s"] / ours["median_s"], "same": same}

    def plain(precision):
        torch.set_float32_matmul_precision(precision)
        return beside(lambda: peers.torch_search(torch, x, q, k))

    def flat():
        faiss, reason = peers.module("faiss")
        if faiss is None or not hasattr(faiss, "StandardGpuResources"):
            return {"absent": reason or "without GPU"}
        with peers.faiss_index(faiss, x) as index:
            return beside(lambda: index.search(q, k)[1])

    for precision in ("highest", "high"):
        setting.measure(f"torch {precision}", lambda p=precision: plain(p))
    setting.measure("faiss", flat)


PARTS = {"tests": tests, "dbscan": dbscan, "silhouette": silhouette, "search": search}
