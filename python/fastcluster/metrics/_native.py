"""Which distances the core computes itself."""

from typing import Final

__all__ = ["NATIVE"]

NATIVE: Final = ("euclidean", "sqeuclidean", "cosine")
