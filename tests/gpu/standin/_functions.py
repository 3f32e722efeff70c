"""Functions of the module `cupy`: NumPy's, on arrays of the device, where CuPy has the name."""

import ctypes
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np

from . import _memory
from ._array import (
    Capsule,
    _check_kind,
    _check_repeats,
    _made,
    adopt,
    call,
    count_read,
    ndarray,
    new,
)
from ._state import state
from ._stream import run_now

__all__ = ["fill_namespace", "function_of"]

_ZERO_DIMENSIONAL = ("allclose", "array_equal", "array_equiv", "count_nonzero")
"""NumPy gives Python's bool and int, CuPy an array."""
_COUNTING = ("argwhere", "extract", "flatnonzero", "nonzero", "unique")
"""The host waits for the size of what they give."""
_NOT_PLAYED = ("fft", "polynomial", "ElementwiseKernel", "ReductionKernel", "RawKernel",
               "fuse", "vectorize")  # fmt: skip


@cache
def names(module):
    """Return the names that a module of CuPy has."""
    text = Path(__file__).with_name("names.txt").read_text()
    sections = dict(part.split(":\n", 1) for part in text.strip().split("\n\n"))
    return frozenset(sections[module].split())


def function_of(module, source, name):
    """Return what stands for `module.name`; `source` is NumPy's module."""
    if name in _NOT_PLAYED or name not in names(module) or not hasattr(source, name):
        missing = "is not played by the stand-in" if name in names(module) else "is unknown to CuPy"
        raise AttributeError(f"{module}.{name} {missing}")
    found = getattr(source, name)
    if isinstance(found, ModuleType):
        return _submodule(f"{module}.{name}", found)
    if isinstance(found, type) or not callable(found):
        return found
    if isinstance(found, np.ufunc):
        return Ufunc(found)

    def function(*args, **kwargs):
        if name in _COUNTING:
            count_read(8)
        result = call(found, *args, **kwargs)
        return adopt(np.asarray(result)) if name in _ZERO_DIMENSIONAL else result

    function.__name__ = name
    return function


@cache
def _submodule(name, source):
    module = ModuleType(name)
    module.__getattr__ = lambda part: function_of(name, source, part)
    return module


class Ufunc:
    """As CuPy's ufunc."""

    def __init__(self, numpys):
        self._numpys = numpys
        self.__name__, self.nin, self.nout = numpys.__name__, numpys.nin, numpys.nout

    def __call__(self, *args, **kwargs):
        return call(self._numpys, *args, **kwargs)

    def at(self, a, indices, b):
        a.scatter_add(indices, b) if self.__name__ == "add" else call(
            self._numpys.at, a, indices, b
        )

    def outer(self, a, b):
        return call(self._numpys.outer, a, b)

    def reduce(self, array, axis=0, dtype=None, out=None, keepdims=False):
        return call(self._numpys.reduce, array, axis=axis, dtype=dtype, out=out, keepdims=keepdims)

    def accumulate(self, array, axis=0, dtype=None, out=None):
        return call(self._numpys.accumulate, array, axis=axis, dtype=dtype, out=out)


# --- making arrays


def array(obj, dtype=None, copy=True, order="K", subok=False, ndmin=0, *, blocking=False):
    """As CuPy's: of NumPy arrays, lists and arrays of the device."""
    if isinstance(obj, ndarray):
        if not copy and (dtype is None or obj.dtype == dtype) and _has_order(obj, order):
            return obj if obj.ndim >= ndmin else obj.reshape((1,) * (ndmin - obj.ndim) + obj.shape)
        return call(np.array, obj, dtype=dtype, order=order, ndmin=ndmin)
    if hasattr(obj, "__cuda_array_interface__"):
        return array(_over(obj), dtype, copy, order, ndmin=ndmin)
    if isinstance(obj, list | tuple) and _holds_arrays(obj):
        return array(
            call(np.stack, [array(part) for part in obj]), dtype, False, order, ndmin=ndmin
        )
    run_now()
    host = np.array(obj, dtype=dtype, order=order if order in ("C", "F") else "K", ndmin=ndmin)
    if isinstance(obj, np.ndarray):
        state.counts.uploads += 1
        state.counts.uploaded_bytes += host.nbytes
    return adopt(host)


def _has_order(array, order):
    return {"C": array.flags.c_contiguous, "F": array.flags.f_contiguous}.get(order, True)


def _holds_arrays(parts):
    return any(
        isinstance(part, ndarray) or (isinstance(part, list | tuple) and _holds_arrays(part))
        for part in parts
    )


