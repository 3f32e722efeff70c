"""What concerns an estimator as a whole: a fit that fails, a fit by scikit-learn, its output."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from numpy.typing import NDArray
from sklearn.utils._set_output import _get_output_config

__all__ = ["connected_clustering", "gives_frames", "unchanged_on_failure"]

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")
_Estimator = TypeVar("_Estimator")


def unchanged_on_failure(
    fit: Callable[Concatenate[_Estimator, _Parameters], _Result],
) -> Callable[Concatenate[_Estimator, _Parameters], _Result]:
    """Make a fit that fails, or is interrupted, leave its estimator as it was before."""

    @wraps(fit)
    def guarded(
        self: _Estimator, /, *args: _Parameters.args, **kwargs: _Parameters.kwargs
    ) -> _Result:
        before = dict(vars(self))
        try:
            return fit(self, *args, **kwargs)
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise

    return guarded


def connected_clustering(X: NDArray[Any], **parameters: Any) -> Any:  # noqa: ANN401 - its estimator
    """Return scikit-learn's own agglomerative clustering of X, whatever it is patched with."""
    from sklearn.cluster._agglomerative import AgglomerativeClustering

    return AgglomerativeClustering(**parameters).fit(X)


def gives_frames(estimator: object) -> bool:
    """Say whether `set_output` makes the result of `transform` a frame."""
    return bool(_get_output_config("transform", estimator)["dense"] != "default")
