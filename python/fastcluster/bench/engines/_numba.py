"""How libraries that compile themselves with Numba are told their threads."""

from collections.abc import Iterator
from contextlib import contextmanager

import numba
from threadpoolctl import threadpool_limits

__all__ = ["threads"]


@contextmanager
def threads(n_threads: int) -> Iterator[None]:
    """Set Numba's threads by its own function (it may not have so many), others by threadpoolctl.

    Raises
    ------
    ValueError
        If Numba was started with fewer.
    """
    before = numba.get_num_threads()
    with threadpool_limits(n_threads):
        numba.set_num_threads(n_threads)
        try:
            yield
        finally:
            numba.set_num_threads(before)
