"""Rows drawn without replacement, with probabilities in proportion to their weights.

A row waits -ln(1 - u)/w, u its own number, and the rows that wait least are such a sample. The
GPU's logarithm is not the CPU's, so the GPU only proposes: rows within a thousand roundings of the
last one that is taken are compared by the host's logarithm, which is the core's.

# Source
Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006,
doi:10.1016/j.ipl.2005.11.003.
"""

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._kernels import kernel, launch
from fastcluster._backend.gpu.runtime._random import Stream

__all__ = ["draw_rows"]

_SLACK: Final = 1e-12
"""Relative: far above the roundings of a logarithm and a division, far below how rows differ."""

_THREADS: Final = 256


def draw_rows(
    n_rows: int,
    weights: Any,  # noqa: ANN401 - a device array or None
    count: int,
    stream: Stream,
) -> NDArray[np.int64]:
    """Return different rows in the order drawn.

    Parameters
    ----------
    n_rows : int
        Rows to draw from.
    weights : device array of float64 of shape (n_rows,), or None
        None is 1 for every row. Rows without weight come last, when the others are used up, in
        random order.
    count : int
        Rows to draw, at most `n_rows`.
    stream : Stream
        Number i is row i's.
    """
    cp = cupy()
    uniforms = stream.uniform(0, n_rows)
    if weights is None:
        return _first(cp.arange(n_rows), uniforms, None, count)
    heavy = cp.flatnonzero(weights > 0.0)
    n_heavy = min(count, int(heavy.shape[0]))
    drawn = _first(heavy, uniforms[heavy], weights[heavy], n_heavy)
    if n_heavy == count:
        return drawn
    light = cp.flatnonzero(~(weights > 0.0))
    return np.concatenate([drawn, _first(light, uniforms[light], None, count - n_heavy)])


def _first(rows: Any, uniforms: Any, weights: Any, count: int) -> NDArray[np.int64]:  # noqa: ANN401
    """Return the `count` rows that wait least, in order; ties to the lower number."""
    if count == 0:
        return np.zeros(0, dtype=np.int64)
    cp = cupy()
    times = uniforms if weights is None else _waiting_times(uniforms, weights)
    if count < rows.shape[0]:
        last = times.min() if count == 1 else cp.sort(times)[count - 1]
        near = cp.flatnonzero(times <= last * (1.0 + _SLACK))
        rows, uniforms = rows[near], uniforms[near]
        weights = None if weights is None else weights[near]
    numbers = rows.get().tolist()
    waits = [-math.log(1.0 - uniform) for uniform in uniforms.get().tolist()]
    if weights is not None:
        waits = [wait / weight for wait, weight in zip(waits, weights.get().tolist(), strict=True)]
    order = sorted(range(len(numbers)), key=lambda at: (waits[at], numbers[at]))
    return np.array([numbers[at] for at in order[:count]], dtype=np.int64)


def _waiting_times(uniforms: Any, weights: Any) -> Any:  # noqa: ANN401 - device arrays
    n = uniforms.shape[0]
    out = cupy().empty(n, dtype="float64")
    blocks = -(-n // _THREADS)
    launch(kernel("random.cu", "waiting_times"), blocks, _THREADS, uniforms, weights, n, out)
    return out
