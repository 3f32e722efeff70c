"""Settings that hold for every estimator: `set_config`, `config_context`, `get_config`.

A setting is looked up in this order: the innermost `config_context`, `set_config`, the environment
variable `FASTCLUSTER_<NAME>`, the default. `set_config` holds for the whole process;
`config_context` for the code inside it and for nothing that runs beside it in another thread or
task.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from numbers import Integral
from typing import Any, Final, Literal, TypeGuard

__all__ = ["config_context", "get_config", "set_config", "setting"]


class _Unset(Enum):
    """The value of an argument that was not passed; None is a value of its own."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "<unchanged>"


_UNSET: Final = _Unset.UNSET

_DEFAULTS: Final[Mapping[str, Any]] = {
    "n_jobs": None,
    "device": "auto",
    "show_progress": False,
    "memory_limit": None,
    "gpu_search": "exact",
}

_process_wide: dict[str, Any] = {}
_context: ContextVar[Mapping[str, Any]] = ContextVar("fastcluster_config", default={})  # noqa: B039 - never mutated


def set_config(
    *,
    n_jobs: int | Literal[_Unset.UNSET] | None = _UNSET,
    device: str | Literal[_Unset.UNSET] = _UNSET,
    show_progress: bool | Literal[_Unset.UNSET] = _UNSET,
    memory_limit: int | str | Literal[_Unset.UNSET] | None = _UNSET,
    gpu_search: str | Literal[_Unset.UNSET] = _UNSET,
) -> None:
    """Change settings for the whole process.

    Arguments that are not passed stay as they are.

    Parameters
    ----------
    n_jobs : int or None
        Threads for estimators with `n_jobs=None`. None means all cores that the process may use;
        negative counts from there, so -2 leaves one core free.
    device : {"auto", "cpu", "cuda"}
        Device for estimators with `device="auto"`.
    show_progress : bool
        Whether long fits show a progress bar on stderr.
    memory_limit : int, str or None
        The most memory, in bytes or as "4GiB", that one call may take on top of its input. None
        sets no limit.
    gpu_search : {"exact", "faiss"}
        What searches nearest centers on a GPU. "exact" gives the results of the CPU. "faiss" calls
        FAISS, which must be installed with GPU support: it works in float32, so that neighbors at
        nearly equal distances may change places and distances are off by its rounding, most for
        vectors that are near each other and far from the origin.

    Raises
    ------
    ValueError
        If a value is out of its range. Then no setting has changed.

    See Also
    --------
    config_context : The same for a block of code.
    get_config : The settings in force.

    Examples
    --------
    >>> import fastcluster as fc
    >>> fc.set_config(n_jobs=2)
    >>> fc.get_config()["n_jobs"]
    2
    >>> fc.set_config(n_jobs=None)
    """
    _process_wide.update(
        _checked(
            n_jobs=n_jobs,
            device=device,
            show_progress=show_progress,
            memory_limit=memory_limit,
            gpu_search=gpu_search,
        )
    )


@contextmanager
def config_context(
    *,
    n_jobs: int | Literal[_Unset.UNSET] | None = _UNSET,
    device: str | Literal[_Unset.UNSET] = _UNSET,
    show_progress: bool | Literal[_Unset.UNSET] = _UNSET,
    memory_limit: int | str | Literal[_Unset.UNSET] | None = _UNSET,
    gpu_search: str | Literal[_Unset.UNSET] = _UNSET,
) -> Iterator[None]:
    """Change settings for a block of code.

    Parameters
    ----------
    n_jobs, device, show_progress, memory_limit, gpu_search
        As in `set_config`. Arguments that are not passed stay as they are.

    Yields
    ------
    None
        Nothing; the old settings are back after the block.

    See Also
    --------
    set_config : The same for the whole process.

    Examples
    --------
    >>> import fastcluster as fc
    >>> with fc.config_context(memory_limit="4GiB"):
    ...     fc.get_config()["memory_limit"]
    4294967296
    """
    changes = _checked(
        n_jobs=n_jobs,
        device=device,
        show_progress=show_progress,
        memory_limit=memory_limit,
        gpu_search=gpu_search,
    )
    token = _context.set({**_context.get(), **changes})
    try:
        yield
    finally:
        _context.reset(token)


