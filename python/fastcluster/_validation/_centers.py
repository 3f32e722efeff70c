"""Centers that the user passes."""

from typing import TYPE_CHECKING, Any

from sklearn.utils import check_array

from fastcluster._arrays import Vectors, as_array
from fastcluster._validation._vectors import device_rows, refuse_not_finite

if TYPE_CHECKING:
    from fastcluster._backend import Backend

__all__ = ["check_centers"]


def check_centers(
    centers: object,
    vectors: Vectors,
    backend: "Backend",
    *,
    n_clusters: int | None,
    parameter: str,
) -> Any:  # noqa: ANN401 - a NumPy or CuPy array
    """Return centers that the user passed as a new C-ordered array of the result's dtype.

    They stay in host memory or on the GPU of X. `n_clusters=None` allows any number of them.

    Raises
    ------
    ValueError
        If they are not finite, lie on another device than X, or their shape does not fit the
        clusters or the data.
    """
    held = backend.on_device(centers, parameter)
    if held is None:
        checked = check_array(
            as_array(centers),
            dtype=vectors.result_dtype,
            order="C",
            copy=True,
            input_name=parameter,
        )
    else:
        moved = device_rows(backend.vectors(held), None, parameter).converted(vectors.result_dtype)
        refuse_not_finite(moved, backend, parameter)
        checked = moved.data
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
