"""Parts about k-means: labels, assignment, iterations, mini-batches, starts, streaming."""

import time

import numpy as np

import fastcluster as fc
from benches.gpu import peers, vectors
from benches.gpu.setting import tflops


def labels(setting):
    """Compare whole fits with the CPU's, and with themselves."""
    X, name = vectors.sentences(setting.folder)
    sets = {name: X[: setting.size(None, 400)]}
    tokens = vectors.files(setting.folder, vectors.TOKENS)
    if tokens is not None:
        sets["tokens"] = tokens[: setting.size(None, 400)]
    for k in setting.size((1024, 100, 10_000), (5, 20)):
        for name, X in sets.items():
            for metric in ("euclidean", "cosine"):
                if 2 * k <= len(X):
                    title = f"{name} {X.shape[0]}x{X.shape[1]} k={k} {metric}"
                    setting.measure(
                        title, lambda X=X, k=k, metric=metric: _same_fits(setting, X, k, metric)
                    )


def _same_fits(setting, X, k, metric):
    start = X[np.sort(np.random.default_rng(k).choice(len(X), k, replace=False))]
    model = fc.KMeans(k, init=start, n_init=1, max_iter=4, tol=0.0, metric=metric)
    on_device = setting.cp.asarray(X)
    began = time.perf_counter()
    cpu = _kept(model.set_params(device="cpu").fit(X))
    cpu_s = time.perf_counter() - began
    model.set_params(device="auto")
    fits = []
    times = [setting.clock.once(lambda: fits.append(_kept(model.fit(on_device)))) for _ in range(2)]
    same = [np.array_equal(a, b) for a, b in zip(cpu, fits[0], strict=True)]
    again = [np.array_equal(a, b) for a, b in zip(*fits, strict=True)]
    return {
        "labels_equal_cpu": same[0], "centers_equal_cpu": same[1], "inertia_equal_cpu": same[2],
        "labels_that_differ": int((cpu[0] != fits[0][0]).sum()), "two_runs_equal": all(again),
        "cpu_s": cpu_s, "gpu_s": times,
    }  # fmt: skip


def _kept(model):
    parts = (model.labels_, model.cluster_centers_, model.inertia_)
    return tuple(part.get() if hasattr(part, "get") else np.asarray(part) for part in parts)


def assignment(setting):
    """Time the labels of many rows, beside the bare products."""
    n, d, k = setting.size((10_000_000, 768, 4096), (600, 32, 16))
    setting.measure("products", lambda: _bare_products(setting, d, k))
    X = setting.drawn(n, d)
    centers = setting.rows_of(X, k)

    def rated(rows, model):
        timed = setting.clock.median(lambda: model.predict(rows))
        return {"shape": [n, d, k], **timed, "tflops": tflops(n, k, d, timed["median_s"])}

    def iteration():
        step = setting.clock.per_step(lambda m: _fit(X, centers, m), 1, 3, repeats=3)
        return step | {"tflops": tflops(n, k, d, step["step_s"])}

    model = _fit(X[: 4 * k], centers, 1)
    setting.measure("predict", lambda: rated(X, model))
    setting.measure("iteration", iteration)
    if not setting.tiny:
        setting.measure("predict float16", lambda: rated(X.astype("float16"), model))


def _fit(X, centers, max_iter, **others):
    model = fc.KMeans(len(centers), init=centers, n_init=1, max_iter=max_iter, tol=0.0, **others)
    return model.fit(X)


