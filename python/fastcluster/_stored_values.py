"""Python values as JSON and arrays, and back, so that what comes back is what went in.

JSON has no tuples, NaN, NumPy scalars or arrays. Each of these is an object with one key that
starts with `$`; arrays stand aside under the name that their object gives. There is no tag for
code: a function, a class or any other object is refused.
"""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from fastcluster._arrays import on_host
from fastcluster.exceptions import BundleError

__all__ = ["decode", "encode"]

_SHORT_LIST: Final = 256
"""Numbers that a list in the JSON may hold; a longer one becomes an array."""

_CSR_PARTS: Final = ("data", "indices", "indptr")

_LAST_CODE_POINT: Final = 0x10FFFF

_WRONG_CONTENT: Final = (
    AttributeError,
    LookupError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What a decoder runs into where the content is not what `encode` made."""


def encode(name: str, value: object, arrays: dict[str, NDArray[Any]]) -> object:
    """Return the JSON form of a value, and put its arrays into `arrays`.

    Parameters
    ----------
    name : str
        What the value is called: names its arrays, and stands in the error.
    value : object
        None, bool, int, float, str, list, tuple, dict with str keys, NumPy array, scalar or dtype,
        RandomState, CSR array or matrix, or anything else that NumPy takes for an array. A list of
        more than 256 numbers and an array-like come back as arrays.
    arrays : dict
        Receives the arrays.

    Raises
    ------
    BundleError
        If the value is of another type.

    Examples
    --------
    >>> from fastcluster._stored_values import decode, encode
    >>> arrays = {}
    >>> stored = encode("tol", (0.1, float("inf")), arrays)
    >>> stored
    {'$tuple': [0.1, {'$float': 'inf'}]}
    >>> decode(stored, arrays)
    (0.1, inf)
    """
    if isinstance(value, np.str_):
        value = str(value)
    if _is_json(value):
        return value
    if isinstance(value, dict):
        return {"$dict": _encode_members(name, value, arrays)}
    if isinstance(value, list | tuple) and not _is_long(value):
        items = [encode(f"{name}.{at}", item, arrays) for at, item in enumerate(value)]
        return {"$tuple": items} if isinstance(value, tuple) else items
    return _encode_tagged(name, value, arrays)


def decode(stored: object, arrays: Mapping[str, NDArray[Any]]) -> Any:  # noqa: ANN401 - any value
    """Return the value that `encode` was given; raise BundleError where `stored` is not its work.

    Parameters
    ----------
    stored : object
        JSON as Python reads it.
    arrays : mapping
        The arrays that belong to it. Large ones are not copied.

    Examples
    --------
    >>> from fastcluster._stored_values import decode
    >>> decode({"$scalar": ["<f4", 0.5]}, {})
    np.float32(0.5)
    """
    if isinstance(stored, list):
        return [decode(item, arrays) for item in stored]
    if not isinstance(stored, dict):
        return stored
    tag = next(iter(stored), "")
    if len(stored) != 1 or tag not in _DECODERS:
        raise _unreadable(stored)
    try:
        return _DECODERS[tag](stored[tag], arrays)
    except BundleError:
        raise
    except _WRONG_CONTENT as error:
        raise _unreadable(stored) from error


def _is_json(value: object) -> bool:
    """Say whether JSON has the value; a float is spelled so that it comes back to the last bit."""
    finite = type(value) is float and math.isfinite(value)
    return finite or value is None or type(value) in {bool, int, str}


def _encode_tagged(name: str, value: object, arrays: dict[str, NDArray[Any]]) -> object:
    if type(value) is float:
        return {"$float": repr(value)}
    if isinstance(value, np.generic) and value.dtype.kind in "biuf":
        return {"$scalar": [value.dtype.str, encode(name, value.item(), arrays)]}
    if isinstance(value, np.dtype) and value.kind in "biuf":
        return {"$dtype": value.str}
    if isinstance(value, np.random.RandomState):
        return _encode_random_state(name, value, arrays)
    if scipy.sparse.issparse(value):
        return _encode_sparse(name, value, arrays)
    return _encode_array(name, value, arrays)


def _encode_members(
    name: str, value: dict[Any, Any], arrays: dict[str, NDArray[Any]]
) -> dict[str, object]:
    if not all(isinstance(key, str) for key in value):
        raise _refusal(name, value, "its keys are not all of type str")
    return {str(key): encode(f"{name}.{key}", item, arrays) for key, item in value.items()}


def _encode_array(name: str, value: object, arrays: dict[str, NDArray[Any]]) -> object:
    if callable(value) or isinstance(value, np.ma.MaskedArray):
        raise _refusal(name, value, "a saved model holds data, no code")
    array = np.asarray(on_host(value))
    if array.dtype.kind in "biuf" or array.dtype.name == "bfloat16":
        return {"$array": _put(name, array, arrays)}
    if array.dtype.kind == "U":
        # As code points with one more dimension, the width.
        width = max(1, array.dtype.itemsize // 4)
        wide = np.array(array, dtype=f"<U{width}", order="C")
        points = wide.reshape(*array.shape, 1).view("<u4")
        return {"$text": _put(name, points, arrays)}
    words = array.ravel().tolist()
    if array.ndim and all(type(word) is str for word in words):
        text = np.frombuffer(json.dumps(words).encode(), dtype=np.uint8)
        return {"$strings": [_put(name, text, arrays), list(array.shape)]}
    raise _refusal(name, value, "only numbers, text, and lists and arrays of them can be saved")


def _encode_sparse(name: str, value: Any, arrays: dict[str, NDArray[Any]]) -> object:  # noqa: ANN401 - sparse
    if value.format != "csr" or value.dtype.kind not in "biuf":
        raise _refusal(name, value, "of sparse data only numbers in CSR form can be saved")
    parts = [_put(f"{name}.{part}", getattr(value, part), arrays) for part in _CSR_PARTS]
    kind = "array" if isinstance(value, scipy.sparse.sparray) else "matrix"
    return {"$csr": [kind, *parts, [int(length) for length in value.shape]]}


def _encode_random_state(
    name: str, value: np.random.RandomState, arrays: dict[str, NDArray[Any]]
) -> object:
    state: Any = value.get_state(legacy=False)
    if state["bit_generator"] != "MT19937":
        raise _refusal(name, value, "only a RandomState over MT19937 can be saved")
    key = _put(name, state["state"]["key"], arrays)
    gauss = encode(name, float(state["gauss"]), arrays)
    return {"$random_state": [key, int(state["state"]["pos"]), int(state["has_gauss"]), gauss]}


def _put(name: str, array: NDArray[Any], arrays: dict[str, NDArray[Any]]) -> str:
    """Keep an array under a name that a file may have on any system."""
    plain = name.isascii() and name.replace(".", "_").replace("-", "_").isidentifier()
    if not plain or len(name) > 100 or any(name.lower() == key.lower() for key in arrays):
        name = f"array.{len(arrays)}"
    arrays[name] = array
    return name


def _is_long(value: list[Any] | tuple[Any, ...]) -> bool:
    """Say whether a nested list holds so many numbers that it belongs into an array."""
    n_leaves = 0
    queue: list[Any] = [value]
    while queue and n_leaves <= _SHORT_LIST:
        item = queue.pop()
        if isinstance(item, list | tuple):
            queue.extend(item)
        n_leaves += 1
    return n_leaves > _SHORT_LIST


def _refusal(name: str, value: object, reason: str) -> BundleError:
    return BundleError(
        f"{name} cannot be saved: it is of type {type(value).__name__}, and {reason}\n"
        f"hint: if {name} is a parameter, set_params({name}=...) before save(); "
        "what was fitted stays as it is"
    )


def _unreadable(stored: object) -> BundleError:
    return BundleError(
        f"the manifest holds a value that this version cannot read: {str(stored)[:80]}\n"
        "hint: restore the bundle from a copy, or save it again"
    )


def _decode_csr(content: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:  # noqa: ANN401 - JSON, CSR
    kind, *parts, shape = content
    make = {"array": scipy.sparse.csr_array, "matrix": scipy.sparse.csr_matrix}[kind]
    values, columns, offsets = (arrays[part] for part in parts)
    found = make((values, columns, offsets), shape=tuple(shape))
    # Indices out of range would be followed.
    found.check_format(full_check=True)
    return found


def _decode_float(content: Any, _: Mapping[str, NDArray[Any]]) -> float:  # noqa: ANN401 - JSON
    return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[content]


def _decode_scalar(content: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:  # noqa: ANN401 - JSON
    dtype, value = content
    return _number_dtype(dtype).type(decode(value, arrays))


def _decode_text(content: Any, arrays: Mapping[str, NDArray[Any]]) -> NDArray[Any]:  # noqa: ANN401 - JSON
    points = arrays[content]
    width = points.shape[-1]
    if points.dtype != np.dtype("<u4") or width == 0 or np.any(points > _LAST_CODE_POINT):
        raise ValueError("no text")
    return points.view(f"<U{width}").reshape(points.shape[:-1])


def _decode_strings(content: Any, arrays: Mapping[str, NDArray[Any]]) -> NDArray[Any]:  # noqa: ANN401 - JSON
    name, shape = content
    words = json.loads(arrays[name].tobytes())
    if not all(isinstance(word, str) for word in words):
        raise ValueError("no text")
    return np.array(words, dtype=object).reshape(shape)


def _decode_random_state(
    content: Any,  # noqa: ANN401 - JSON
    arrays: Mapping[str, NDArray[Any]],
) -> np.random.RandomState:
    key, position, has_gauss, gauss = content
    random_state = np.random.RandomState(0)
    random_state.set_state(
        ("MT19937", arrays[key], position, has_gauss, decode(gauss, arrays)),
    )
    return random_state


def _number_dtype(name: str) -> np.dtype[Any]:
    dtype = np.dtype(name)
    if dtype.kind not in "biuf":
        raise ValueError("no number")
    return dtype


_DECODERS: Final[dict[str, Callable[[Any, Mapping[str, NDArray[Any]]], Any]]] = {
    "$array": lambda content, arrays: arrays[content],
    "$csr": _decode_csr,
    "$dict": lambda content, arrays: {key: decode(item, arrays) for key, item in content.items()},
    "$dtype": lambda content, _: _number_dtype(content),
    "$float": _decode_float,
    "$random_state": _decode_random_state,
    "$scalar": _decode_scalar,
    "$strings": _decode_strings,
    "$text": _decode_text,
    "$tuple": lambda content, arrays: tuple(decode(item, arrays) for item in content),
}
