"""Sums of Euclidean distances per row and cluster, and the silhouettes that follow.

# Idea
One float16 product is too coarse for a distance, but a row can be cut into slices that are not:
about the mean of a block of columns, in units of the row's own power of two, `high` holds whole
numbers of β bits, 2β + log₂ d <= 24, so that float32 sums of their products are exact on any tensor
core in any order; `middle` has the next 11 bits and `low` what is left. Six of the nine products of
slices matter. The five small ones are one product over slices side by side, and the exact one is
added to it: Ozaki, Ogita, Oishi and Rump 2012, doi:10.1007/s11075-011-9478-1, for the slices;
Mukunoki et al. 2020, doi:10.1007/978-3-030-50743-5_12, for float16 ones on tensor cores.

# Precision
With S = ‖x‖² + ‖y‖² about the block's mean, a squared distance is off by 4·2⁻²⁴·S of float32
roundings, and by the roundings of the small products' sums, which are below 2⁻ᵝ·S: less than 2⁻²⁵·S
in practice. Pairs nearer than S/8 are computed in float64 from differences, so a distance is off by
10⁻⁶ of itself at most but for those small products, and by 10⁻⁷ typically. Sums are float64, in one
order.

# Steps
As the core's `metrics/silhouette`: columns in blocks that lie in one cluster where clusters are
large. For all rows each pair is computed once and counts for both; for some rows, or where a
float64 for every row and cluster does not fit in memory, rows are compared with all columns.

# Cost
Six times the multiply-adds of one product, in float16; 16 bytes a pair read and written in cache.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fastcluster._backend.gpu.metrics._centroids import means_of
from fastcluster._backend.gpu.metrics._clusters import Clusters, cut
from fastcluster._backend.gpu.rows._rows import Block, Rows
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._gemm import ALIGNMENT, scores
from fastcluster._backend.gpu.runtime._kernels import kernel, launch

__all__ = ["COLUMNS_MAX", "Silhouettes", "exact_bits"]

COLUMNS_MAX: Final = 4096
"""Columns of a block at most. Tiles have half as many rows: 32 MiB of distances stay in the
level-2 cache."""

_COLUMNS_MIN: Final = 128
_SLICE_BYTES: Final = 256 << 20
"""Bytes that the slices of a block may take where rows are long."""

_SLICES: Final = 6
_NEAR: Final = 0.125
_THREADS: Final = 256
_WARPS: Final = 16
"""As WARPS in silhouette.cu."""


def exact_bits(n_features: int) -> int:
    """Return the bits of whole numbers whose products float32 sums up exactly."""
    return max(0, min(11, (24 - (n_features - 1).bit_length()) // 2))


@dataclass(frozen=True)
class _Sliced:
    """Some rows in slices, about one origin."""

    order: Any
    slices: Any
    squares: Any
    units: Any

    def part(self, start: int, stop: int) -> "_Sliced":
        return _Sliced(
            self.order[start:stop],
            self.slices[start:stop],
            self.squares[start:stop],
            self.units[start:stop],
        )

    @property
    def n_rows(self) -> int:
        return int(self.order.shape[0])


class Silhouettes:
    """Euclidean silhouettes.

    Parameters
    ----------
    rows : Rows
        All rows.
    block : Block
        The same, on the device.
    clusters : Clusters
        Their clusters.
    """

    def __init__(self, rows: Rows, block: Block, clusters: Clusters) -> None:
        cp = cupy()
        self._rows, self._block, self._clusters = rows, block, clusters
        self._width = -(-rows.n_features // ALIGNMENT) * ALIGNMENT
        fitting = _SLICE_BYTES // (2 * _SLICES * self._width)
        most = max(min(COLUMNS_MAX, fitting), min(COLUMNS_MAX, _COLUMNS_MIN))
        self._tile_rows = max(most // 2, 1)
        self._blocks = cut(clusters.starts, most)
        counts = np.array([stop - start for start, stop in self._blocks], dtype=np.float64)
        zero = cp.zeros(rows.n_features, dtype="float64")
        self._origins = means_of(rows, block, clusters, self._blocks, zero, counts)
        self._columns, self._others = self._memory(most), self._memory(self._tile_rows)
        self._tile = cp.empty(self._tile_rows * most, dtype="float32")

    def of_all(self) -> NDArray[np.float64]:
        """Return the silhouettes of all rows, each pair computed once; n·k float64 of memory."""
        clusters = self._clusters
        n, k = self._rows.n_rows, clusters.n_clusters
        table = cupy().zeros((n, k), dtype="float64")
        for number, (start, stop) in enumerate(self._blocks):
            columns = self._sliced(self._columns, clusters.device_order[start:stop], number)
            for first, last in _steps(0, start, self._tile_rows):
                rows = self._sliced(self._others, clusters.device_order[first:last], number)
                tile = self._distances(rows, columns)
                self._add_rows(tile, start, table[first:last])
                self._add_columns(tile, first, table[start:stop])
            for first, last in _steps(start, stop, self._tile_rows):
                tile = self._distances(columns.part(first - start, last - start), columns)
                self._add_rows(tile, start, table[first:last])
        values = np.empty(n)
        values[clusters.order] = self._finished(table, clusters.labels_by_place)
        return values

    def of_rows(self, listed: NDArray[Any], table_bytes: int) -> NDArray[np.float64]:
        """Return the silhouettes of listed rows among all, in strips of so much memory."""
        cp = cupy()
        k = self._clusters.n_clusters
        strip = max(table_bytes // (8 * k), self._tile_rows)
        found = []
        for start, stop in _steps(0, len(listed), strip):
            order = cp.asarray(listed[start:stop].astype(np.int32))
            table = cp.zeros((stop - start, k), dtype="float64")
            self._compare(order, table)
            labels = cp.asarray(self._clusters.labels[listed[start:stop]].astype(np.int32))
            found.append(self._finished(table, labels))
        return np.concatenate(found)

    def _compare(self, order: Any, table: Any) -> None:  # noqa: ANN401 - device arrays
        """Add up the distances of some rows to all columns."""
        for number, (start, stop) in enumerate(self._blocks):
            columns = self._sliced(self._columns, self._clusters.device_order[start:stop], number)
            for first, last in _steps(0, order.shape[0], self._tile_rows):
                rows = self._sliced(self._others, order[first:last], number)
                self._add_rows(self._distances(rows, columns), start, table[first:last])

    def _memory(self, n_rows: int) -> _Sliced:
        cp = cupy()
        return _Sliced(
            cp.empty(n_rows, dtype="int32"),
            cp.empty((n_rows, _SLICES * self._width), dtype="float16"),
            cp.empty(n_rows, dtype="float32"),
            cp.empty(n_rows, dtype="float32"),
        )

    def _sliced(self, memory: _Sliced, order: Any, block: int) -> _Sliced:  # noqa: ANN401
        """Cut rows into slices about the mean of a block."""
        n = int(order.shape[0])
        out = memory.part(0, n)
        launch(
            kernel("silhouette.cu", "slice", **self._rows.macros),
            -(-n * 32 // _THREADS),
            _THREADS,
            self._block.values, order, n, self._rows.n_features, float(self._rows.scale),
            self._origins[block], exact_bits(self._rows.n_features), self._width,
            out.slices, out.squares, out.units,
        )  # fmt: skip
        return _Sliced(order, out.slices, out.squares, out.units)

    def _distances(self, rows: _Sliced, columns: _Sliced) -> Any:  # noqa: ANN401 - a device array
        """Return the distances of a tile; its memory is used again by the next."""
        m, n, width = rows.n_rows, columns.n_rows, self._width
        tile = self._tile[: m * n].reshape(m, n)
        scores(rows.slices[:, : 5 * width], columns.slices[:, width:], tile)
        high = slice(width, 2 * width)
        scores(rows.slices[:, high], columns.slices[:, high], tile, add=True)
        n_warps = -(-m // 32) * -(-n // 32)
        launch(
            kernel("silhouette.cu", "distances", **self._rows.macros),
            -(-n_warps * 32 // _THREADS),
            _THREADS,
            tile, self._block.values, rows.order, m, rows.squares, rows.units,
            columns.order, n, columns.squares, columns.units,
            self._rows.n_features, float(self._rows.scale), _NEAR,
        )  # fmt: skip
        return tile

    def _add_rows(self, tile: Any, first_column: int, table: Any) -> None:  # noqa: ANN401
        m, n = tile.shape
        clusters = self._clusters
        launch(
            kernel("silhouette.cu", "add_rows"),
            -(-m * 32 // _THREADS),
            _THREADS,
            tile, m, first_column, n, clusters.labels_by_place, clusters.device_starts,
            clusters.n_clusters, table,
        )  # fmt: skip

    def _add_columns(self, tile: Any, first_row: int, table: Any) -> None:  # noqa: ANN401
        m, n = tile.shape
        clusters = self._clusters
        launch(
            kernel("silhouette.cu", "add_columns"),
            -(-n // 32),
            32 * _WARPS,
            tile, first_row, m, n, clusters.labels_by_place, clusters.device_starts,
            clusters.n_clusters, table,
        )  # fmt: skip

    def _finished(self, table: Any, labels: Any) -> NDArray[np.float64]:  # noqa: ANN401
        n, k = table.shape
        out = cupy().empty(n, dtype="float64")
        launch(
            kernel("silhouette.cu", "silhouettes"),
            -(-n * 32 // _THREADS),
            _THREADS,
            table, labels, self._clusters.device_starts, n, k, out,
        )  # fmt: skip
        values: NDArray[np.float64] = out.get()
        return values


def _steps(start: int, stop: int, step: int) -> Iterator[tuple[int, int]]:
    for first in range(start, stop, step):
        yield first, min(first + step, stop)
