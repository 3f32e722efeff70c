"""What every score reads: vectors, and the cluster of each."""

import numpy as np
from numpy.typing import NDArray

from fastcluster._arrays import Vectors
from fastcluster._backend import Backend, select
from fastcluster._typing import ArrayLike, Device
from fastcluster._validation import check_labels, check_vectors, numbered

__all__ = ["read_clusters"]


def read_clusters(
    X: ArrayLike, labels: ArrayLike, *, n_jobs: int | None, device: Device
) -> tuple[Backend, Vectors, NDArray[np.uint32]]:
    """Return who computes, the checked vectors, and their clusters numbered without gaps."""
    backend = select(device, n_jobs, X)
    vectors = check_vectors(X, backend)
    return backend, vectors, numbered(check_labels(labels, vectors.shape[0], backend))
