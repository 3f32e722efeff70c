"""k-means on a GPU."""

from time import perf_counter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fastcluster._backend.gpu._assign import Assigner
from fastcluster._backend.gpu._cupy import cupy
from fastcluster._backend.gpu._device import use_device
from fastcluster._backend.gpu._lloyd import Data, Fit, run
from fastcluster._backend.gpu._moments import Moments
from fastcluster._backend.gpu._rows import Rows
from fastcluster._results import KMeansResult
from fastcluster._typing import Algorithm, Matrix, Metric, OnEvent, Start
from fastcluster.exceptions import DeviceUnavailableError

__all__ = ["GpuKMeans", "device_weights"]

_HISTORY: Final = {
    "inertia": np.float64,
    "center_shift": np.float64,
    "n_changed": np.int64,
    "n_rechecked": np.int64,
    "n_scored": np.int64,
    "seconds": np.float64,
}
"""The figures of an iteration."""


class GpuKMeans:
    """The k-means methods of `GpuBackend`."""

    __slots__ = ()

    device: int
    home: str

    def kmeans(  # noqa: PLR0913 - the parameters of k-means
        self,
        vectors: Matrix,
        *,
        n_clusters: int,
        init: Start | list[NDArray[Any]],
        n_init: int,
        max_iter: int,
        tol: float,
        sample_weight: NDArray[np.float64] | None,
        seed: int,
        metric: Metric,
        algorithm: Algorithm,
        memory_limit: int | None,
        on_event: OnEvent | None,
    ) -> KMeansResult:
        """Run Lloyd's algorithm from each start and keep the best run.

        Raises
        ------
        DeviceUnavailableError
            If the hierarchical algorithm is asked for.
        """
        if algorithm == "hierarchical":
            raise DeviceUnavailableError(
                "algorithm='hierarchical' does not run on a GPU\n"
                "hint: pass algorithm='lloyd', or device='cpu' and the data in host memory"
            )
        began = perf_counter()
        with use_device(self.device):
            data, starts = prepared(...)
