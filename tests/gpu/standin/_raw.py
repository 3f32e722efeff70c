"""`RawModule`: CUDA sources run on the CPU; what a GPU would refuse or get wrong is refused."""

import ctypes
import re

import numpy as np

from . import _compile
from ._array import ndarray
from ._cuda import CUDADriverError
from ._memory import MemoryPointer
from ._state import state
from ._stream import run_now


class CompileException(RuntimeError):  # noqa: N818 - CuPy's name
    """As CuPy's."""


class RawModule:
    """As CuPy's: compiled when a function is first asked for."""

    def __init__(self, code=None, *, path=None, options=(), backend="nvrtc",
                 translate_cucomplex=False, enable_cooperative_groups=False,
                 name_expressions=None, jitify=False):  # fmt: skip
        if code is None or backend != "nvrtc" or name_expressions or jitify:
            raise ValueError(
                "the stand-in compiles code by NVRTC's rules, without name expressions"
            )
        unknown = [
            one
            for one in options
            if not re.match(r"-D\w+(=\S*)?$|--std=c\+\+17$|--fmad=false$", one)
        ]
        if unknown or "--fmad=false" not in options:
            raise ValueError(
                f"options that the stand-in does not have: {unknown}, or fused multiply-add"
            )
        self._code = code
        self._macros = tuple(one for one in options if one.startswith("-D"))

    def compile(self, log_stream=None):
        """Compile now."""
        try:
            return _compile.compiled(self._code, self._macros)
        except RuntimeError as error:
            raise CompileException(str(error)) from error

    def get_function(self, name):
        """Return a kernel."""
        library = self.compile()
        if not hasattr(library, f"standin_launch_{name}"):
            raise CUDADriverError("CUDA_ERROR_NOT_FOUND: named symbol not found")
        return Kernel(library, name)


class Kernel:
    """As CuPy's RawKernel and Function."""

    def __init__(self, library, name):
        self._library, self.name = library, name
        self._parameters = _compile.parameters(library, name)
        self.max_dynamic_shared_size_bytes = 0

    def __call__(self, grid, block, args, *, shared_mem=0, stream=None):
        if len(args) != len(self._parameters):
            raise TypeError(f"{self.name} takes {len(self._parameters)} arguments, got {len(args)}")
        pairs = zip(self._parameters, args, strict=True)
        values = [self._converted(i, kind, value) for i, (kind, value) in enumerate(pairs)]
        sizes = [*grid, *[1] * (3 - len(grid)), *block, *[1] * (3 - len(block))]
        run_now()
        state.counts.launches[self.name] = state.counts.launches.get(self.name, 0) + 1
        most = self.max_dynamic_shared_size_bytes
        problem = _compile.run(
            self._library, self.name, sizes, shared_mem, most, values, state.order
        )
        if problem:
            raise CUDADriverError(f"{self.name}: {problem}")
        for value in args:
            if isinstance(value, ndarray):
                value._memory.check()

    def _converted(self, position, kind, value):
        try:
            return _pointer(kind[1:], value) if kind[0] == "*" else _number(kind, value)
        except TypeError as error:
            raise TypeError(f"argument {position} of {self.name}: {error}") from None


def _pointer(kind, value):
    if isinstance(value, MemoryPointer):
        return ctypes.c_void_p(value.ptr)
    if isinstance(value, np.int64 | np.uint64 | int) and not isinstance(value, bool):
        return ctypes.c_void_p(int(value))
    if not isinstance(value, ndarray):
        raise TypeError(f"a pointer is wanted, got {type(value)}")
    if value._memory.device_id != state.device:
        raise TypeError(
            f"an array of device {value._memory.device_id}, the current one is {state.device}"
        )
    if not value.flags.c_contiguous:
        raise TypeError("an array that is not C-contiguous; pass .data where that is meant")
    other_size = kind[0] in "fi" and int(kind[1:]) != value.itemsize
    if other_size or (kind[0] == "f" and value.dtype.kind != "f"):
        raise TypeError(f"a pointer to {kind}, got {value.dtype}")
    return ctypes.c_void_p(value.data.ptr)


def _number(kind, value):
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"a number is wanted, got {type(value)}")
    if isinstance(value, int | float):
        value = np.int64(value) if isinstance(value, int) else np.float64(value)
    if f"{value.dtype.kind.replace('u', 'i')}{value.itemsize}" != kind:
        raise TypeError(f"the kernel takes {kind}, got {value.dtype}")
    types = {
        "i8": ctypes.c_int64,
        "i4": ctypes.c_int32,
        "f8": ctypes.c_double,
        "f4": ctypes.c_float,
    }
    return types[kind](value.item())
