"""Sums of float64 on the GPU in the order of the values, with the bits of a plain loop.

# Cost
Additions that wait for each other take about 5 ns each: 5 ms for a million values in one sum; sums
of groups run side by side.
"""

from typing import Any, Final

from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._kernels import kernel, launch

__all__ = ["cumulated", "group_sums", "ordered_sum"]

_WARPS: Final = 4
"""Groups that one block of threads sums."""


def group_sums(values: Any, group: int, out: Any = None) -> Any:  # noqa: ANN401 - device arrays
    """Return the sum of each `group` float64 values in a row; the last group may be shorter."""
    n = values.shape[0]
    n_groups = -(-n // group)
    if out is None:
        out = cupy().empty(n_groups)
    launch(
        kernel("ordered.cu", "group_sums"),
        -(-n_groups // _WARPS),
        32 * _WARPS,
        values,
        n,
        group,
        out,
    )
    return out


def ordered_sum(values: Any, out: Any = None) -> Any:  # noqa: ANN401 - device arrays
    """Return the sum of float64 values as a device array of shape (1,)."""
    return group_sums(values, max(1, values.shape[0]), out)


def cumulated(values: Any) -> Any:  # noqa: ANN401 - device arrays
    """Return the sum of the float64 values up to each."""
    n = values.shape[0]
    out = cupy().empty(n)
    launch(kernel("ordered.cu", "cumulated"), 1 if n else 0, 32, values, n, out)
    return out
