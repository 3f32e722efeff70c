"""Classes and clusters of rows."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import _check_y, check_consistent_length

from fastcluster._arrays import Vectors

if TYPE_CHECKING:
    from fastcluster._backend import Backend

__all__ = ["check_cluster_numbers", "check_labels", "check_targets", "numbered"]


def check_targets(
    estimator: Any,  # noqa: ANN401 - any scikit-learn estimator
    y: object,
    vectors: Vectors,
    backend: "Backend",
) -> NDArray[Any]:
    """Return the classes of the rows as an array of shape (n_samples,).

    Raises
    ------
    ValueError
        If y is missing, has another length than X, or holds NaN or infinity.
    """
    if y is None:
        raise ValueError(
            f"This {type(estimator).__name__} estimator requires y to be passed, but the target y "
            "is None.\nhint: pass the class of each row"
        )
    targets: NDArray[Any] = _check_y(backend.beside(y, "y"), estimator=estimator)
    check_consistent_length(np.empty(vectors.shape[0]), targets)
    return targets


def check_labels(labels: object, n_samples: int, backend: "Backend") -> NDArray[Any]:
    """Return the labels of the rows as an array of shape (n_samples,), of any values.

    Raises
    ------
    ValueError
        If they have another length, or hold NaN or infinity.
    """
    checked: NDArray[Any] = _check_y(backend.beside(labels, "labels"))
    check_consistent_length(np.empty(n_samples), checked)
    return checked


def numbered(labels: NDArray[Any]) -> NDArray[np.uint32]:
    """Return labels as numbers from 0 without gaps, in the order of their values."""
    _, numbers = np.unique(labels, return_inverse=True)
    return numbers.astype(np.uint32)


def check_cluster_numbers(labels: object, n_samples: int, backend: "Backend") -> NDArray[np.int64]:
    """Return the number of each row's cluster, negative for noise.

    Raises
    ------
    ValueError
        If they have another length than X, or are not integers below 2**31.
    """
    checked = check_labels(labels, n_samples, backend)
    numbers = checked.astype(np.int64) if checked.dtype.kind in "iufb" else None
    if numbers is None or (numbers != checked).any() or numbers.max() >= 2**31:
        raise ValueError(
            f"labels must be integers below 2**31, got values of dtype {checked.dtype}\n"
            "hint: number the clusters from 0, and noise -1"
        )
    return numbers
