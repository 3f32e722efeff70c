"""FAISS on the CPU: its flat index and its k-means.

`faiss.Kmeans` has no tolerance (it may stop once its objective stands still), trains on a sample
unless told otherwise, fills empty clusters by splitting large ones, and does not label the rows.
Here it trains on every row, as the others do, and its index labels the rows by the final centers;
`stages` has the time of the training alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

import faiss
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benches.end_to_end.contract import Outcome, Settings

NAME = "FAISS"


def version() -> str:
    """Return the installed version."""
    return faiss.__version__


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


def assign(X: NDArray[np.float32], centers: NDArray[np.float32], settings: Settings) -> Outcome:
    """Put the centers into a flat index and search it; squared distances come with the labels."""
    index = faiss.IndexFlatL2(X.shape[1])
    index.add(centers)
    _, indices = index.search(X, 1)
    return Outcome(indices[:, 0])


def lloyd(X: NDArray[np.float32], centers: NDArray[np.float32], settings: Settings) -> Outcome:
    """Train from the given start on every row, then label the rows."""
    if settings.tol:
        raise ValueError(f"tol={settings.tol} must be 0: faiss.Kmeans has no tolerance")
    began = perf_counter()
    model = faiss.Kmeans(
        X.shape[1],
        settings.n_clusters,
        niter=settings.max_iter,
        seed=settings.seed,
        min_points_per_centroid=1,
        max_points_per_centroid=len(X),
    )
    model.train(X, init_centroids=centers)
    trained = perf_counter()
    _, labels = model.assign(X)
    n_iter = len(model.iteration_stats)
    return Outcome(labels, model.centroids, n_iter, {"train": trained - began})
