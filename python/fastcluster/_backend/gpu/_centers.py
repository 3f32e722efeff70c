"""Centers as they are published, and the same in the space in which rows are read."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from fastcluster._backend.gpu._cupy import cupy
from fastcluster._backend.gpu._kernels import kernel, launch
from fastcluster._backend.gpu._rows import CODES, Rows

__all__ = ["Centers"]


@dataclass(frozen=True)
class Centers:
    """Centers on the device.

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
