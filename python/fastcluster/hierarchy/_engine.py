"""Who computes a dendrogram: the compiled core, after the checks that its input needs."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastcluster._config import setting
from fastcluster.hierarchy._condensed import check_no_nan
from fastcluster.hierarchy._typing import Dendrogram

if TYPE_CHECKING:
    from fastcluster._backend import Backend


def dendrogram(
    condensed: NDArray[np.float64], n: int, method: str, *, scratch: bool = True
) -> Dendrogram:
    """Return the dendrogram of n rows from condensed distances of n rows, in one piece.

    They are used up if `scratch`, else a copy is; single linkage needs neither. Distances may be
    infinite; NaN is refused.
    """
    if method == "single":
        check_no_nan(condensed, n)
        return backend().linkage_single(condensed, n=n)
    if scratch and condensed.flags.writeable:
        return backend().linkage(condensed, n=n, method=method)
    check_room(condensed.nbytes, "a copy of the distances, which preserve_input=False spares")
    working = np.empty_like(condensed)
    return backend().linkage_of(condensed, working, n=n, method=method)


def check_distances_fit(n: int) -> None:
    """Refuse the distances of n rows if they would pass `memory_limit`."""
    check_room(8 * (n * (n - 1) // 2), f"the distances of all pairs of {n} rows")


def check_means_fit(shape: tuple[int, ...], method: str) -> None:
    """Refuse what a dendrogram of vectors takes without their distances, if past `memory_limit`."""
    n, n_features = shape
    if method == "single":
        by_filter = 260 * n + 5 * n * n_features if n >= _FILTERED else 0
        check_room(40 * n + by_filter, f"the spanning tree of {n} rows")
        return
    last = min(n, _LAST_CLUSTERS)
    n_bytes = 300 * n + 5 * n * n_features + 8 * (last * (last - 1) // 2)
    check_room(n_bytes, f"means and neighbours of clusters of {n} rows")


_FILTERED = 256
"""Rows from which the core keeps 8-bit copies, and one of each row if some are equal."""

_LAST_CLUSTERS = 2048
"""So many clusters the core joins by the distances of all pairs of them."""


def check_room(n_bytes: int, what: str) -> None:
    """Refuse what would pass `memory_limit`."""
    if setting("memory_limit") is not None:
        from fastcluster._validation import check_memory

        check_memory(n_bytes, what)


def backend(device: str = "cpu", n_jobs: int | None = None) -> "Backend":
    """Return the backend, loaded on use."""
    from fastcluster._backend import select

    return select(device, n_jobs)


def is_kept(vectors: NDArray[Any]) -> bool:
    """Whether the core reads vectors as they are."""
    from fastcluster._arrays import KEPT_DTYPES

    return vectors.dtype in KEPT_DTYPES and vectors.dtype.isnative and vectors.flags.aligned
