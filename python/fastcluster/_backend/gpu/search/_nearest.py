"""Nearest centers on the GPU."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from fastcluster._backend.gpu.rows._rows import Rows
from fastcluster._backend.gpu.runtime._device import use_device
from fastcluster._backend.gpu.scores._search import Searcher
from fastcluster._backend.gpu.scores._tiles import Targets, in_one_space
from fastcluster._backend.gpu.search._faiss import faiss_nearest
from fastcluster._config import setting
from fastcluster._typing import Metric

__all__ = ["NEIGHBORS_MAX", "GpuNearest", "check_neighbors"]

NEIGHBORS_MAX: Final = 2048
"""Neighbors of a row at most: each takes about 50 bytes of list in each of thousands of rows."""


class GpuNearest:
    """The part of the backend that searches nearest centers."""

    __slots__ = ()

    device: int
    home: str

    def nearest(
        self,
        vectors: Any,  # noqa: ANN401 - a CuPy or NumPy array
        centers: Any,  # noqa: ANN401 - a CuPy or NumPy array
        *,
        n_neighbors: int,
        metric: Metric,
    ) -> tuple[Any, Any]:
        """Return distances and indices of the nearest centers, nearest first.

        Exact, with the bits that the CPU's have, ties to the lowest index; under the setting
        `gpu_search="faiss"` FAISS searches instead, in float32. The results lie where the caller's
        arrays do.
        """
        n_neighbors = int(n_neighbors)
        check_neighbors("n_neighbors", n_neighbors)
        search = faiss_nearest if setting("gpu_search") == "faiss" else _exact
        with use_device(self.device) as cp:
            rows, others = in_one_space(vectors, centers, cosine=metric == "cosine")
            on_host = self.home == "numpy"
            shape, xp = (rows.n_rows, n_neighbors), np if on_host else cp
            distances = xp.empty(shape, dtype=np.float64 if rows.is_double else np.float32)
            indices = xp.empty(shape, dtype=np.int64)
            for part, found, columns in search(rows, others, n_neighbors):
                distances[part] = found.get() if on_host else found
                indices[part] = columns.get() if on_host else columns
        return distances, indices


def check_neighbors(name: str, n_neighbors: int) -> None:
    """Refuse more neighbors than lists of candidates are made for.

    Raises
    ------
    ValueError
        Beyond `NEIGHBORS_MAX`.
    """
    if n_neighbors > NEIGHBORS_MAX:
        raise ValueError(
            f"{name}={n_neighbors} should be <= {NEIGHBORS_MAX} on a GPU\n"
            f"hint: pass {name}={NEIGHBORS_MAX} or fewer, or device='cpu'"
        )


def _exact(rows: Rows, others: Rows, n_neighbors: int) -> Iterator[tuple[slice, Any, Any]]:
    """Yield which rows, their distances and their indices."""
    searcher = Searcher(rows, Targets.of(others), n_neighbors)
    for block in rows.blocks():
        yield (slice(block.start, block.stop), *searcher.nearest(block))
