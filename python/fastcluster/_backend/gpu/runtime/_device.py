"""Which GPU a call runs on.

Nothing of the process is changed: the device and the stream that were current are current again
afterwards, CuPy's allocator and math modes stay as they are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastcluster._arrays import is_on_gpu as is_on_gpu
from fastcluster._backend.gpu.runtime._cupy import cupy, explained
from fastcluster.exceptions import DeviceUnavailableError

__all__ = ["device_of", "gpu_number", "is_on_gpu", "use_device"]


def device_of(X: object) -> int | None:
    """Return the number of the GPU on which an array or tensor lies; None for host memory."""
    if not is_on_gpu(X):
        return None
    if hasattr(X, "__dlpack_device__"):
        return int(X.__dlpack_device__()[1])
    pointer, _ = X.__cuda_array_interface__["data"]  # type: ignore[attr-defined]
    if not pointer:  # An array without values lies nowhere.
        return gpu_number()
    return int(cupy().cuda.runtime.pointerGetAttributes(pointer).device)


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
            f"the GPU cannot be used: the CUDA driver answers: {explained(error)}\n"
            "hint: install or update the NVIDIA driver, or pass device='cpu'"
        ) from error
    if n_devices == 0:
        raise DeviceUnavailableError(
            "the GPU cannot be used: none is visible\n"
            "hint: see what CUDA_VISIBLE_DEVICES hides, or pass device='cpu'"
        )
    return int(cupy().cuda.Device().id)


@contextmanager
def use_device(number: int) -> Iterator[Any]:
    """Make a GPU the current one inside the block; yields CuPy."""
    cp = cupy()
    with cp.cuda.Device(number):
        yield cp
