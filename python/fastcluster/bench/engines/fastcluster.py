"""The library whose benchmarks these are."""

import hashlib
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

import fastcluster
from fastcluster import _core as core  # noqa: TID251 - the record says which kernels ran
from fastcluster.bench.contract import Given, NotAvailable, Outcome, Settings, Vectors
from fastcluster.bench.engines._settings import core_mask, needed, without_none
from fastcluster.cluster import DBSCAN, HDBSCAN, KMeans, MiniBatchKMeans, nearest_centroids
from fastcluster.hierarchy import linkage as our_linkage
from fastcluster.metrics import silhouette_score

NAME = "fastcluster"


def version() -> str:
    """Return the installed version."""
    return fastcluster.__version__


def describe() -> dict[str, str]:
    """Return the instruction set in use, which FASTCLUSTER_ISA caps, and which build this is.

    The build may be of another state of the sources than the commit in the record.
    """
    digest = hashlib.sha256(Path(core.__file__).read_bytes()).hexdigest()
    return {"isa": core.isa(), "core_sha256": digest}


def threads(n_threads: int) -> AbstractContextManager[None]:
    """Set the threads of functions without `n_jobs`; the other tasks pass it."""
    return fastcluster.config_context(n_jobs=n_threads)


def assign(X: Vectors, centers: Given, settings: Settings) -> Outcome:
    """Find the nearest center of each row, and the distance to it."""
    _, indices = nearest_centroids(X, centers, n_jobs=settings.n_threads)
    return Outcome(indices[:, 0])


def lloyd(X: Vectors, centers: Given, settings: Settings) -> Outcome:
    """Fit from the given start."""
    return _fitted(KMeans, X, settings, init=centers)


def fit(X: Vectors, centers: Given, settings: Settings) -> Outcome:
    """Fit with every default."""
    return _fitted(KMeans, X, settings)


def hierarchical(X: Vectors, centers: Given, settings: Settings) -> Outcome:
    """Fit the hierarchical form, where this version has one, with every default."""
    try:
        return _fitted(KMeans, X, settings, algorithm="hierarchical")
    except ValueError as error:
        if "'algorithm'" not in str(error):
            raise
        raise NotAvailable("this version has no KMeans(algorithm='hierarchical')") from error


def minibatch(X: Vectors, centers: Given, settings: Settings) -> Outcome:
    """Fit mini-batch k-means with every default."""
    return _fitted(MiniBatchKMeans, X, settings)


def dbscan(X: Vectors, given: Given, settings: Settings) -> Outcome:
    """Label the rows."""
    model = DBSCAN(n_jobs=settings.n_threads, **settings.parameters).fit(X)
    return Outcome(model.labels_, core=core_mask(len(X), model.core_sample_indices_))


def hdbscan(X: Vectors, given: Given, settings: Settings) -> Outcome:
    """Label the rows."""
    model = HDBSCAN(n_jobs=settings.n_threads, **settings.parameters).fit(X)
    return Outcome(model.labels_)


def linkage(X: Vectors, given: Given, settings: Settings) -> Outcome:
    """Build the dendrogram of condensed distances."""
    return Outcome(values=our_linkage(needed(given), settings.parameters["method"])[:, 2])


def ward(X: Vectors, given: Given, settings: Settings) -> Outcome:
    """Build Ward's dendrogram, without the distances of all pairs."""
    return Outcome(values=our_linkage(X, "ward")[:, 2])


def silhouette(X: Vectors, given: Given, settings: Settings) -> Outcome:
    """Score the labels."""
    score = silhouette_score(X, given, n_jobs=settings.n_threads, **settings.parameters)
    return Outcome(values=np.array(score))


def _fitted(
    estimator: type[KMeans | MiniBatchKMeans],
    X: Vectors,
    settings: Settings,
    **parameters: Any,  # noqa: ANN401 - any parameter of the estimator
) -> Outcome:
    asked: dict[str, Any] = without_none(max_iter=settings.max_iter, tol=settings.tol)
    model = estimator(
        settings.n_clusters,
        random_state=settings.seed,
        n_jobs=settings.n_threads,
        **asked,
        **parameters,
    ).fit(X)
    stages, counts = _last_iteration(model, len(X))
    return Outcome(model.labels_, model.cluster_centers_, model.n_iter_, stages, counts)


def _last_iteration(
    model: KMeans | MiniBatchKMeans, n_samples: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the seconds of the last iteration, and the share of all distances that it scored.

    The rows were prepared before it, so where the share is 1 this is one whole pass on prepared
    rows, with the update of the centers.
    """
    if isinstance(model, MiniBatchKMeans) or model.n_iter_ < 2:
        return {}, {}
    seconds, scored = model.history_["seconds"], model.history_["n_scored"]
    pairs = n_samples * len(model.cluster_centers_)
    return (
        {"last_iteration": float(seconds[-1] - seconds[-2])},
        {"share_scored_last": float(scored[-1] / pairs)},
    )
