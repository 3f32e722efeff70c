"""DBSCAN on a GPU: the labels of the CPU, from tiles of 16-bit products.

# Steps
Tiles over the upper triangle of all pairs become one bit a pair (`_near.py`). The bits are read
three times: to sum up what each row's neighbours weigh, which says what is core; to unite core
neighbours; to find the first cluster near each row that is not core. Unions may come in any order:
a set's root is its least row at the end, and roots met in row order number the clusters.

# Cost
n²·d float16 operations while the bits fit in memory, three times that where they do not; 2·d bytes
a row for the shadow, on top of the rows themselves, which have to lie on the GPU.

# Source
Jaiganesh and Burtscher 2018, doi:10.1145/3208040.3208041, for unions without locks; that they may
take the place of a search: Patwary et al. 2012, doi:10.1109/SC.2012.9.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fastcluster._backend.gpu.density._dbscan_weights import Weights
from fastcluster._backend.gpu.density._triangle import Triangle, parts
from fastcluster._backend.gpu.rows._rows import BLOCK_ROWS, Rows
from fastcluster._backend.gpu.rows._whole import all_rows, dense, of_one_dtype, room
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._device import use_device
from fastcluster._backend.gpu.runtime._kernels import kernel, launch
from fastcluster._backend.gpu.runtime._limits import left_of
from fastcluster._backend.gpu.scores._near import Near, Side, side_of, tile_bytes, warps
from fastcluster._backend.gpu.scores._shadow import frame_of, shadow_bytes
from fastcluster._results import DbscanResult
from fastcluster._typing import Matrix, Metric

__all__ = ["GpuDbscan"]

_MOST: Final = 2**53
"""Larger counts are no different: no sum of weights of one reaches them."""

_NONE: Final = 2**31 - 1
"""More than any row or label."""

_ROW_BYTES: Final = 96
"""What a row takes beside itself and its shadow: what it and its neighbours weigh, sets, bands."""

_THREADS: Final = 256
_GROUP: Final = 16
"""As GROUP in union.cu."""


class GpuDbscan:
    """What `GpuBackend` does for DBSCAN: of vectors, under the metrics that are computed here."""

    __slots__ = ()

    device: int

    def dbscan(
        self,
        vectors: Matrix,
        *,
        eps: float,
        min_samples: int,
        sample_weight: NDArray[np.float64] | None,
        metric: Metric,
        memory_limit: int | None,
    ) -> DbscanResult:
        """Cluster vectors; the result is in host memory.

        Raises
        ------
        MemoryError
            If all but the bits of the pairs takes more than `memory_limit` on the GPU.
        """
        budget = left_of(memory_limit, _needed(dense(vectors, "DBSCAN")))
        with use_device(self.device):
            rows, block = all_rows(vectors, cosine=metric == "cosine", what="DBSCAN")
            weights = Weights(min(int(min_samples), _MOST), sample_weight)
            frame = frame_of(rows)
            near = Near(rows, float(eps), frame, rows.n_rows)
            side = side_of(rows, block, frame, float(eps))
            return _clusters(Triangle(near, side, room(budget)), near, side, weights)

    def dbscan_predict(
        self,
        vectors: Matrix,
        components: Matrix,
        labels: NDArray[np.int64],
        *,
        eps: float,
        metric: Metric,
    ) -> NDArray[np.intp]:
        """Return the smallest label among the components within eps of each row, in host memory."""
        with use_device(self.device) as cp:
            cosine = metric == "cosine"
            new, old = of_one_dtype(vectors, components, what="DBSCAN")
            cores, block = all_rows(old, cosine=cosine, what="DBSCAN")
            rows = Rows.of(new, cosine=cosine)
            rows, cores = rows.including(cores.largest), cores.including(rows.largest)
            frame = frame_of(cores)
            near = Near(rows, float(eps), frame, max(rows.n_rows, cores.n_rows))
            found = []
            columns = side_of(cores, block, frame, float(eps))
            values = cp.asarray(np.asarray(labels, dtype=np.int32))
            for block in rows.blocks(BLOCK_ROWS):
                one = side_of(rows, block, frame, float(eps))
                found.append(_least(near, one, columns, values).get())
            least = np.concatenate(found).astype(np.intp)
            return np.where(least == _NONE, -1, least)


def _needed(vectors: Any) -> int:  # noqa: ANN401 - a CuPy or NumPy array
    """Return the bytes that a fit takes on the GPU with no bits of pairs kept."""
    n_rows, n_features = vectors.shape
    uploaded: int = vectors.nbytes if isinstance(vectors, np.ndarray) else 0
    kept: int = n_rows * (_ROW_BYTES + shadow_bytes(n_features))
    return uploaded + kept + tile_bytes(n_rows)


def _clusters(triangle: Triangle, near: Near, side: Side, weights: Weights) -> DbscanResult:
    cp = cupy()
    n = side.n_rows
    cores = _cores(triangle, near, n, weights)
    parents, roots = cp.arange(n, dtype="int32"), cp.empty(n, dtype="int32")
    least = cp.full(n, _NONE, dtype="int32")
    flags = cp.asarray(cores.astype(np.uint8))
    if cores.any():
        triangle.visit(_consumer("unite", near.side, flags, parents))
    launch(kernel("union.cu", "flatten"), -(-n // _THREADS), _THREADS, parents, n, roots)
    if cores.any() and not cores.all():
        triangle.visit(_consumer("border", near.side, flags, roots, least))
    return DbscanResult(
        labels=_labels(cores, roots.get(), least.get()), core_sample_indices=np.flatnonzero(cores)
    )


def _cores(triangle: Triangle, near: Near, n: int, weights: Weights) -> NDArray[np.bool_]:
    """Return which rows are core."""
    cp = cupy()
    own = np.ones((1, n), dtype=np.int64) if weights.parts is None else weights.parts
    units = cp.asarray(own)
    # Every row is its own neighbour.
    sums = units.copy()

    def weigh(bits: Any, tiles: Any, n_tiles: int) -> None:  # noqa: ANN401 - device arrays
        strips = near.side // 32
        n_warps = n_tiles * strips * -(-strips // _GROUP)
        for name in ("weigh_rows", "weigh_columns"):
            function = kernel("union.cu", name, WEIGHTED=int(weights.parts is not None))
            launch(
                function, -(-n_warps * 32 // _THREADS), _THREADS,
                bits, tiles, n_tiles, near.side, units, n, sums,
            )  # fmt: skip

    triangle.visit(weigh)
    return weights.suffice(sums.get())


def _labels(
    cores: NDArray[np.bool_], roots: NDArray[np.int32], least: NDArray[np.int32]
) -> NDArray[np.intp]:
    """Give clusters numbers by their roots, which are their first core rows."""
    numbers = np.cumsum(cores & (roots == np.arange(len(roots)))) - 1
    labels = np.full(len(cores), -1, dtype=np.intp)
    labels[cores] = numbers[roots[cores]]
    border = ~cores & (least != _NONE)
    labels[border] = numbers[least[border]]
    return labels


def _least(near: Near, one: Side, other: Side, values: Any) -> Any:  # noqa: ANN401 - device arrays
    """Return the least value among the columns near each row, _NONE where there are none."""
    cp = cupy()
    least = cp.full(one.n_rows, _NONE, dtype="int32")
    bits = cp.empty(near.words, dtype="uint32")
    consumer = _consumer("least_of_columns", near.side, values, least)
    rows = [(start, one.part(start, stop)) for start, stop in parts(one.n_rows, near.side)]
    columns = [(start, other.part(start, stop)) for start, stop in parts(other.n_rows, near.side)]
    pairs = [(row, column) for row in rows for column in columns]
    starts = cp.asarray(np.array([(row[0], column[0]) for row, column in pairs], dtype=np.int64))
    for tile, ((_, row), (_, column)) in enumerate(pairs):
        near.decide(row, column, -near.side, bits)
        consumer(bits, starts[tile:], 1)
    return least


def _consumer(name: str, side: int, *args: Any) -> Callable[[Any, Any, int], None]:  # noqa: ANN401
    """Return what starts a kernel of `union.cu`, of which every warp takes a square."""
    function = kernel("union.cu", name)

    def start(bits: Any, tiles: Any, n_tiles: int) -> None:  # noqa: ANN401 - device arrays
        n_threads = n_tiles * warps(side) * 32
        launch(function, -(-n_threads // _THREADS), _THREADS, bits, tiles, n_tiles, side, *args)

    return start
