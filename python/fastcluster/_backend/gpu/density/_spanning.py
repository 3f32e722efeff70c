"""The exact lightest tree under mutual reachability: Borůvka's algorithm over tiles of scores.

In each round every part finds its lightest edge to another part. The lists of nearest neighbors
give most of them: an edge that is not listed is at least as long as the last listed one, so a row
is searched only where that is no more than the lightest listed edge of its part. The search reads
tiles of float16 scores, refuses pairs by a proven bound and weighs what is left in float64. The
parts are joined on the host, in time linear in the rows; there are at most log2 of the rows rounds.

Source: Borůvka's algorithm as in doi:10.1016/S0012-365X(00)00224-7; mutual reachability is
Campello, Moulavi and Sander's, doi:10.1007/978-3-642-37456-2_14; the bound by listed neighbors is
ours.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fastcluster._backend.gpu.density._parts import Edges, Parts
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._kernels import kernel, launch
from fastcluster._backend.gpu.scores._tiles import TILE, WARP_THREADS, Scores, Targets, warp_blocks

__all__ = ["Spanning"]

_SOURCE: Final = "spanning.cu"
_NONE: Final = np.uint32(0xFFFFFFFF)
"""No row, as the kernels say it."""


class Spanning:
    """Finds the lightest tree of rows.

    Parameters
    ----------
    targets : Targets
        The rows.
    lists : device array of uint32 of shape (n_rows, n_listed)
        The nearest others of each row, nearest first, at least one.
    distances : device array of float64 of shape (n_rows, n_listed)
        Their distances in the caller's units.
    cores : ndarray of float64 of shape (n_rows,)
        The core distance of each row.
    alpha : float
        What distances are divided by.
    tile : tuple of int
        Rows and columns of a tile. No result depends on it.

    Attributes
    ----------
    n_searched : int
        Rows that were searched beyond their lists, so far, once for each round.
    """

    def __init__(
        self,
        targets: Targets,
        lists: Any,  # noqa: ANN401 - a device array
        distances: Any,  # noqa: ANN401 - a device array
        *,
        cores: NDArray[np.float64],
        alpha: float,
        tile: tuple[int, int] = TILE,
    ) -> None:
        n, n_listed = lists.shape
        self._targets, self._lists, self._distances = targets, lists, distances
        self._cores, self._alpha = cores, float(alpha)
        self._device_cores = cupy().asarray(cores)
        # A row that lists all others has no edge beyond its list.
        farthest = distances[:, -1].get() / self._alpha
        self._unlisted = np.full(n, np.inf) if n_listed == n - 1 else farthest
        self._scores = Scores(n, targets.columns, tile)
        self.n_searched = 0

    def tree(self) -> Edges:
        """Return the tree's edges, in order."""
        parts = Parts(len(self._cores))
        while parts.count > 1:
            on_device = cupy().asarray(parts.of_row)
            weights, others = self._listed(on_device)
            bounds = parts.least(weights)[parts.of_row]
            known = np.flatnonzero(others != _NONE)
            edges = Edges(known, others[known].astype(np.int64), weights[known])
            is_open = (self._unlisted <= bounds) & (self._cores <= bounds)
            searched = self._searched(np.flatnonzero(is_open), bounds, on_device)
            parts.join(Edges.joined([edges, *searched]))
        return parts.tree()

    def _listed(self, parts: Any) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:  # noqa: ANN401
        """Return the lightest edge of each row to a listed row of another part."""
        cp, (n, n_listed) = cupy(), self._lists.shape
        weights, others = cp.empty(n, dtype=np.float64), cp.empty(n, dtype=np.uint32)
        launch(
            kernel(_SOURCE, "lightest_listed", **self._targets.rows.macros),
            -(-n // WARP_THREADS), WARP_THREADS,
            self._lists, self._distances, self._device_cores, parts, self._alpha, n_listed,
            weights, others, n,
        )  # fmt: skip
        return weights.get(), others.get()

    def _searched(
        self,
        rows: NDArray[np.intp],
        bounds: NDArray[np.float64],
        parts: Any,  # noqa: ANN401 - a device array
    ) -> list[Edges]:
        """Return the lightest edge of some rows to any row of another part, within their bounds."""
        self.n_searched += len(rows)
        found = []
        for first in range(0, len(rows), self._scores.n_rows):
            picked = rows[first : first + self._scores.n_rows].astype(np.int64)
            weights, others = self._search(picked, bounds[picked], parts)
            known = others != _NONE
            edges = Edges(picked, others.astype(np.int64), weights)
            found.append(edges.taken(known))
        return found

    def _search(
        self,
        rows: NDArray[np.int64],
        bounds: NDArray[np.float64],
        parts: Any,  # noqa: ANN401 - a device array
    ) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
        """Search the rows of one tile."""
        cp, targets, n = cupy(), self._targets, len(rows)
        picked, weights = cp.asarray(rows), cp.asarray(bounds)
        others = cp.full(n, _NONE, dtype=np.uint32)
        shadow, of_rows = targets.shadow, targets.rows
        gathered, norms, lost, squares = (
            cp.take(array, picked, axis=0)
            for array in (shadow.values, shadow.norms, shadow.lost, shadow.squares)
        )
        function = kernel(_SOURCE, "lightest_edges", **of_rows.macros)
        for start, scores, columns in self._scores.tiles(gathered):
            launch(
                function, warp_blocks(n), WARP_THREADS,
                scores, columns.squares, columns.reach, columns.rate, start, len(columns.squares),
                norms, lost, squares, float(targets.frame.factor), picked,
                targets.block.values, of_rows.scale, targets.block.inverse_norms,
                of_rows.n_features, self._device_cores, parts, self._alpha, weights, others, n,
            )  # fmt: skip
        return weights.get(), others.get()
