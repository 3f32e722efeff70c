"""CUDA sources to kernels: compiled when first used, once per device and variant.

Every source is compiled after `cuda/common.cuh`, without any header, so that the text which the
tests compile is the text that runs. It is given to CuPy in ASCII: CuPy writes it to a file in the
encoding of the locale. CuPy adds `-ftz=true`, which no option of ours undoes: see `float_to_double`
there. Multiply and add are never fused (`--fmad=false`): float64 decisions then have the bits that
the CPU's have.

The scalar parameters of every kernel are `long long` or `double`; a variant is chosen by macros.
"""

from functools import cache
from importlib.resources import files
from typing import Any, Final, TypeAlias

from fastcluster._backend.gpu.runtime._cupy import cupy

__all__ = ["OPTIONS", "SOURCES", "kernel", "launch", "source_text"]

_PACKAGE: Final = "fastcluster._backend.gpu"
"""Its folder `cuda/` holds the sources."""

OPTIONS: Final = ("--std=c++17", "--fmad=false")
"""For the compiler, beside the macros."""

_Macros: TypeAlias = tuple[tuple[str, str | int], ...]
"""Names and values, sorted."""

SOURCES: Final = tuple(
    sorted(
        entry.name
        for entry in files(_PACKAGE).joinpath("cuda").iterdir()
        if entry.name.endswith(".cu")
    )
)
"""Every CUDA source there is."""


@cache
def source_text(name: str) -> str:
    """Return the text of a CUDA source as it is compiled."""
    folder = files(_PACKAGE).joinpath("cuda")
    parts = (folder.joinpath(part).read_text(encoding="utf-8") for part in ("common.cuh", name))
    return "".join(parts).encode("ascii", "replace").decode("ascii")


@cache
def kernel(name: str, function: str, **macros: str | int) -> Any:  # noqa: ANN401 - CuPy's
    """Return a function of a CUDA source, for every device: CuPy compiles for each that uses it.

    It is looked up once: CuPy would hash its source and ask the driver each time.
    """
    return _module(name, tuple(sorted(macros.items()))).get_function(function)


def launch(function: Any, blocks: Any, threads: int, *args: Any) -> None:  # noqa: ANN401
    """Start a kernel on the current stream.

    Parameters
    ----------
    function : kernel
        From `kernel`.
    blocks : int or tuple of int
        The grid; nothing is started where it is empty.
    threads : int
        Threads per block.
    *args : device arrays, int and float
        The kernel's arguments: CuPy passes Python numbers as `long long` and `double`.
    """
    grid = blocks if isinstance(blocks, tuple) else (blocks,)
    if 0 not in grid:
        function(grid, (threads,), args)


@cache
def _module(name: str, macros: _Macros) -> Any:  # noqa: ANN401
    defines = tuple(f"-D{macro}={value}" for macro, value in macros)
    return cupy().RawModule(code=source_text(name), options=(*OPTIONS, *defines))
