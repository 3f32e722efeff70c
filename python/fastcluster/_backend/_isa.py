"""A name in `FASTCLUSTER_ISA` that is none: the core would ignore it without a word."""

import os
import warnings
from functools import cache
from typing import Final

__all__ = ["check_isa_setting"]

_NAMES: Final = ("scalar", "avx2", "avx2vnni", "avx512", "avx512vnni")


@cache
def check_isa_setting() -> None:
    """Warn, once in a process, that the variable holds no instruction set's name."""
    name = os.environ.get("FASTCLUSTER_ISA", "")
    if name and name not in _NAMES:
        warnings.warn(
            f"FASTCLUSTER_ISA={name!r} names no instruction set and is ignored\n"
            f"hint: it takes {', '.join(_NAMES)}",
            RuntimeWarning,
            stacklevel=4,
        )
