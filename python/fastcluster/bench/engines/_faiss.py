"""What the two engines of FAISS share: its version, and how it is told its threads."""

from collections.abc import Iterator
from contextlib import contextmanager

import faiss
from threadpoolctl import threadpool_limits

__all__ = ["describe", "threads", "version"]


def version() -> str:
    """Return the installed version."""
    return str(faiss.__version__)


def describe() -> dict[str, str]:
    """Return what the library was compiled for and which of that it uses here."""
    return {"compile_options": faiss.get_compile_options().strip()}


@contextmanager
def threads(n_threads: int) -> Iterator[None]:
    """Set its OpenMP threads by its own function, those of its BLAS by threadpoolctl."""
    before = faiss.omp_get_max_threads()
    with threadpool_limits(n_threads, user_api="blas"):
        faiss.omp_set_num_threads(n_threads)
        try:
            yield
        finally:
            faiss.omp_set_num_threads(before)
