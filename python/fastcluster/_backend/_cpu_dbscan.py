"""DBSCAN on the compiled core."""

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastcluster import _core
from fastcluster._results import DbscanResult
from fastcluster._typing import Matrix, Metric

__all__ = ["CpuDbscan"]

_MOST: Final = 2**53
"""Larger counts are no different: no sum of weights of one reaches them."""

Neighborhoods: TypeAlias = Iterator[tuple[int, NDArray[np.int64], NDArray[np.int64]]]
"""Parts of all neighbourhoods: their first row, offsets into the columns, columns."""


class CpuDbscan:
    """What `CpuBackend` does for DBSCAN."""

    __slots__ = ()

    n_threads: int

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
        """Cluster vectors."""
        fit = _core.dbscan_fit(
            vectors,
            eps=float(eps),
            min_samples=min(int(min_samples), _MOST),
            sample_weight=sample_weight,
            metric=metric,
            n_threads=self.n_threads,
            memory_limit=memory_limit,
        )
        return _result(fit)

    def dbscan_precomputed(
        self,
        distances: Matrix,
        *,
        eps: float,
        min_samples: int,
        sample_weight: NDArray[np.float64] | None,
    ) -> DbscanResult:
        """Cluster rows by their distances."""
        fit = _core.dbscan_fit_precomputed(
            distances,
            eps=float(eps),
            min_samples=min(int(min_samples), _MOST),
            sample_weight=sample_weight,
            n_threads=self.n_threads,
        )
        return _result(fit)

    def dbscan_neighborhoods(
        self,
        neighborhoods: Callable[[], Neighborhoods],
        n_samples: int,
        *,
        min_samples: int,
        sample_weight: NDArray[np.float64] | None,
        memory_limit: int | None,
    ) -> DbscanResult:
        """Cluster rows by neighbourhoods, which are asked for once or three times."""
        links = _core.DbscanLinks(
            n_samples,
            min_samples=min(int(min_samples), _MOST),
            sample_weight=sample_weight,
            n_threads=self.n_threads,
            memory_limit=memory_limit,
        )
        while True:
            for first, offsets, columns in neighborhoods():
                links.add(first, offsets, columns)
            fit = links.advance()
            if fit is not None:
                return _result(fit)

    def dbscan_predict(
        self,
        vectors: Matrix,
        components: Matrix,
        labels: NDArray[np.int64],
        *,
        eps: float,
        metric: Metric,
    ) -> NDArray[np.intp]:
        """Return the smallest label among the components within eps of each row."""
        found = _core.dbscan_predict(
            vectors, components, labels, eps=float(eps), metric=metric, n_threads=self.n_threads
        )
        return found.astype(np.intp, copy=False)

    def dbscan_predict_precomputed(
        self, distances: Matrix, core_labels: NDArray[np.int64], *, eps: float
    ) -> NDArray[np.intp]:
        """Do the same for distances to the rows of the fit, of which -1 marks those not core."""
        found = _core.dbscan_predict_precomputed(
            distances, core_labels, eps=float(eps), n_threads=self.n_threads
        )
        return found.astype(np.intp, copy=False)


def _result(fit: _core.DbscanFit) -> DbscanResult:
    return DbscanResult(
        labels=fit.labels.astype(np.intp, copy=False),
        core_sample_indices=fit.core_sample_indices.astype(np.intp, copy=False),
    )
