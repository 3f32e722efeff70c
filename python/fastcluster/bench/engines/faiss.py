"""FAISS on the CPU: its flat index and its k-means.

`faiss.Kmeans` has no tolerance (it may stop once its objective stands still), trains on a sample
unless told otherwise, fills empty clusters by splitting large ones, and does not label the rows.
Here it trains on every row, as the others do, and its index labels the rows by the final centers;
`stages` has the time of the training alone.
"""

from time import perf_counter

import faiss

from fastcluster.bench.contract import Given, Outcome, Settings, Vectors
from fastcluster.bench.engines._faiss import describe, threads, version
from fastcluster.bench.engines._settings import fixed_iterations

__all__ = ["NAME", "assign", "describe", "lloyd", "threads", "version"]

NAME = "FAISS"


def assign(X: Vectors, centers: Given, settings: Settings) -> Outcome:
    """Put the centers into a flat index and search it; squared distances come with the labels."""
    index = faiss.IndexFlatL2(X.shape[1])
    index.add(centers)
    _, indices = index.search(X, 1)
    return Outcome(indices[:, 0])


def lloyd(X: Vectors, centers: Given, settings: Settings) -> Outcome:
    """Train from the given start on every row, then label the rows."""
    n_iter = fixed_iterations(settings, "faiss.Kmeans")
    began = perf_counter()
    model = faiss.Kmeans(
        X.shape[1],
        settings.n_clusters,
        niter=n_iter,
        seed=settings.seed,
        min_points_per_centroid=1,
        max_points_per_centroid=len(X),
    )
    model.train(X, init_centroids=centers)
    trained = perf_counter()
    _, labels = model.assign(X)
    return Outcome(labels, model.centroids, len(model.iteration_stats), {"train": trained - began})
