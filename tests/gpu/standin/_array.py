"""`ndarray`: a NumPy array on the played device's memory; it mixes with NumPy as CuPy's."""

import operator

import numpy as np

from . import _memory
from ._memory import MemoryPointer
from ._state import state
from ._stream import current_stream, run_now

__all__ = ["adopt", "call", "count_read", "ndarray", "new"]

_NUMBERS = (bool, int, float, complex, np.generic)


class ndarray:  # noqa: N801 - CuPy's name
    """As CuPy's."""

    __array_priority__ = 100
    __hash__ = None

    def __new__(cls, shape, dtype=float, memptr=None, strides=None, order="C"):
        shape = (int(shape),) if np.ndim(shape) == 0 else tuple(int(size) for size in shape)
        dtype = np.dtype(dtype)
        if dtype.hasobject or dtype.kind in "SUM":
            raise ValueError(f"Unsupported dtype {dtype}")
        n_bytes = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        memptr = _memory.alloc(n_bytes) if memptr is None else memptr
        room = memptr.mem.bytes[memptr.offset :]
        if strides is None and n_bytes > room.size:
            raise ValueError("an array larger than its memory")
        host = np.ndarray(shape, dtype, room.data if room.size else bytearray(), 0, strides, order)
        return _made(cls, host, memptr.mem)

    # --- what it is

    @property
    def host(self):
        """The NumPy array on the same memory, for the stand-in itself."""
        return self._host

    @property
    def data(self):
        first = self._host.ctypes.data if self.size else self._memory.ptr
        return MemoryPointer(self._memory, first - self._memory.ptr)

    @property
    def device(self):
        from ._cuda import Device

        return Device(self._memory.device_id)

    @property
    def base(self):
        return self._base

    @property
    def T(self):  # noqa: N802 - NumPy's name
        return _view(self, self._host.T)

    @property
    def mT(self):  # noqa: N802 - NumPy's name
        return _view(self, self._host.swapaxes(-1, -2))

    @property
    def flat(self):
        raise AttributeError("flat: CuPy's is slow; use ravel()")

    dtype = property(lambda self: self._host.dtype)
    flags = property(lambda self: self._host.flags)
    itemsize = property(lambda self: self._host.itemsize)
    nbytes = property(lambda self: self._host.nbytes)
    ndim = property(lambda self: self._host.ndim)
    size = property(lambda self: self._host.size)
    strides = property(lambda self: self._host.strides)
    real = property(lambda self: _view(self, self._host.real))

    @property
    def shape(self):
        return self._host.shape

    @shape.setter
    def shape(self, shape):
        self._host.shape = shape

    def __len__(self):
        return len(self._host)

    def __repr__(self):
        return repr(self._host)

    # --- to and from the host

    def __array__(self, dtype=None, copy=None):
        raise TypeError(
            "Implicit conversion to a NumPy array is not allowed. "
            "Please use `.get()` to construct a NumPy array explicitly."
        )

    def get(self, stream=None, order="C", out=None, blocking=True):
        if out is not None:
            if not isinstance(out, np.ndarray):
                raise TypeError(
                    f"Only numpy.ndarray can be obtained from cupy.ndarray, got {type(out)}"
                )
            if out.dtype != self.dtype or out.shape != self.shape:
                raise ValueError("out has another dtype or shape")
            if not out.flags.c_contiguous:
                raise RuntimeError(
                    "`out` cannot be specified when copying to non-contiguous ndarray"
                )
        target = (
            np.empty(self.shape, self.dtype, order="F" if order == "F" else "C")
            if out is None
            else out
        )
        if blocking:
            count_read(self.nbytes)

        def copied():
            target[...] = self._host

        _start(copied, stream, wait=blocking)
        return target

    def set(self, arr, stream=None):
        if not isinstance(arr, np.ndarray):
            raise TypeError(f"Only numpy.ndarray can be set to cupy.ndarray, got {type(arr)}")
        if arr.dtype != self.dtype:
            raise TypeError(f"{arr.dtype} array cannot be set to {self.dtype} array")
        if arr.shape != self.shape:
            raise ValueError(f"Shape mismatch. Old shape: {self.shape}, new shape: {arr.shape}")
        if not self.flags.c_contiguous and not self.flags.f_contiguous:
            raise RuntimeError("Cannot set to non-contiguous array")
        state.counts.uploads += 1
        state.counts.uploaded_bytes += self.nbytes

        def copied():
            self._host[...] = arr

        _start(copied, stream, wait=False)

    def item(self, *index):
        return _read(self).item(*index)

    def tolist(self):
        return _read(self).tolist()

    def __reduce__(self):
        return adopt, (self.get(),)

    def tobytes(self, order="C"):
        return _read(self).tobytes(order)

    def __bool__(self):
        return bool(_read(self))

    def __int__(self):
        return int(_read(self))

    def __float__(self):
        return float(_read(self))

    def __format__(self, spec):
        return format(_read(self), spec)

    def __iter__(self):
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    # --- exchange

    @property
    def __cuda_array_interface__(self):
        return {
            "shape": self.shape, "typestr": self.dtype.str, "descr": self.dtype.descr, "version": 3,
            "stream": 1 if current_stream().ptr == 0 else current_stream().ptr,
            "strides": None if self.flags.c_contiguous else self.strides,
            "data": (self.data.ptr, False),
        }  # fmt: skip

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        return Capsule(self)

    def __dlpack_device__(self):
        return (2, self._memory.device_id)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if method == "__call__":
            return call(ufunc, *inputs, **kwargs)
        return call(getattr(ufunc, method), *inputs, **kwargs)

    def __array_function__(self, function, types, args, kwargs):
        return call(function, *args, **kwargs)

    # --- parts of it

    def __getitem__(self, index):
        run_now()
        index = _index(index)
        if _has_mask(index):
            count_read(8)  # the host waits for the number of values
        part = self._host[index]
        if isinstance(part, np.generic):
            full = index if isinstance(index, tuple) else (index,)
            part = self._host[(*full, ...)]
        return _wrapped(part, [self])

    def __setitem__(self, index, value):
        run_now()
        self._host[_index(index)] = _plain(value)

    # --- methods that are not NumPy's own

    def astype(self, dtype, order="K", casting=None, subok=None, copy=True):
        return _wrapped(
            self._host.astype(dtype, order=order, casting=casting or "unsafe", copy=copy), [self]
        )

    def fill(self, value):
        run_now()
        self._host.fill(_plain(value))

    def view(self, dtype=None):
        return _view(self, self._host if dtype is None else self._host.view(dtype))

    def repeat(self, repeats, axis=None):
        _check_repeats(repeats)
        return call(np.repeat, self, repeats, axis)

    def argsort(self, axis=-1, kind=None):
        _check_kind(kind)
        return call(np.argsort, self, axis, kind="stable")

    def sort(self, axis=-1, kind=None):
        _check_kind(kind)
        run_now()
        self._host.sort(axis, kind="stable")

    def scatter_add(self, slices, value):
        run_now()
        np.add.at(self._host, _index(slices), _plain(value))

    def reduced_view(self, dtype=None):
        return self.ravel()

    def nonzero(self):
        run_now()
        count_read(8)  # the host waits for the number of them
        return _wrapped(self._host.nonzero(), [self])