def asarray(a, dtype=None, order=None, *, copy=None, blocking=False):
    return array(a, dtype, bool(copy), order or "K")


def ascontiguousarray(a, dtype=None):
    return array(a, dtype, False, "C", ndmin=1)


def asfortranarray(a, dtype=None):
    return array(a, dtype, False, "F")


def asnumpy(a, stream=None, order="C", out=None, *, blocking=True):
    if isinstance(a, ndarray):
        return a.get(stream, order, out, blocking)
    return np.asarray(a) if out is None else np.copyto(out, a) or out


def empty(shape, dtype=float, order="C"):
    return new(shape, dtype, order)


def empty_like(prototype, dtype=None, order="K", subok=None, shape=None):
    order = "F" if prototype.flags.f_contiguous and not prototype.flags.c_contiguous else "C"
    return new(prototype.shape if shape is None else shape, dtype or prototype.dtype, order)


def from_dlpack(x, *, device=None, copy=None):
    """Return a view of an array or tensor of a played device."""
    kind, _ = x.__dlpack_device__()
    if kind != 2:
        raise BufferError("Copying from a CPU array is not supported by from_dlpack")
    capsule = x.__dlpack__(stream=1)
    if not isinstance(capsule, Capsule):
        raise TypeError(f"not a capsule of the stand-in: {type(capsule)}")
    return capsule.array.view()


def _over(source):
    """Return an array on the memory that `__cuda_array_interface__` describes."""
    given = source.__cuda_array_interface__
    dtype, pointer = np.dtype(given["typestr"]), given["data"][0]
    found = [memory for memory in _memory.allocations if _lies_in(memory, pointer)]
    n_bytes = _memory_span(given["shape"], given.get("strides"), dtype)
    memory = found[0] if found else _memory.UnownedMemory(pointer, n_bytes, source)
    if n_bytes == 0:
        return new(given["shape"], dtype)
    buffer = (ctypes.c_uint8 * n_bytes).from_address(pointer)
    host = np.ndarray(given["shape"], dtype, buffer, 0, given.get("strides"))
    return _made(ndarray, host, memory, base=source)


def _lies_in(memory, pointer):
    return memory.ptr <= pointer < memory.ptr + max(memory.size, 1)


def _memory_span(shape, strides, dtype):
    if 0 in shape:
        return 0
    if strides is None:
        return int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    return (
        sum((size - 1) * step for size, step in zip(shape, strides, strict=True)) + dtype.itemsize
    )


def memory_of(pointer):
    """Return the allocation that holds an address, or None."""
    return next((memory for memory in _memory.allocations if _lies_in(memory, pointer)), None)


# --- functions that differ from NumPy's


def repeat(a, repeats, axis=None):
    _check_repeats(repeats)
    return call(np.repeat, a, repeats, axis)


def argsort(a, axis=-1, kind=None):
    return a.argsort(axis, kind)


def sort(a, axis=-1, kind=None):
    _check_kind(kind)
    return call(np.sort, a, axis, kind="stable")


def lexsort(keys):
    if not isinstance(keys, ndarray):
        name = type(keys).__name__
        raise AttributeError(f"'{name}' object has no attribute 'ndim'")  # noqa: TRY004 - as CuPy
    return call(np.lexsort, keys)


def get_array_module(*args):
    import sys

    return sys.modules["cupy"] if any(isinstance(value, ndarray) for value in args) else np


def scatter_add(a, slices, value):
    a.scatter_add(slices, value)


def pinned(shape, dtype=float, order="C"):
    dtype = np.dtype(dtype)
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    count = int(np.prod(shape, dtype=np.int64))
    memory = _memory.PinnedMemoryPointer(count * dtype.itemsize)
    return np.frombuffer(memory, dtype, count).reshape(shape, order=order)


def zeros_pinned(shape, dtype=float, order="C"):
    out = pinned(shape, dtype, order)
    out[...] = 0
    return out


def is_available():
    return state.n_devices > 0 and state.driver_error is None


def fill_namespace(module):
    """Put the functions of this file into the module that stands for CuPy."""
    for function in (
        array, asarray, ascontiguousarray, asfortranarray, asnumpy, empty, empty_like, from_dlpack,
        repeat, argsort, sort, lexsort, get_array_module, is_available,
    ):  # fmt: skip
        setattr(module, function.__name__, function)
    module.asanyarray = asarray
    module.ndarray, module.ufunc = ndarray, Ufunc
    module.get_default_memory_pool = lambda: _memory.default_pool
    module.get_default_pinned_memory_pool = lambda: _memory.default_pinned_pool
    module.__getattr__ = lambda name: function_of("cupy", np, name)
