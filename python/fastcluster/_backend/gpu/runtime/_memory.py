"""How much of the GPU's memory a call may take, and what happens where it does not suffice.

`available()` is what a call plans with; `shrinking(make, size, smallest, what)` allocates what was
planned, or half of it, and half again, where memory is short all the same: others use the GPU too,
and memory that is free need not be in one piece.

Everything is allocated by CuPy's current allocator. What its pool holds and does not use counts as
free; a limit that the user set on the pool holds. Blocks of the pool are given back to the device
only when memory has run out: it makes all other users of the device wait.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from fastcluster._backend.gpu.runtime._cupy import cupy, explained

__all__ = ["available", "shrinking"]

_SHARE: Final = 0.9
"""What of the free memory is planned with; the rest is for fragments."""

_WORKSPACE: Final = 32 << 20
"""Bytes that cuBLAS takes beside the pool, on Hopper."""

_Made = TypeVar("_Made")


def available(memory_limit: int | None = None) -> int:
    """Return how many bytes on the current device can be planned with.

    Parameters
    ----------
    memory_limit : int, optional
        Bytes that the call may take at most.
    """
    cp = cupy()
    pool = cp.get_default_memory_pool()
    free, _ = cp.cuda.runtime.memGetInfo()
    used = pool.used_bytes()
    free += pool.total_bytes() - used
    limit = pool.get_limit()
    if limit > 0:
        free = min(free, limit - used)
    planned = max(int(free * _SHARE) - _WORKSPACE, 0)
    return planned if memory_limit is None else min(planned, memory_limit)


def shrinking(make: Callable[[int], _Made], size: int, smallest: int, what: str) -> _Made:
    """Return make(size), or of the largest half of a half of it for which memory suffices.

    Parameters
    ----------
    make : callable
        Allocates for a size, all or nothing: what it allocated before it failed must be free again.
    size, smallest : int
        What is wanted, and what still works.
    what : str
        What it is for, for the message.

    Raises
    ------
    MemoryError
        If memory does not suffice for the smallest size.
    """
    cp: Any = cupy()
    while True:
        try:
            return make(size)
        except MemoryError as error:  # CuPy's is one, and so is that of another allocator
            if size <= smallest:
                raise MemoryError(
                    f"the GPU's memory does not suffice for {what} of {smallest}, with "
                    f"{available()} bytes to spare: {explained(error)}\n"
                    "hint: free arrays on the GPU, raise the limit of CuPy's memory pool, or pass "
                    "device='cpu'"
                ) from error
        # Outside of the handler: the error's traceback holds what was allocated before it.
        cp.get_default_memory_pool().free_all_blocks()
        size = max(size // 2, smallest)
