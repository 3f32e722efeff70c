"""What every method of a fitted HDBSCAN stands on: the arrays that the fit kept."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from fastcluster._backend import Backend, select
from fastcluster._results import DensityTree, Reachability
from fastcluster._typing import Device, Metric
from fastcluster.cluster._hdbscan_distances import Distances, check_metric, native_metric
from fastcluster.cluster._hdbscan_rows import INFINITE, MISSING, Rows

__all__ = ["FitOfHDBSCAN"]


class FitOfHDBSCAN:
    """The fit of `HDBSCAN`: its parameters and `fit` are in the subclass."""

    labels_: NDArray[np.intp]

    metric: Any
    metric_params: dict[str, Any] | None
    alpha: float
    algorithm: str
    n_jobs: int | None
    device: Device

    _min_samples: int
    _training: Any
    """The finite rows of the fit as the core takes them; None where distances were given."""
    _rows: tuple[int, NDArray[np.intp] | None, NDArray[np.intp], NDArray[np.intp]]
    """How many rows there were, and the numbers of those finite, infinite and missing."""
    _reachability: dict[str, Any]
    """Columns of the tree, core distances and neighbours: arrays."""
    _density_tree: dict[str, Any]
    _stabilities: NDArray[np.float64]
    _exemplars: tuple[NDArray[np.uint32], NDArray[np.uint32]]
    """Rows and labels, label by label."""

    def _backend(self) -> Backend:
        """Return who works on the fit alone: where its labels are, or the CPU if asked for."""
        check_is_fitted(self)
        return select(self.device, self.n_jobs, None if self.device == "cpu" else self.labels_)

    def _training_for(self, backend: Backend) -> Any:  # noqa: ANN401 - a matrix
        """Return the rows of the fit where a backend reads them."""
        return (
            self._training if isinstance(self._training, tuple) else backend.moved(self._training)
        )

    def _native(self) -> Metric | None:
        return native_metric(self.metric, self.metric_params or {})

    def _distances(self, backend: Backend, *, sparse: bool) -> Distances:
        by_tree = check_metric(self.metric, self.algorithm, sparse=sparse)
        return Distances(self.metric, dict(self.metric_params or {}), by_tree, backend.n_threads)

    def _tree_of_fit(self) -> Reachability:
        check_is_fitted(self)
        return Reachability(**self._reachability)

    def _condensed(self) -> DensityTree:
        check_is_fitted(self)
        return DensityTree(**self._density_tree)

    def _n_labels(self) -> int:
        check_is_fitted(self)
        return len(self._density_tree["selected"])

    def _rows_of_fit(self) -> Rows:
        """Return where the rows of the fit stood; their vectors are not asked for."""
        check_is_fitted(self)
        n_rows, numbers, infinite, missing = self._rows
        return Rows(self._training, n_rows, numbers, infinite, missing)

    @staticmethod
    def _labels(backend: Backend, rows: Rows, labels: NDArray[np.int64]) -> NDArray[np.intp]:
        """Return labels of the finite rows as labels of all rows, as the caller gets them."""
        return backend.give(rows.spread(labels.astype(np.intp, copy=False), INFINITE, MISSING))
