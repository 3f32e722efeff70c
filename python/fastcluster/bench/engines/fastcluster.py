"""The library whose benchmarks these are."""

import hashlib
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import fastcluster
from fastcluster import _core as core  # noqa: TID251 - the record says which kernels ran
from fastcluster.bench.contract import NotAvailable, Outcome, Settings, Start, Vectors
from fastcluster.bench.engines._settings import given
from fastcluster.cluster import KMeans, MiniBatchKMeans, nearest_centroids

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
    """Do nothing: the tasks pass `n_jobs`."""
    return nullcontext(None)


def assign(X: Vectors, centers: Start, settings: Settings) -> Outcome:
    """Find the nearest center of each row, and the distance to it."""
    _, indices = nearest_centroids(X, centers, n_jobs=settings.n_threads)
    return Outcome(indices[:, 0])


def lloyd(X: Vectors, centers: Start, settings: Settings) -> Outcome:
    """Fit from the given start."""
    return _fitted(KMeans, X, settings, init=centers)


def fit(X: Vectors, centers: Start, settings: Settings) -> Outcome:
    """Fit with every default."""
    return _fitted(KMeans, X, settings)


def hierarchical(X: Vectors, centers: Start, settings: Settings) -> Outcome:
    """Fit the hierarchical form, where this version has one, with every default."""
    try:
        return _fitted(KMeans, X, settings, algorithm="hierarchical")
    except ValueError as error:
        if "'algorithm'" not in str(error):
            raise
        raise NotAvailable("this version has no KMeans(algorithm='hierarchical')") from error


def minibatch(X: Vectors, centers: Start, settings: Settings) -> Outcome:
    """Fit mini-batch k-means with every default."""
    return _fitted(MiniBatchKMeans, X, settings)


def _fitted(
    estimator: type[KMeans | MiniBatchKMeans],
    X: Vectors,
    settings: Settings,
    **parameters: Any,  # noqa: ANN401 - any parameter of the estimator
) -> Outcome:
    asked: dict[str, Any] = given(max_iter=settings.max_iter, tol=settings.tol)
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
