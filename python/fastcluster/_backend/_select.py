"""Choose the backend of a call, and know why."""

from typing import TypeAlias

from fastcluster._backend._cpu import CpuBackend
from fastcluster._backend._isa import check_isa_setting
from fastcluster._backend._threads import effective_threads
from fastcluster._config import setting
from fastcluster.exceptions import DeviceUnavailableError

__all__ = ["Backend", "select"]

Backend: TypeAlias = CpuBackend


def select(device: str, n_jobs: int | None) -> Backend:
    """Return the backend for data in host memory.

    Parameters
    ----------
    device : {"auto", "cpu", "cuda"}
        What the estimator asks for; "auto" asks the configuration, and then follows the array.
    n_jobs : int or None
        As in every estimator.

    Raises
    ------
    DeviceUnavailableError
        If the device was asked for by name and cannot be used.
    """
    check_isa_setting()
    wanted = setting("device") if device == "auto" else device
    if wanted == "cuda":
        raise DeviceUnavailableError(
            "device='cuda' needs the GPU path, which this build of fastcluster does not have\n"
            "hint: pass device='cpu', or device='auto' to follow the array"
        )
    reason = "device='cpu' asked for" if wanted == "cpu" else "the data is in host memory"
    return CpuBackend(n_threads=effective_threads(n_jobs), reason=reason)
