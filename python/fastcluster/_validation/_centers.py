"""Centers that the user passes."""

from typing import Any

from numpy.typing import NDArray
from sklearn.utils import check_array

from fastcluster._arrays import Vectors, as_array

__all__ = ["check_centers"]


def check_centers(
    centers: object, vectors: Vectors, *, n_clusters: int | None, parameter: str
) -> NDArray[Any]:
    """Return centers that the user passed as a new C-ordered array of the result's dtype.

    `n_clusters=None` allows any number of them.

    Raises
    ------
    ValueError
        If they are not finite, or their shape does not fit the clusters or the data.
    """
    checked: NDArray[Any] = check_array(
        as_array(centers),
        dtype=vectors.result_dtype,
        order="C",
        copy=True,
        input_name=parameter,
    )
    rows, columns = checked.shape
    if n_clusters is not None and rows != n_clusters:
        raise ValueError(
            f"The shape of the initial centers {checked.shape} does not match the number of "
            f"clusters {n_clusters}.\n"
            f"hint: {parameter} needs shape ({n_clusters}, {vectors.shape[1]})"
        )
    if columns != vectors.shape[1]:
        kind = "initial centers" if n_clusters is not None else parameter
        raise ValueError(
            f"The shape of the {kind} {checked.shape} does not match the number of features of "
            f"the data {vectors.shape[1]}.\n"
            f"hint: {parameter} needs shape ({rows}, {vectors.shape[1]})"
        )
    return checked
