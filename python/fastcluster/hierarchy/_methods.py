"""The linkage methods, by name."""

from typing import Final, get_args

from fastcluster.hierarchy._errors import UnknownNameError
from fastcluster.hierarchy._typing import Method

mthidx: Final = {name: code for code, name in enumerate(get_args(Method))}
"""Number of each method, as the older package numbers them."""

SQUARED_METHODS: Final = frozenset({"ward", "centroid", "median"})
"""Methods whose update formula is one of squared distances; meant for Euclidean distances."""

VECTOR_METHODS: Final = ("single", "centroid", "median", "ward")
"""Methods that `linkage_vector` takes."""


def check_method(method: str, allowed: tuple[str, ...] = get_args(Method)) -> None:
    """Raise unless `method` is one of `allowed`."""
    if method not in allowed:
        hint = ""
        if method in mthidx:
            hint = f"\nhint: linkage(X, method={method!r}) takes every method, from distances"
        raise UnknownNameError(f"method must be one of {', '.join(allowed)}, got {method!r}{hint}")