def _check_repeats(repeats):
    if not isinstance(repeats, int | list | tuple | np.integer):
        raise ValueError("Only int or list/tuple can be used for repeats")  # noqa: TRY004 - as CuPy


def _check_kind(kind):
    if kind not in (None, "stable"):
        raise ValueError("kind can only be None or 'stable'")


def _method(name):
    def method(self, *args, **kwargs):
        run_now()
        plain = [_plain(value) for value in args]
        named = {key: _plain(value) for key, value in kwargs.items()}
        result = getattr(_plain(self), name)(*plain, **named)
        return _wrapped(result, [self, kwargs.get("out")])

    method.__name__ = name
    return method


_METHODS = """
    all any argmax argmin argpartition choose clip compress conj copy cumprod cumsum diagonal dot
    flatten max mean min partition prod ravel reshape round squeeze std sum swapaxes take
    trace transpose var
"""
_BINARY = "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift divmod"
_COMPARING = "lt le eq ne gt ge"

for _name in _METHODS.split():
    setattr(ndarray, _name, _method(_name))


def _operators():
    for name in _COMPARING.split():
        yield f"__{name}__", _method(f"__{name}__")
    for name in _BINARY.split():
        yield f"__{name}__", _method(f"__{name}__")
        yield f"__r{name}__", _method(f"__r{name}__")
        if name not in ("divmod", "matmul"):
            yield f"__i{name}__", _in_place(f"__i{name}__")
    for name in ("__neg__", "__pos__", "__abs__", "__invert__"):
        yield name, _method(name)