def _bare_products(setting, d, k):
    """Time float16 products of tiles: what the assignment can reach at best."""
    from fastcluster._backend.gpu.runtime._gemm import scores

    cp, m = setting.cp, setting.size(4096, 64)
    d = -(-d // 8) * 8
    rows, columns = (setting.drawn(size, d).astype("float16") for size in (m, k))
    out = cp.empty((m, k), dtype="float32")

    def many():
        for _ in range(20):
            scores(rows, columns, out)

    timed = setting.clock.median(many)
    return timed | {"tflops": tflops(20 * m, k, d, timed["median_s"])}


def lloyd(setting):
    """Time iterations from device memory, beside torch and flash-kmeans."""
    shapes = setting.size([(1_000_000, 128, 1024), (1_000_000, 768, 1024)], [(500, 16, 8)])
    for n, d, k in shapes:
        X = setting.drawn(n, d)
        _iterations(setting, f"{n}x{d} k={k}", X, setting.rows_of(X, k))


def _iterations(setting, title, X, centers):
    def ours():
        step = setting.clock.per_step(lambda m: _fit(X, centers, m), 1, setting.size(11, 3))
        return step | {"tflops": tflops(len(X), len(centers), X.shape[1], step["step_s"])}

    step = setting.measure(title, ours)
    torch, reason = setting.torch()
    if torch is None:
        setting.found[f"{title} torch"] = {"absent": reason}
        return
    x, start = torch.from_dlpack(X), torch.from_dlpack(centers)

    def plain(precision):
        torch.set_float32_matmul_precision(precision)
        timed = setting.clock.median(lambda: peers.torch_lloyd_step(torch, x, start))
        return timed | {"ratio": timed["median_s"] / step["step_s"] if step else None}

    def flash(rows):
        module, reason = peers.module("flash_kmeans")
        if module is None:
            return {"absent": reason}
        call = peers.flash_kmeans_call(module, rows, start.to(rows.dtype))
        timed = setting.clock.per_step(call, 1, 11)
        return timed | {"ratio": timed["step_s"] / step["step_s"] if step else None}

    for precision in ("highest", "high"):
        setting.measure(f"{title} torch {precision}", lambda p=precision: plain(p))
    setting.measure(f"{title} flash-kmeans float32", lambda: flash(x))
    setting.measure(f"{title} flash-kmeans float16", lambda: flash(x.half()))


def minibatch(setting):
    """Time steps of mini-batch k-means on the GPU and on the CPU."""
    n, d, k, size = setting.size((400_000, 768, 1024, 8192), (400, 16, 4, 100))
    X = setting.drawn(n, d)
    host, centers = X.get(), setting.rows_of(X, k)
    setting.found["shape"] = [n, d, k, size]
    setting.measure("gpu", lambda: _steps(setting, X, centers, size, setting.size(40, 4)))
    setting.measure("cpu", lambda: _steps(setting, host, centers.get(), size, setting.size(8, 2)))


def _steps(setting, X, centers, size, n_steps):
    model = fc.MiniBatchKMeans(
        len(centers), init=centers, n_init=1, batch_size=size, random_state=0
    )

    def steps():
        for step in range(n_steps):
            start = step * size % (len(X) - size + 1)
            model.partial_fit(X[start : start + size])

    timed = setting.clock.median(steps, repeats=3)
    return timed | {"step_s": timed["median_s"] / n_steps}


def starts(setting):
    """Time the choice of start centers, and one iteration with it."""
    n, d, k = setting.size((1_000_000, 384, 1024), (500, 16, 8))
    X = setting.drawn(n, d)

    def timed(init):
        model = fc.KMeans(k, init=init, n_init=1, max_iter=1, tol=0.0, random_state=0)
        return setting.clock.median(lambda: model.fit(X), repeats=3)

    for init in ("random", "k-means||", "k-means++"):
        setting.measure(init, lambda init=init: timed(init))


def streaming(setting):
    """Time iterations over host rows that pass a limit on device memory, beside the bare copy."""
    n, d, k = setting.size((8_000_000, 384, 1024), (20_000, 160, 4))
    limit = setting.size("4GiB", "18MB")
    X = setting.drawn(n, d).get()
    setting.cp.get_default_memory_pool().free_all_blocks()
    centers = X[: k * 7 : 7].copy()
    setting.found |= {"shape": [n, d, k], "limit": limit}

    def iteration():
        with fc.config_context(memory_limit=limit):
            step = setting.clock.per_step(
                lambda m: _fit(X, centers, m, device="cuda"), 1, setting.size(4, 2), repeats=3
            )
        return step | {"gb_per_s": X.nbytes / step["step_s"] / 1e9}

    def copy():
        timed = setting.clock.median(lambda: _copied(setting, X), repeats=3)
        return timed | {"gb_per_s": X.nbytes / timed["median_s"] / 1e9}

    bare, ours = setting.measure("copy", copy), setting.measure("iteration", iteration)
    if bare and ours:
        setting.measure("share", lambda: ours["gb_per_s"] / bare["gb_per_s"])


def _copied(setting, X):
    """Copy pinned memory of the same size to the device, block by block."""
    import cupyx

    cp, rows = setting.cp, min(len(X), 65_536)
    pinned = cupyx.empty_pinned((rows, X.shape[1]), X.dtype)
    device = cp.empty((rows, X.shape[1]), X.dtype)
    for start in range(0, len(X), rows):
        n = min(rows, len(X) - start)
        device[:n].set(pinned[:n])


PARTS = {
    "labels": labels,
    "assignment": assignment,
    "lloyd": lloyd,
    "minibatch": minibatch,
    "starts": starts,
    "streaming": streaming,
}
