"""Names for the types that cross module borders."""

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Algorithm",
    "ArrayLike",
    "Csr",
    "Device",
    "DistanceName",
    "Matrix",
    "Metric",
    "OnEvent",
    "RandomState",
    "RowOf",
    "Sampling",
    "Start",
]

ArrayLike: TypeAlias = Any
"""What users pass as vectors, weights or centers: arrays, tensors, frames, sparse matrices."""

RandomState: TypeAlias = int | np.random.RandomState | None
"""scikit-learn's `random_state`."""

Metric: TypeAlias = Literal["euclidean", "cosine"]
DistanceName: TypeAlias = Literal["euclidean", "sqeuclidean", "cosine"]
"""What scores of clusterings are computed from."""

Device: TypeAlias = Literal["auto", "cpu", "cuda"]

Csr: TypeAlias = tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int64], tuple[int, int]]
"""A sparse matrix as the core takes it: data, indices, indptr, shape."""

Matrix: TypeAlias = NDArray[Any] | Csr
"""What the core takes: a dense array of a kept dtype, or a sparse matrix in parts."""

Start: TypeAlias = Literal["k-means++", "k-means||", "random"]
"""The start methods that the core knows by name."""

Sampling: TypeAlias = Literal["rows", "blocks"]
"""What mini-batch k-means shuffles: single rows, or blocks of neighbours."""

Algorithm: TypeAlias = Literal["lloyd", "hierarchical"]
"""What the core runs; scikit-learn's "elkan" is "lloyd" here."""

OnEvent: TypeAlias = Callable[[str, int, int, float, float], None]
"""Called by a long run with (kind, run, step, a, b); what a and b are depends on the kind."""

RowOf: TypeAlias = Callable[[int], NDArray[np.float64]]
"""Computes the distances from one row to all rows."""
