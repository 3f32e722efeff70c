"""What the machine reaches in float32: NumPy's product of large square matrices.

Its BLAS (OpenBLAS in NumPy's wheels) comes close to the rate of the processor's multiply-add units,
and libraries that find nearest centers by a matrix product cannot be faster than that. It is the
practical ceiling, somewhat below the processor's own; `cargo bench` has the rates of the kernels.
"""

import time
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from fastcluster.bench.measure import spread

__all__ = ["SIZE", "measure"]

SIZE = 4096
"""Rows and columns: three matrices of 64 MiB, and 0.1 s or more for a product on a few cores."""


def measure(n_threads: int, repeats: int, size: int = SIZE) -> dict[str, Any]:
    """Return the operations per second (two per multiply-add) of float32 matrix products."""
    generator = np.random.default_rng(0)
    a, b = (generator.standard_normal((size, size), np.float32) for _ in range(2))
    out = np.empty_like(a)
    rates = []
    with threadpool_limits(n_threads, user_api="blas"):
        np.matmul(a, b, out=out)  # the first touches the memory and starts the threads
        for _ in range(repeats):
            began = time.perf_counter()
            np.matmul(a, b, out=out)
            rates.append(2.0 * size**3 / (time.perf_counter() - began))
    return {"size": size, "blas": _blas(), "operations_per_second": rates, "rate": spread(rates)}


def _blas() -> str:
    """Return the name and version of NumPy's BLAS, as far as threadpoolctl can tell."""
    found = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    ours = [pool for pool in found if "numpy" in pool["filepath"]] or found
    if not ours:
        return "unknown"
    return " ".join(str(ours[0].get(key) or "") for key in ("internal_api", "version")).strip()