def _in_place(name):
    def method(self, other):
        run_now()
        getattr(_plain(self), name)(_plain(other))
        return self

    return method


for _name, _function in _operators():
    setattr(ndarray, _name, _function)


class Capsule:
    """What stands for a DLPack capsule."""

    def __init__(self, array):
        self.array = array


# --- between the two kinds of arrays


def _made(cls, host, memory, base=None):
    array = object.__new__(cls)
    array._host, array._memory, array._base = host, memory, base
    return array


def _view(owner, host):
    return _made(ndarray, host, owner._memory, owner._base if owner._base is not None else owner)


def new(shape, dtype=float, order="C"):
    """Return an array of fresh memory."""
    return ndarray(shape, dtype, order=order)


def adopt(host):
    """Return an array of fresh memory with the values of a NumPy array."""
    order = "F" if host.flags.f_contiguous and not host.flags.c_contiguous else "C"
    array = ndarray(host.shape, host.dtype, order=order)
    if host.size:
        array._host[...] = host
    return array


def _read(array):
    run_now()
    count_read(array.nbytes)
    return array._host


def count_read(n_bytes):
    state.counts.reads += 1
    state.counts.read_bytes += n_bytes


def _start(action, stream, *, wait):
    stream = stream or current_stream()
    stream.put(action)
    if wait:
        run_now(stream)


def _plain(value):
    """Return an argument for NumPy; raise for what CuPy does not take."""
    if isinstance(value, ndarray):
        if value._memory.device_id != state.device:
            raise ValueError(
                f"Array device must be same as the current device: array device = "
                f"{value._memory.device_id} while current = {state.device}"
            )
        return value._host
    if isinstance(value, np.ndarray):
        raise TypeError(f"Unsupported type {type(value)}")
    if isinstance(value, list):
        raise TypeError(f"Unsupported type {type(value)}")
    if isinstance(value, tuple):
        return tuple(_plain(part) for part in value)
    return value


def _index(index):
    if isinstance(index, tuple):
        return tuple(_index(part) for part in index)
    if isinstance(index, np.ndarray):
        raise IndexError("Unsupported type <class 'numpy.ndarray'>: CuPy arrays index CuPy arrays")
    if isinstance(index, slice):
        bounds = (index.start, index.stop, index.step)
        return slice(*(None if bound is None else operator.index(bound) for bound in bounds))
    return index._host if isinstance(index, ndarray) else index


def _has_mask(index):
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(part, np.ndarray) and part.dtype == bool for part in parts)


def _wrapped(result, inputs):
    """Return NumPy's result as arrays of the device: views where it views an input."""
    if isinstance(result, tuple):
        return tuple(_wrapped(part, inputs) for part in result)
    if isinstance(result, list):
        return [_wrapped(part, inputs) for part in result]
    if isinstance(result, np.generic) and not isinstance(result, np.void):
        return adopt(np.asarray(result))
    if not isinstance(result, np.ndarray):
        return result
    for owner in inputs:
        if isinstance(owner, ndarray):
            if result is owner._host:
                return owner
            if np.may_share_memory(result, owner._host):
                return _view(owner, result)
    return adopt(result)


def call(function, *args, **kwargs):
    """Call a function of NumPy on arrays of the device."""
    run_now()
    inputs = [*_arrays(args), *_arrays(kwargs.values())]
    checked = _plain if isinstance(function, np.ufunc) else _deep
    plain = [checked(value) for value in args]
    named = {name: checked(value) for name, value in kwargs.items()}
    return _wrapped(function(*plain, **named), inputs)


def _deep(value):
    """Return an argument that may be a list of arrays, as of concatenate."""
    if isinstance(value, list):
        return [_deep(part) for part in value]
    return _plain(value)


def _arrays(values):
    for value in values:
        if isinstance(value, ndarray):
            yield value
        elif isinstance(value, list | tuple):
            yield from _arrays(value)
