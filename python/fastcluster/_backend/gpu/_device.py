"""Which GPU a call runs on.

Nothing of the process is changed: the device and the stream that were current are current again
afterwards, CuPy's allocator and math modes stay as they are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from fastcluster._backend.gpu._cupy import cupy, explained
from fastcluster.exceptions import DeviceUnavailableError

__all__ = ["device_of", "gpu_number", "is_on_gpu", "use_device"]

_DLPACK_CUDA: Final = (2, 13)
"""kDLCUDA and kDLCUDAManaged."""


def device_of(X: object) -> int | None:
    """Return the number of the GPU on which an array or tensor lies; None for host memory."""
    if hasattr(X, "__dlpack_device__"):
        kind, number = X.__dlpack_device__()
        return int(number) if int(kind) in _DLPACK_CUDA else None
    if hasattr(X, "__cuda_array_interface__"):
        pointer, _ = X.__cuda_array_interface__["data"]
        return int(cupy().cuda.runtime.pointerGetAttributes(pointer).device)
    return None


def is_on_gpu(X: object) -> bool:
    """Say whether an array or tensor lies on a GPU."""
    return device_of(X) is not None


def gpu_number() -> int:
    """Return the number of the current GPU, which is the one for data in host memory.

    Raises
    ------
    DeviceUnavailableError
        If CuPy is missing, or no GPU answers.
    """
    runtime = cupy().cuda.runtime
    try:
        n_devices = runtime.getDeviceCount()
    except Exception as error:  # CuPy's own class, which cannot be named without CuPy
        raise DeviceUnavailableError(
            f"device='cuda' needs a GPU, and the CUDA driver answers: {explained(error)}\n"
            "hint: install or update the NVIDIA driver, or pass device='cpu'"
        ) from error
    if n_devices == 0:
        raise DeviceUnavailableError(
            "device='cuda' needs a GPU, and none is visible\n"
            "hint: see what CUDA_VISIBLE_DEVICES hides, or pass device='cpu'"
        )
    return int(cupy().cuda.Device().id)


@contextmanager
def use_device(number: int) -> Iterator[Any]:
    """Make a GPU the current one inside the block; yields CuPy."""
    cp = cupy()
    with cp.cuda.Device(number):
        yield cp