def get_config() -> dict[str, Any]:
    """Return the settings in force.

    Returns
    -------
    dict
        `n_jobs`, `device`, `show_progress`, `memory_limit` (bytes or None) and `gpu_search`.
        Changing it changes no setting.

    See Also
    --------
    set_config : Change settings.

    Examples
    --------
    >>> import fastcluster as fc
    >>> sorted(fc.get_config())
    ['device', 'gpu_search', 'memory_limit', 'n_jobs', 'show_progress']
    """
    return {name: setting(name) for name in _DEFAULTS}


def setting(name: str) -> Any:  # noqa: ANN401 - one type per setting
    """Return the value of one setting that is in force."""
    for layer in (_context.get(), _process_wide):
        if name in layer:
            return layer[name]
    variable = f"FASTCLUSTER_{name.upper()}"
    text = os.environ.get(variable, "").strip()
    if not text:
        return _DEFAULTS[name]
    return _FROM_TEXT[name](text, variable)


def _checked(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - one type per setting
    """Check every change before any is made."""
    return {
        name: _CHECKS[name](value, name) for name, value in changes.items() if value is not _UNSET
    }


def _checked_n_jobs(value: object, name: str) -> int | None:
    if value is None:
        return None
    if _is_integer(value) and value != 0:
        return int(value)
    raise ValueError(
        f"{name}={value!r} must be None or an int other than 0\n"
        "hint: None uses all permitted cores, 1 one thread, -2 all cores but one"
    )


def _is_integer(value: object) -> TypeGuard[int]:
    """Say whether this is an int of any kind; a bool is not a number here."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def _checked_device(value: object, name: str) -> str:
    if isinstance(value, str) and value in ("auto", "cpu", "cuda"):
        return value
    raise ValueError(
        f"{name}={value!r} must be 'auto', 'cpu' or 'cuda'\nhint: 'auto' follows the array"
    )


def _checked_show_progress(value: object, name: str) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(f"{name}={value!r} must be a bool\nhint: pass True or False")


def _checked_memory_limit(value: object, name: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, str):
        return _bytes_from_text(value, name)
    if _is_integer(value) and value > 0:
        return int(value)
    raise ValueError(
        f"{name}={value!r} must be None, a positive number of bytes, or text such as '4GiB'\n"
        "hint: None sets no limit"
    )


def _checked_gpu_search(value: object, name: str) -> str:
    if isinstance(value, str) and value in ("exact", "faiss"):
        return value
    raise ValueError(
        f"{name}={value!r} must be 'exact' or 'faiss'\nhint: 'exact' gives the results of the CPU"
    )


_UNITS: Final = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def _bytes_from_text(text: str, name: str) -> int:
    """Read "4GiB", "500 MB" or "1048576" as a number of bytes."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(?:([kmgt]?)(i?)b?)", text.strip().lower())
    if match:
        number, unit, binary = match.groups()
        n_bytes = int(float(number) * (1024 if binary else 1000) ** _UNITS[unit])
        if n_bytes > 0:
            return n_bytes
    raise ValueError(
        f"{name}={text!r} must be a positive number of bytes with an optional unit\n"
        "hint: write for example '4GiB', '500MB' or '1048576'"
    )


def _n_jobs_from_text(text: str, name: str) -> int | None:
    try:
        value: object = int(text)
    except ValueError:
        value = text
    return _checked_n_jobs(value, name)


def _bool_from_text(text: str, name: str) -> bool:
    value = {"1": True, "true": True, "yes": True, "on": True}.get(text.lower())
    if value is None:
        value = {"0": False, "false": False, "no": False, "off": False}.get(text.lower())
    if value is None:
        raise ValueError(f"{name}={text!r} must be a truth value\nhint: write 1 or 0")
    return value


_CHECKS: Final[Mapping[str, Callable[[object, str], Any]]] = {
    "n_jobs": _checked_n_jobs,
    "device": _checked_device,
    "show_progress": _checked_show_progress,
    "memory_limit": _checked_memory_limit,
    "gpu_search": _checked_gpu_search,
}

_FROM_TEXT: Final[Mapping[str, Callable[[str, str], Any]]] = {
    "n_jobs": _n_jobs_from_text,
    "device": _checked_device,
    "show_progress": _bool_from_text,
    "memory_limit": _bytes_from_text,
    "gpu_search": _checked_gpu_search,
}
