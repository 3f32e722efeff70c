"""Warnings that point at the user's line."""

import inspect
import warnings

__all__ = ["warn_user"]


def warn_user(message: str, category: type[Warning]) -> None:
    """Warn in the name of the first caller outside this package and scikit-learn.

    A fixed `stacklevel` would be wrong as soon as `fit` is reached through `fit_predict`, which
    scikit-learn may have wrapped.
    """
    level = 1
    frame = inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in (
        "fastcluster",
        "sklearn",
    ):
        frame = frame.f_back
        level += 1
    warnings.warn(message, category, stacklevel=level)
