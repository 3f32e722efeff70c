"""FAISS's k-means with pruning, `faiss.SuperKmeans`: FAISS 1.15 and newer.

After a full first iteration it drops centers by a statistical test on a part of the features
(ADSampling), so a row may go to another center than the nearest during the training. It takes no
start centers. As with `faiss.Kmeans`, it trains on every row here, and its flat index labels the
rows by the final centers.
"""

from time import perf_counter

import faiss

from fastcluster.bench.contract import Given, NotAvailable, Outcome, Settings, Vectors
from fastcluster.bench.engines._faiss import describe, threads, version
from fastcluster.bench.engines._settings import fixed_iterations

__all__ = ["NAME", "OWN_START", "REMARKS", "describe", "lloyd", "threads", "version"]

NAME = "faiss.SuperKmeans"
OWN_START = frozenset({"lloyd"})
REMARKS = {
    "lloyd": (
        "draws its own start centers; drops centers by a statistical test from the second "
        "iteration on, so its training is approximate"
    )
}


def lloyd(X: Vectors, centers: Given, settings: Settings) -> Outcome:
    """Train on every row from a start of its own, then label the rows."""
    n_iter = fixed_iterations(settings, "faiss.SuperKmeans")
    if not hasattr(faiss, "SuperKmeans"):
        raise NotAvailable(f"FAISS {faiss.__version__} has no SuperKmeans: 1.15 is the first")
    n_features_min = 2 * faiss.SuperKMeansParameters().d_prime_min
    if X.shape[1] < n_features_min:
        raise NotAvailable(f"needs {n_features_min} features or more, got {X.shape[1]}")
    began = perf_counter()
    model = faiss.SuperKmeans(
        X.shape[1],
        settings.n_clusters,
        niter=n_iter,
        seed=settings.seed,
        min_points_per_centroid=1,
        max_points_per_centroid=len(X),
    )
    model.train(X)
    trained = perf_counter()
    _, labels = model.assign(X)
    return Outcome(labels, model.centroids, len(model.iteration_stats), {"train": trained - began})
