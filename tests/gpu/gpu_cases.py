"""Rows for the tests of the GPU path, and the parts of its backend that are under test."""

import gc

import numpy as np


def blobs(n, d, *, seed=0, dtype=np.float32, spread=0.3):
    """Rows around a few random points."""
    rng = np.random.default_rng(seed)
    middles = rng.normal(size=(6, d))
    rows = middles[rng.integers(0, 6, n)] + spread * rng.normal(size=(n, d))
    if np.issubdtype(dtype, np.integer):
        return np.clip(np.round(rows * 20 + 60), 0, 120).astype(dtype)
    return rows.astype(dtype)


def some_weights(n, *, seed=0):
    """Weights, some of them zero."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(n) < 0.1, 0.0, rng.gamma(0.7, size=n))


def backend():
    """Return the seeding and mini-batch methods of the GPU backend."""
    from fastcluster._backend.gpu.kmeans._minibatch import GpuMiniBatch
    from fastcluster._backend.gpu.kmeans._seeding import GpuSeeding

    class Backend(GpuSeeding, GpuMiniBatch):
        device = 0

    return Backend()


def leave(n_bytes):
    """Let so many bytes of the device be left; what the pool kept unused is given back first."""
    import cupy

    gc.collect()
    pool = cupy.get_default_memory_pool()
    pool.free_all_blocks()
    pool.set_limit(size=pool.total_bytes() + n_bytes)
