"""What a trial sets, and what it leaves at the library's default."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastcluster.bench.contract import Given, Settings

__all__ = ["core_mask", "fixed_iterations", "needed", "others_within", "without_none"]


def without_none(**parameters: object) -> dict[str, object]:
    """Return the parameters that are not None."""
    return {name: value for name, value in parameters.items() if value is not None}


def fixed_iterations(settings: Settings, name: str) -> int:
    """Return the number of iterations for a library without a tolerance like scikit-learn's.

    Raises
    ------
    ValueError
        If the trial asks for a tolerance, or leaves the number of iterations open.
    """
    if settings.tol != 0 or settings.max_iter is None:
        raise ValueError(
            f"tol={settings.tol} must be 0 and max_iter={settings.max_iter} a number: "
            f"{name} has no tolerance that means the same"
        )
    return settings.max_iter


def others_within(settings: Settings) -> int:
    """Return HDBSCAN's `min_samples` for a library that does not count the row itself."""
    parameters = settings.parameters
    return int(parameters.get("min_samples") or parameters["min_cluster_size"]) - 1


def core_mask(n_samples: int, indices: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which rows are core rows, from their indices."""
    core = np.zeros(n_samples, dtype=bool)
    core[indices] = True
    return core


def needed(given: Given) -> NDArray[Any]:
    """Return what a case must give for a task; without it the case is wrong."""
    if given is None:
        raise ValueError("the case must give something beside the vectors, got none")
    return given
