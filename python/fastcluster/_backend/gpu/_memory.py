"""How much of the GPU's memory a call may take.

Everything is allocated by CuPy's current allocator. What its pool holds and does not use counts as
free; a limit that the user set on the pool holds.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from fastcluster._backend.gpu._cupy import cupy

__all__ = ["available", "shrinking"]

_SHARE: Final = 0.9
"""What of the free memory is planned with; the rest is for fragments."""

_WORKSPACE: Final = 32 << 20
"""Bytes that cuBLAS takes beside the pool, on Hopper."""

_Made = TypeVar("_Made")


def available() -> int:
    """Return how many bytes on the current device can be planned with."""
    cp = cupy()
    pool = cp.get_default_memory_pool()
    free, _ = cp.cuda.runtime.memGetInfo()
    used = pool.used_bytes()
    free += pool.total_bytes() - used
    limit = pool.get_limit()
    if limit > 0:
        free = min(free, limit - used)
    return max(int(free * _SHARE) - _WORKSPACE, 0)


def shrinking(make: Callable[[int], _Made], size: int, smallest: int, what: str) -> _Made:
    """Return make(size), or of the largest half of a half of it for which memory suffices.

    Raises
    ------
    MemoryError
        If it does not suffice for the smallest size.
    """
    cp: Any = cupy()
    while True:
        try:
            return make(size)
        except cp.cuda.memory.OutOfMemoryError as error:
            if size <= smallest:
                raise MemoryError(
                    f"the GPU has {available()} bytes to spare, which are too few for {what}\n"
                    "hint: free arrays on the GPU, raise the limit of CuPy's memory pool, or pass "
                    "device='cpu'"
                ) from error
            cp.get_default_memory_pool().free_all_blocks()
            size = max(size // 2, smallest)
