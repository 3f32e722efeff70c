"""Neighbourhoods under the metrics that scikit-learn computes, some rows at a time."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from fastcluster._arrays import Vectors
from fastcluster._typing import Metric

__all__ = ["Neighborhoods", "native_metric"]

_ENTRIES: Final = 2**23
"""Neighbours held at a time, at most, where the rows have no more than as many: 64 MiB."""


def native_metric(
    metric: str | Callable[..., float], p: float | None, metric_params: dict[str, Any] | None
) -> Metric | None:
    """Return the metric of the core that means the same, or None where there is none."""
    params = metric_params or {}
    if metric == "cosine" and not params:
        return "cosine"
    if metric in {"euclidean", "l2"} and not params:
        return "euclidean"
    if metric == "minkowski" and not params and p in {None, 2}:
        return "euclidean"
    if metric == "minkowski" and p is None and params == {"p": 2}:
        return "euclidean"
    return None


class Neighborhoods:
    """The rows of `vectors` within `eps` of others, by scikit-learn's `NearestNeighbors`."""

    def __init__(
        self,
        vectors: Vectors,
        *,
        eps: float,
        **parameters: Any,  # noqa: ANN401 - any parameter of the search
    ) -> None:
        from sklearn.neighbors import NearestNeighbors

        self._n_samples = vectors.shape[0]
        self._model = NearestNeighbors(radius=eps, **parameters).fit(_widened(vectors))

    def parts(self, vectors: Vectors) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.int64]]]:
        """Give the neighbourhoods of `vectors` in parts: first row, offsets, columns."""
        step = max(1, _ENTRIES // self._n_samples)
        data = _widened(vectors)
        for first in range(0, vectors.shape[0], step):
            found = self._model.radius_neighbors(data[first : first + step], return_distance=False)
            offsets = np.zeros(len(found) + 1, dtype=np.int64)
            np.cumsum([len(columns) for columns in found], out=offsets[1:])
            yield first, offsets, np.concatenate(found).astype(np.int64, copy=False)

    def least(self, vectors: Vectors, labels: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the smallest label among the neighbours of each row, -1 where there are none."""
        out = np.full(vectors.shape[0], -1, dtype=np.intp)
        for first, offsets, columns in self.parts(vectors):
            filled = np.flatnonzero(np.diff(offsets))
            if len(filled):
                out[first + filled] = np.minimum.reduceat(labels[columns], offsets[filled])
        return out


def _widened(vectors: Vectors) -> Any:  # noqa: ANN401 - a dense array or a CSR matrix
    """Return the data in a dtype that scikit-learn's neighbours take, truth values among them."""
    data = vectors.data
    if scipy.sparse.issparse(data) or data.dtype in (np.float32, np.float64):
        return data
    return data.astype(np.float64)
