"""The one place that imports CuPy, and the names of it that are not public.

CuPy is imported when a GPU is first used, so that fastcluster works without it. Its paths to cuBLAS
are private and may move between versions: they are named here and nowhere else.
"""

from functools import cache
from importlib import import_module
from typing import Any, Final

from fastcluster.exceptions import DeviceUnavailableError

__all__ = ["CUBLAS_NAMES", "check_compiler", "cublas", "cupy", "explained"]

_CUBLAS: Final = "cupy_backends.cuda.libs.cublas"

CUBLAS_NAMES: Final = (
    "gemmEx",
    "getPointerMode",
    "setPointerMode",
    "CUBLAS_OP_N",
    "CUBLAS_OP_T",
    "CUBLAS_COMPUTE_32F",
    "CUBLAS_GEMM_DEFAULT",
    "CUBLAS_POINTER_MODE_HOST",
)
"""What is used of that module."""


@cache
def cupy() -> Any:  # noqa: ANN401 - a module without types
    """Return CuPy.

    Raises
    ------
    DeviceUnavailableError
        If it is not installed, or cannot be imported.
    """
    try:
        return import_module("cupy")
    except ImportError as error:
        raise DeviceUnavailableError(
            f"a GPU needs CuPy, which cannot be imported: {explained(error)}\n"
            "hint: pip install 'fastcluster-rs[gpu]' for CUDA 13, 'fastcluster-rs[gpu12]' for "
            "CUDA 12, or pass device='cpu' and data in host memory, as X.get() or X.cpu() give it"
        ) from error


@cache
def cublas() -> Any:  # noqa: ANN401 - a module without types
    """Return CuPy's binding of cuBLAS.

    Raises
    ------
    DeviceUnavailableError
        If there is no cuBLAS: CuPy comes without the libraries of the CUDA toolkit.
    """
    try:
        return import_module(_CUBLAS)
    except ImportError as error:
        raise _without("cuBLAS", error) from error


@cache
def check_compiler() -> None:
    """Load the compiler of kernels.

    Raises
    ------
    DeviceUnavailableError
        If there is no NVRTC.
    """
    compiler = cupy().cuda.nvrtc
    try:
        compiler.getVersion()
    except (ImportError, RuntimeError) as error:
        raise _without("NVRTC", error) from error


def _without(library: str, error: Exception) -> DeviceUnavailableError:
    return DeviceUnavailableError(
        f"a GPU needs {library} of the CUDA toolkit, which cannot be loaded: {explained(error)}\n"
        "hint: pip install 'cupy-cuda13x[ctk]', for CUDA 12 'cupy-cuda12x[ctk]', or pass "
        "device='cpu'"
    )


def explained(error: BaseException) -> str:
    """Return the first line of an error's message."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
