"""Which of a few rows can lie nearer to each row than what it has: by float16 products.

A refill of k-means++ compares all rows with up to 64 drawn ones, of which later only one row in
hundreds is brought nearer by a draw. Products on tensor cores prove that of most pairs; the others
are left to the exact distances.

# Cost
2·d bytes a row are kept and read, 512 bytes of scores a row written and read.
"""

from typing import Any, Final

import numpy as np

from fastcluster._backend.gpu.rows._rows import BLOCK_ROWS, Rows
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._gemm import ALIGNMENT, scores
from fastcluster._backend.gpu.runtime._kernels import kernel, launch
from fastcluster._backend.gpu.runtime._memory import available
from fastcluster._backend.gpu.scores._bands import columns
from fastcluster._backend.gpu.scores._shadow import empty_shadow, frame_of, shadow, shadow_bytes

__all__ = ["Sieve"]

_FEATURES_MIN: Final = 32
"""With fewer, exact distances read about as much as scores take."""

_MEMORY_SHARE: Final = 0.5
"""Of what is free: what the shadows of all rows may take."""

_THREADS: Final = 256


class Sieve:
    """The shadows of all rows.

    Parameters
    ----------
    rows : Rows
        Read once.
    error : float
        A relative bound on the error of the distances that decide.
    """

    def __init__(self, rows: Rows, error: float) -> None:
        self._error = error
        self._frame = frame_of(rows)
        self._rows = empty_shadow(rows.n_rows, rows.n_features)
        for block in rows.blocks():
            shadow(rows, block, self._frame, self._rows.part(block.start, block.stop))

    @staticmethod
    def pays(rows: Rows, budget: int | None) -> bool:
        """Say whether it is the faster way, and `budget` or free memory suffices for it."""
        size = rows.n_rows * shadow_bytes(rows.n_features)
        return rows.n_features >= _FEATURES_MIN and size <= _MEMORY_SHARE * available(budget)

    def mark(self, drawn: Any, closest: Any, bits: Any) -> None:  # noqa: ANN401 - device arrays
        """Set bit j of each row's word where drawn row j may be nearer to it than `closest`.

        Parameters
        ----------
        drawn : device array of int64
            At most 64 rows.
        closest : device array of float32 of shape (n_rows,)
            Squared distances in working space.
        bits : device array of uint64 of shape (n_rows,)
            Overwritten.
        """
        cp = cupy()
        n_draws = len(drawn)
        # The first draws once more make up a number that products are fast with.
        n_padded = -(-n_draws // ALIGNMENT) * ALIGNMENT
        if n_padded > n_draws:
            drawn = drawn[cp.arange(n_padded) % n_draws]
        of_draws = columns(self._rows.take(drawn))
        n_rows, factor = len(bits), self._frame.factor
        found = cp.empty((min(n_rows, BLOCK_ROWS), n_padded), dtype=np.float32)
        for start in range(0, n_rows, BLOCK_ROWS):
            stop = min(start + BLOCK_ROWS, n_rows)
            of_rows = self._rows.part(start, stop)
            tile = found[: stop - start]
            scores(of_rows.values, of_draws.values, tile)
            launch(
                kernel("sieve.cu", "sieve"), -(-(stop - start) * 32 // _THREADS), _THREADS,
                tile, stop - start, n_draws, n_padded, of_draws.squares, of_draws.reach,
                of_draws.rate, of_rows.norms, of_rows.lost, of_rows.squares, closest[start:stop],
                self._error, factor * factor, bits[start:stop],
            )  # fmt: skip
