"""This library."""

import hashlib
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import fastcluster
from benches.end_to_end.contract import Outcome, Settings
from benches.end_to_end.engines._given import given
from fastcluster import KMeans, MiniBatchKMeans, nearest_centroids
from fastcluster import _core as core  # noqa: TID251 - the record says which kernels ran

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


def assign(X: NDArray[np.float32], centers: NDArray[np.float32], settings: Settings) -> Outcome:
    """Find the nearest center of each row, and the distance to it."""
    _, indices = nearest_centroids(X, centers, n_jobs=settings.n_threads)
    return Outcome(indices[:, 0])


def lloyd(X: NDArray[np.float32], centers: NDArray[np.float32], settings: Settings) -> Outcome:
    """Fit from the given start."""
    return _fitted(KMeans, X, settings, init=centers)


def fit(X: NDArray[np.float32], centers: None, settings: Settings) -> Outcome:
    """Fit with every default."""
    return _fitted(KMeans, X, settings)


def minibatch(X: NDArray[np.float32], centers: None, settings: Settings) -> Outcome:
    """Fit mini-batch k-means with every default."""
    return _fitted(MiniBatchKMeans, X, settings)


def _fitted(
    estimator: type[KMeans | MiniBatchKMeans],
    X: NDArray[np.float32],
    settings: Settings,
    **parameters: object,
) -> Outcome:
    model = estimator(
        settings.n_clusters,
        random_state=settings.seed,
        n_jobs=settings.n_threads,
        **given(max_iter=settings.max_iter, tol=settings.tol),
        **parameters,
    ).fit(X)
    return Outcome(model.labels_, model.cluster_centers_, model.n_iter_)
