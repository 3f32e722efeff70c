"""`linkage_batch`: the dendrograms of many small problems in one call."""

from collections.abc import Iterable
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastcluster.hierarchy._condensed import check_no_nan, n_observations, real
from fastcluster.hierarchy._engine import backend, check_distances_fit
from fastcluster.hierarchy._linkage import check_vectors, pairwise
from fastcluster.hierarchy._methods import check_method
from fastcluster.hierarchy._typing import Dendrogram, Metric

_HELD: Final = 32 * 2**20
"""Distances held at a time: 256 MiB. Problems are taken until they reach it."""


def linkage_batch(
    problems: Iterable[ArrayLike],
    method: str = "single",
    metric: Metric = "euclidean",
    *,
    n_jobs: int | None = None,
) -> list[Dendrogram]:
    """Cluster many small sets hierarchically, several at a time.

    Parameters
    ----------
    problems : iterable of array-like
        Each as X of `linkage`: condensed distances, or vectors as rows. Never modified.
    method : str, default='single'
        As in `linkage`.
    metric : str or callable, default='euclidean'
        As in `linkage`, for the problems that are vectors.
    n_jobs : int or None, default=None
        Threads. None is all permitted cores, or 1 inside a joblib worker; -1 all, -2 all but one.

    Returns
    -------
    list of ndarray of shape (n - 1, 4), float64
        The merges of each problem, as `linkage` returns them.

    Raises
    ------
    ValueError
        A problem has the wrong form, or method or metric is unknown.
    FloatingPointError
        A distance is NaN, or becomes NaN in a merge.
    MemoryError
        The distances of one problem pass `memory_limit`.

    See Also
    --------
    linkage : One problem.

    Notes
    -----
    The results are those of `linkage`, but that 'euclidean' and 'cosine' distances between vectors
    are computed here, on all threads, and may differ from SciPy's in the last bit. About 256 MiB of
    distances are held at a time, or those of one problem where they are more.

    Examples
    --------
    >>> from fastcluster.hierarchy import linkage_batch
    >>> first, second = linkage_batch([[[0.0], [1.0], [5.0]], [2.0]], method="average")
    >>> first[:, 2].tolist(), second[:, 2].tolist()
    ([1.0, 4.5], [2.0])
    """
    check_method(method)
    engine = backend(n_jobs=n_jobs)
    merges: list[Dendrogram] = []
    held: list[tuple[NDArray[np.float64], int]] = []
    for problem in problems:
        held.append(_distances(np.asarray(problem), metric, n_jobs))
        if sum(len(distances) for distances, _ in held) > _HELD:
            merges += engine.linkage_batch(held, method=method)
            held = []
    return merges + engine.linkage_batch(held, method=method)


def _distances(
    array: NDArray[Any], metric: Metric, n_jobs: int | None
) -> tuple[NDArray[np.float64], int]:
    """Return new condensed distances without NaN, and the number of rows."""
    if array.ndim == 1:
        condensed, n = real(array).copy(), n_observations(array)
    else:
        vectors = check_vectors(array)
        condensed, n = _between(vectors, metric, n_jobs), len(vectors)
    check_no_nan(condensed, n)
    return condensed, n


def _between(vectors: NDArray[Any], metric: Metric, n_jobs: int | None) -> NDArray[np.float64]:
    known = isinstance(metric, str) and metric in ("euclidean", "cosine")
    ordinary = vectors.dtype != bool and vectors.shape[1] > 0 and np.isfinite(vectors).all()
    if not (known and ordinary) or (metric == "cosine" and not vectors.any(axis=1).all()):
        return pairwise(vectors, metric)
    check_distances_fit(len(vectors))
    name: Literal["euclidean", "cosine"] = "cosine" if metric == "cosine" else "euclidean"
    return backend(n_jobs=n_jobs).distances(vectors, metric=name)
