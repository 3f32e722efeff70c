"""Where a k-means run starts: how many runs, from which centers."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from fastcluster._arrays import Vectors
from fastcluster._backend import Backend
from fastcluster._config import setting
from fastcluster._typing import ArrayLike, Metric, Start
from fastcluster._validation import array_like, check_centers, draw_seed
from fastcluster.cluster._warn import warn_user

__all__ = ["number_of_runs", "start_centers", "start_name", "starts_of_runs"]


def number_of_runs(n_init: int | str, init: object, *, auto: int, class_name: str) -> int:
    """Return how many starts are tried.

    Parameters
    ----------
    n_init : int or "auto"
        The estimator's parameter.
    init : str, callable or array-like
        The estimator's parameter. Given centers allow one run only; asking for more is worth a
        warning.
    auto : int
        What "auto" means for starts that are cheap and of mixed quality: "random" and callables.
    class_name : str
        For the warning.
    """
    if n_init == "auto":
        varied = callable(init) or (isinstance(init, str) and init == "random")
        return auto if varied else 1
    runs = int(n_init)
    if runs != 1 and array_like(init):
        warn_user(
            "Explicit initial center position passed: performing only one init in "
            f"{class_name} instead of n_init={runs}.",
            RuntimeWarning,
        )
        return 1
    return runs


def start_centers(  # noqa: PLR0913 - everything that a start depends on
    init: ArrayLike,
    vectors: Vectors,
    backend: Backend,
    *,
    n_clusters: int,
    sample_weight: NDArray[np.float64] | None,
    metric: Metric,
    random_state: object,
) -> Any:  # noqa: ANN401 - a NumPy or CuPy array
    """Return one set of start centers of shape (n_clusters, n_features), for the backend to read.

    `random_state` is an int, a RandomState or None, and is drawn from once.
    """
    if callable(init):
        return _called(init, vectors, backend, n_clusters, random_state)
    if array_like(init):
        return check_centers(init, vectors, backend, n_clusters=n_clusters, parameter="init")
    centers, _ = backend.start_centers(
        vectors.matrix,
        n_clusters=n_clusters,
        init=start_name(init),
        sample_weight=sample_weight,
        seed=draw_seed(random_state),
        metric=metric,
        memory_limit=setting("memory_limit"),
    )
    return centers


def starts_of_runs(  # noqa: PLR0913 - everything that the starts depend on
    init: ArrayLike,
    vectors: Vectors,
    backend: Backend,
    *,
    n_runs: int,
    n_clusters: int,
    sample_weight: NDArray[np.float64] | None,
    metric: Metric,
    random_state: object,
) -> Start | list[NDArray[Any]]:
    """Return the start of a fit as the core takes it: a method's name, or centers for each run."""
    if not (callable(init) or array_like(init)):
        return start_name(init)
    return [
        start_centers(
            init,
            vectors,
            backend,
            n_clusters=n_clusters,
            sample_weight=sample_weight,
            metric=metric,
            random_state=random_state,
        )
        for _ in range(n_runs)
    ]


def start_name(init: str) -> Start:
    """Return the name of a start method as a plain str; the constraints allow no other."""
    return cast("Start", str(init))


def _called(
    init: Callable[..., Any],
    vectors: Vectors,
    backend: Backend,
    n_clusters: int,
    random_state: object,
) -> Any:  # noqa: ANN401 - a NumPy or CuPy array
    data = backend.give(vectors.data)
    centers = init(data, n_clusters, random_state=check_random_state(random_state))
    return check_centers(centers, vectors, backend, n_clusters=n_clusters, parameter="init")
