"""Which GPU a call runs on.

Nothing of the process is changed: the device and the stream that were current are current again
afterwards, CuPy's allocator and math modes stay as they are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from fastcluster._arrays import is_on_gpu as is_on_gpu
from fastcluster._backend.gpu.runtime._cupy import check_compiler, cupy, explained
from fastcluster.exceptions import DeviceUnavailableError

__all__ = ["device_of", "gpu_number", "is_on_gpu", "use_device"]

_NO_DEVICE: Final = 100
"""The status of CUDA's error for a driver that shows no GPU."""


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
        If CuPy or its compiler is missing, or no GPU answers.
    """
    runtime = cupy().cuda.runtime
    try:
        runtime.getDeviceCount()
    except RuntimeError as error:  # CuPy's own class, which cannot be named without CuPy
        is_hidden = getattr(error, "status", None) == _NO_DEVICE
        way = "see what CUDA_VISIBLE_DEVICES hides" if is_hidden else "install or update the driver"
        raise DeviceUnavailableError(
            f"the GPU cannot be used: the CUDA driver answers: {explained(error)}\n"
            f"hint: {way}, or pass device='cpu'"
        ) from error
    check_compiler()
    return int(cupy().cuda.Device().id)


@contextmanager
def use_device(number: int) -> Iterator[Any]:
    """Make a GPU the current one inside the block; yields CuPy."""
    cp = cupy()
    with cp.cuda.Device(number):
        yield cp
