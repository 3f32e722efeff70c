"""Mean and variance of the features in one read of the rows, with the bits that the CPU's have."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from fastcluster._backend.gpu.kmeans._update import RUN_ROWS, add_parts
from fastcluster._backend.gpu.rows._rows import BLOCK_ROWS, Block, Rows
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._kernels import kernel, launch
from fastcluster._backend.gpu.runtime._ordered import group_sums

__all__ = ["Moments", "distance_blocks", "summed"]

_DISTANCE_ROWS: Final = 16 * BLOCK_ROWS
"""Resident rows whose distances are kept at a time: 8 MiB."""

_PARTS_BYTES: Final = 64 << 20
"""What the sums of runs that wait to be added take together."""

_THREADS: Final = 128
"""Threads per block."""


@dataclass(frozen=True)
class Moments:
    """Mean and mean variance of the rows, scaled and normalised, unweighted.

    Attributes
    ----------
    mean : device array of float64 of shape (d,)
        In working space.
    mean_variance : float
        The mean over features of their variances, as scikit-learn's tolerance takes it.
    """

    mean: Any
    mean_variance: float

    @classmethod
    def of(cls, rows: Rows) -> "Moments":
        """Sum deviations from the first row in float64, over runs of 4,096 rows added in order."""
        cp = cupy()
        d = rows.n_features
        totals = cp.zeros((2, d))
        origin = None
        for block in rows.blocks():
            if origin is None:
                origin = _first_row(rows, block)
            _add_moments(rows, block, origin, totals)
        sums, squares = totals.get() / float(rows.n_rows)
        variances = np.maximum(squares - sums * sums, 0.0)
        return cls(origin + cp.asarray(sums), float(np.add.accumulate(variances)[-1]) / d)

    def spread(self, rows: Rows, weights: Any) -> float:  # noqa: ANN401 - a device array or None
        """Return Σ w·‖x - m‖² in working space, m the mean."""
        if weights is None and not rows.cosine:
            return self.mean_variance * float(rows.n_features) * float(rows.n_rows)
        cp = cupy()
        function = kernel("moments.cu", "distances_from", **rows.macros)
        parts = []
        for block in distance_blocks(rows):
            distances = cp.empty(block.n_rows)
            launch(
                function, -(-16 * block.n_rows // _THREADS), _THREADS,
                block.values, block.inverse_norms, self.mean, distances, rows.scale, block.n_rows,
                rows.n_features,
            )  # fmt: skip
            if weights is not None:
                distances *= weights[block.start : block.stop]
            parts.append(group_sums(distances, RUN_ROWS))
        return summed(parts)


def distance_blocks(rows: Rows) -> Iterator[Block]:
    """Yield the rows in blocks of which each has few enough to keep a distance a row."""
    return rows.blocks(_DISTANCE_ROWS if rows.is_resident else None)


def summed(parts: Sequence[Any]) -> float:
    """Return the sum of device arrays of float64, one value after the other."""
    return float(np.add.accumulate(cupy().concatenate(parts).get())[-1])


def _first_row(rows: Rows, block: Block) -> Any:  # noqa: ANN401 - a device array
    origin = cupy().empty(rows.n_features)
    launch(
        kernel("rows.cu", "widen", **rows.macros), -(-rows.n_features // _THREADS), _THREADS,
        block.values, 1, rows.n_features, rows.scale, block.inverse_norms, origin,
    )  # fmt: skip
    return origin


def _add_moments(rows: Rows, block: Block, origin: Any, totals: Any) -> None:  # noqa: ANN401
    cp, d = cupy(), rows.n_features
    function = kernel("moments.cu", "sum_moments", **rows.macros)
    size = max(_PARTS_BYTES // totals.nbytes, 1) * RUN_ROWS
    for first in range(0, block.n_rows, size):
        rest = slice(first, min(first + size, block.n_rows))
        n_rows = rest.stop - rest.start
        parts = cp.empty((-(-n_rows // RUN_ROWS), 2, d))
        norms = block.inverse_norms[rest] if rows.cosine else block.inverse_norms
        launch(
            function, (len(parts), -(-d // _THREADS)), _THREADS,
            block.values[rest], norms, origin, parts, rows.scale, n_rows, d,
        )  # fmt: skip
        add_parts(parts, totals)
