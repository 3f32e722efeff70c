"""Choose the backend of a call, and know why."""

from typing import TYPE_CHECKING, TypeAlias

from fastcluster._arrays import is_from, is_on_gpu
from fastcluster._backend._cpu import CpuBackend
from fastcluster._backend._isa import check_isa_setting
from fastcluster._backend._threads import effective_threads
from fastcluster._config import setting
from fastcluster.exceptions import DeviceUnavailableError

if TYPE_CHECKING:
    from fastcluster._backend.gpu._backend import GpuBackend

__all__ = ["Backend", "select"]

Backend: TypeAlias = "CpuBackend | GpuBackend"


def select(device: str, n_jobs: int | None, X: object = None) -> Backend:
    """Return the backend for a call.

    Parameters
    ----------
    device : {"auto", "cpu", "cuda"}
        What the estimator asks for; "auto" asks the configuration, and then follows the array.
    n_jobs : int or None
        As in every estimator.
    X : array-like
        What the call is about. None is data in host memory.

    Raises
    ------
    DeviceUnavailableError
        If the device was asked for by name, and cannot be used or is not where X lies; if a GPU
        holds X and cannot be used.
    """
    check_isa_setting()
    wanted = setting("device") if device == "auto" else device
    on_gpu = is_on_gpu(X)
    if wanted == "cpu" and on_gpu:
        raise DeviceUnavailableError(
            "device='cpu' was asked for, and X is on a GPU, from which nothing is copied unasked\n"
            f"hint: pass {'X.cpu()' if is_from(X, 'torch') else 'X.get()'}, or device='auto'"
        )
    if wanted == "cuda" or on_gpu:
        return _gpu(n_jobs, X, asked=wanted == "cuda")
    reason = "device='cpu' asked for" if wanted == "cpu" else "the data is in host memory"
    return CpuBackend(n_threads=effective_threads(n_jobs), reason=reason)


def _gpu(n_jobs: int | None, X: object, *, asked: bool) -> "GpuBackend":
    """Return the GPU that holds X, or the current one; CuPy is loaded here."""
    from fastcluster._backend.gpu._arrays import home_of
    from fastcluster._backend.gpu._backend import GpuBackend
    from fastcluster._backend.gpu.runtime._device import device_of, gpu_number

    current, holder = gpu_number(), device_of(X)
    return GpuBackend(
        device=current if holder is None else holder,
        n_threads=effective_threads(n_jobs),
        home=home_of(X),
        reason="device='cuda' asked for" if asked else "the data is on it",
    )
