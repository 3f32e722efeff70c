"""What the plumbing around the GPU is tested with: the CPU's methods in the engine's place.

`play(monkeypatch)` lets `GpuBackend` do everything that `CpuBackend` does, on host copies: arrays
in are CuPy's or NumPy's, arrays out are CuPy's, as the engine's are. `Tensor` and `torch()` stand
for PyTorch, whose tensors lie in the played device's memory.
"""

import dataclasses
from types import ModuleType

import numpy as np

from fastcluster._backend._cpu import CpuBackend
from fastcluster._backend.gpu._arrays import GpuArrays
from fastcluster._backend.gpu._backend import GpuBackend

calls = []
"""The names of the methods that were called since `play`."""


def play(monkeypatch):
    """Give `GpuBackend` the methods of `CpuBackend` that work on vectors."""
    calls.clear()
    own = set(dir(GpuArrays)) | {
        "density_cut",
        "density_cut_at",
        "dendrogram",
        "place",
        "membership",
    }
    for name in dir(CpuBackend):
        method = getattr(CpuBackend, name)
        if not name.startswith("_") and callable(method) and name not in own:
            monkeypatch.setattr(GpuBackend, name, _on_copies(name), raising=False)


def _on_copies(name):
    def method(self, *args, **kwargs):
        calls.append(name)
        cpu = CpuBackend(n_threads=1, reason="played")
        with on_device(self.device):
            found = getattr(cpu, name)(
                *(_down(value) for value in args),
                **{key: _down(value) for key, value in kwargs.items()},
            )
            return _up(found)

    return method


def on_device(number):
    """Make a played device the current one."""
    import cupy

    return cupy.cuda.Device(number)


def _down(value):
    """Return a copy in host memory of what the backend was given, which is CuPy's or the host's."""
    import cupy

    if isinstance(value, cupy.ndarray):
        return value.get()
    assert type(value).__module__ != "torch"
    return [_down(part) for part in value] if isinstance(value, list) else value


def _up(value):
    """Return arrays of a result as arrays of the device."""
    import cupy

    if isinstance(value, np.ndarray):
        return cupy.asarray(value)
    if isinstance(value, tuple):
        return tuple(_up(part) for part in value)
    if dataclasses.is_dataclass(value):
        named = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return type(value)(**{name: _up(part) for name, part in named.items()})
    return value


def host(x):
    """Return an array of any library as NumPy's."""
    if isinstance(x, Tensor):
        return x.array.get()
    return x if isinstance(x, np.ndarray) else x.get()


class Tensor:
    """A tensor of PyTorch on a played device."""

    requires_grad = False
    layout = "torch.strided"

    def __init__(self, array, dtype=None):
        self.array = array
        self.dtype = f"torch.{dtype or array.dtype.name}"

    @property
    def shape(self):
        return self.array.shape

    def __len__(self):
        return len(self.array)

    def __getitem__(self, index):
        return Tensor(self.array[index])

    def __array__(self, dtype=None, copy=None):
        raise TypeError("can't convert cuda tensor to numpy; use Tensor.cpu()")

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()

    def __dlpack__(self, **arguments):
        if self.requires_grad:
            raise BufferError("can't export tensors that require gradient, use tensor.detach()")
        return self.array.__dlpack__(**arguments)

    def detach(self):
        return Tensor(self.array)

    def cpu(self):
        return self.array.get()

    def view(self, dtype):
        array = self.array.view(np.int16) if dtype == "int16" else self.array
        return Tensor(array, dtype=str(dtype).removeprefix("torch."))


Tensor.__module__ = "torch"


def torch():
    """Return what stands for the module torch."""
    module = ModuleType("torch")
    module.from_dlpack = lambda array: Tensor(array.view())
    module.int16, module.bfloat16 = "int16", "torch.bfloat16"
    return module
