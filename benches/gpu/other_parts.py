"""Parts about everything but k-means: the tests, density, silhouettes, search."""

import subprocess
import sys

import numpy as np

import fastcluster as fc
from benches.gpu import peers, vectors


def tests(setting):
    """Run the tests of the GPU path on the GPU, and those that need one."""
    folder = str(vectors.ROOT / "tests" / "gpu")
    chosen = setting.size([], [f"{folder}/test_memory.py"]) or [folder]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-m",
        "not slow",
        "-p",
        "no:cacheprovider",
        *chosen,
    ]
    environment = {} if setting.tiny else {"FASTCLUSTER_TEST_GPU": "1"}
    import os

    done = subprocess.run(
        command, cwd=vectors.ROOT, env=os.environ | environment, capture_output=True, text=True,
        timeout=setting.clock.left, check=False,
    )  # fmt: skip
    return {"status": done.returncode, "last_lines": done.stdout.splitlines()[-40:]}


def dbscan(setting):
    """Time DBSCAN, and compare its labels with the CPU's on fewer rows."""
    n, d, fewer = setting.size((200_000, 768, 20_000), (300, 16, 100))
    X = setting.drawn(n, d)
    eps = _radius(setting, X)
    model = fc.DBSCAN(eps=eps, min_samples=10)
    part = setting.cp.ascontiguousarray(X[:fewer])
    cpu, gpu = fc.DBSCAN(eps=eps, min_samples=10).fit(part.get()).labels_, model.fit(part).labels_
    timed = setting.clock.median(lambda: model.fit(X))
    labels = _host(model.labels_)
    return {
        "shape": [n, d], "eps": eps, "labels_equal_cpu": bool(np.array_equal(cpu, _host(gpu))),
        "n_clusters": int(labels.max()) + 1, "noise": float((labels < 0).mean()), "fit": timed,
    }  # fmt: skip


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
    part, some = setting.cp.ascontiguousarray(X[:fewer]), labels[:fewer]
    gpu = float(fc.metrics.silhouette_score(part, some))
    cpu = float(fc.metrics.silhouette_score(part.get(), _host(some)))
    timed = setting.clock.median(lambda: fc.metrics.silhouette_score(X, labels))
    return {
        "shape": [n, d, k],
        "cpu": cpu,
        "gpu": gpu,
        "difference": abs(cpu - gpu),
        "score": timed,
    }


def search(setting):
    """Time exact search, beside torch and FAISS."""
    n, d, n_queries, k = setting.size((1_000_000, 384, 10_000, 10), (400, 16, 50, 3))
    X = setting.drawn(n, d)
    queries = setting.rows_of(X, n_queries) + setting.cp.asarray(np.float32(1e-3))
    ours = setting.clock.median(lambda: fc.nearest_centroids(queries, X, k))
    found = {"shape": [n, d, n_queries, k], "ours": ours}
    _, indices = fc.nearest_centroids(queries, X, k)
    torch, reason = setting.torch()
    if torch is None:
        return found | {"torch": {"absent": reason}}
    x, q = torch.from_dlpack(X), torch.from_dlpack(queries)
    for precision in ("highest", "high"):
        torch.set_float32_matmul_precision(precision)
        timed = setting.clock.median(lambda: peers.torch_search(torch, x, q, k))
        same = peers.torch_search(torch, x, q, k).cpu().numpy() == _host(indices)
        found[f"torch {precision}"] = _beside(timed, ours) | {"same": float(same.mean())}
    faiss, reason = peers.module("faiss")
    if faiss is None or not hasattr(faiss, "StandardGpuResources"):
        return found | {"faiss": {"absent": reason or "without GPU"}}
    with peers.faiss_index(faiss, x) as index:
        timed = setting.clock.median(lambda: index.search(q, k))
        same = index.search(q, k)[1].cpu().numpy() == _host(indices)
    return found | {"faiss": _beside(timed, ours) | {"same": float(same.mean())}}


def _beside(timed, ours):
    return timed | {"ratio": timed["median_s"] / ours["median_s"]}


PARTS = {"tests": tests, "dbscan": dbscan, "silhouette": silhouette, "search": search}
