"""Labels, inertia and distances of rows with given centers."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fastcluster._backend.gpu.kmeans._inertia import inertia_of
from fastcluster._backend.gpu.rows._centers import Centers
from fastcluster._backend.gpu.rows._rows import Block, Rows
from fastcluster._backend.gpu.rows._weights import weights_of
from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._device import use_device
from fastcluster._backend.gpu.runtime._kernels import kernel, launch
from fastcluster._backend.gpu.scores._assign import Assigner
from fastcluster._typing import Metric

__all__ = ["GpuAssign"]

_TABLE_BYTES: Final = 64 << 20
"""Distances on their way to host memory."""

_SIDE: Final = 16
"""Rows and centers of a block of the kernel."""


class GpuAssign:
    """What `GpuBackend` does with centers that are known."""

    __slots__ = ()

    device: int

    def assign(
        self,
        vectors: Any,  # noqa: ANN401 - a CuPy or NumPy array
        centers: Any,  # noqa: ANN401
        *,
        metric: Metric,
        sample_weight: NDArray[np.float64] | None = None,
        inertia: bool = True,
    ) -> tuple[Any, float]:
        """Return the label of each row and the inertia, NaN where it is not asked for."""
        with use_device(self.device) as cp:
            rows, aimed_at = _prepared(vectors, centers, metric)
            weights = weights_of(rows, sample_weight) if inertia else None
            assigner = Assigner(rows, len(aimed_at), keep=False)
            assigner.aim(aimed_at)
            labels = cp.empty(rows.n_rows, dtype=np.int32)
            if inertia:
                found = inertia_of(rows, assigner, labels, weights, assign=True)
                return labels, rows.to_caller(found)
            for block in rows.blocks():
                assigner.labels(block, labels[block.start : block.stop])
            return labels, float("nan")

    def transform(self, vectors: Any, centers: Any, *, metric: Metric) -> Any:  # noqa: ANN401
        """Return the distances from each row to each center, where the rows are."""
        with use_device(self.device) as cp:
            rows, aimed_at = _prepared(vectors, centers, metric)
            dtype = np.float64 if rows.is_double else np.float32
            on_host = isinstance(vectors, np.ndarray)
            out = (np if on_host else cp).empty((rows.n_rows, len(aimed_at)), dtype=dtype)
            step = max(_TABLE_BYTES // (8 * len(aimed_at)), 1)
            for block in rows.blocks():
                for start in range(0, block.n_rows, step):
                    part = block.part(start, min(start + step, block.n_rows))
                    target = out[part.start : part.stop]
                    if on_host:
                        _fill(rows, part, aimed_at, cp.empty(target.shape, dtype)).get(out=target)
                    else:
                        _fill(rows, part, aimed_at, target)
            return out


def _prepared(vectors: Any, centers: Any, metric: Metric) -> tuple[Rows, Centers]:  # noqa: ANN401
    """Return rows and centers in one working space.

    Raises
    ------
    ValueError
        If they have different numbers of features.
    """
    published = cupy().ascontiguousarray(cupy().asarray(centers))
    if published.shape[1] != vectors.shape[1]:
        raise ValueError(
            f"centers have {published.shape[1]} features, but X has {vectors.shape[1]}\n"
            "hint: pass centers of the same width as X"
        )
    rows = Rows.of(vectors, cosine=metric == "cosine").including(float(abs(published).max()))
    return rows, Centers.of(published, rows)


def _fill(rows: Rows, part: Block, centers: Centers, out: Any) -> Any:  # noqa: ANN401
    """Set `out` to the distances of the rows of a part, and return it."""
    n_centers = len(centers)
    tiles = -(-part.n_rows // _SIDE) * -(-n_centers // _SIDE)
    double = int(out.dtype == np.float64)
    launch(
        kernel("transform.cu", "transform", **rows.macros, DOUBLE=double), tiles, _SIDE * _SIDE,
        part.values, part.n_rows, rows.n_features, rows.scale, part.inverse_norms,
        centers.working, centers.void, n_centers, out,
    )  # fmt: skip
    return out
