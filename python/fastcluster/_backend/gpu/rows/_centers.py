"""Centers as they are published, and the same in the space in which rows are read."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from fastcluster._backend.gpu.rows._rows import CODES, Rows
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._kernels import kernel, launch

__all__ = ["BAD", "EMPTY", "MOVED", "Centers"]

EMPTY: Final = 0
BAD: Final = 1
MOVED: Final = 2
"""Places of a report: clusters without weight; a shift that lost too much; a center that moved.

`cuda/centers.cu` has the same numbers.
"""

_WARP: Final = 32


@dataclass(frozen=True)
class Centers:
    """Centers on the device; `move` changes them in place.

    Attributes
    ----------
    published : device array of float32 or float64 of shape (k, d), C-contiguous
        In the caller's space.
    working : device array of float64 of shape (k, d)
        Scaled, or normalised under cosine; always derived from the published, rounded ones, with
        the bits that the CPU's have.
    void : device array of uint8 of shape (k,)
        1 for centers of zeros under cosine, at squared distance 2 of everything.
    """

    published: Any
    working: Any
    void: Any

    @classmethod
    def of(cls, published: Any, rows: Rows) -> "Centers":  # noqa: ANN401 - a device array
        """Derive the working values of published centers, for use with `rows`."""
        cp = cupy()
        k, d = published.shape
        working, void = cp.empty((k, d)), cp.empty(k, dtype=np.uint8)
        launch(
            kernel(
                "rows.cu", "derive", ROW=CODES[published.dtype.name], COSINE=int(rows.cosine)
            ),
            -(-k // 16), 256, published, k, d, rows.scale, working, void,
        )  # fmt: skip
        return cls(published, working, void)

    def __len__(self) -> int:
        return len(self.published)

    def move(self, totals: Any, dirty: Any, report: Any, rows: Rows) -> Any:  # noqa: ANN401 - arrays
        """Publish the means of some clusters; return the squared movements in working space.

        Nothing happens where `report[EMPTY]` or `report[BAD]` is not 0, and then the movements mean
        nothing; clusters without weight stay where they are. `report[MOVED]` becomes 1 if a working
        value changed.

        Parameters
        ----------
        totals : device array of float64 of shape (k, d + 2)
            As `_update.Sums` has them.
        dirty : device array of uint8 of shape (k,)
            1 for the clusters whose means are published.
        report : device array of int64
            See above.
        rows : Rows
            The rows that were summed.
        """
        cp = cupy()
        n_centers, n_features = self.published.shape
        moved = cp.empty(n_centers)
        double = int(self.published.dtype == np.float64)
        function = kernel("centers.cu", "move_centers", COSINE=int(rows.cosine), DOUBLE=double)
        launch(
            function, n_centers, _WARP,
            totals, dirty, self.published, self.working, self.void, moved, report, rows.scale,
            n_features,
        )  # fmt: skip
        return moved
