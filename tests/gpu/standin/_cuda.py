"""`cupy.cuda`: devices, the runtime, and where the parts of the other files are."""

import ctypes
from types import ModuleType, SimpleNamespace

from . import _memory, _stream
from ._functions import memory_of
from ._state import state

HANDLE = 0xB1A5
"""Stands for a handle of cuBLAS."""


class CUDARuntimeError(RuntimeError):
    """As CuPy's."""

    def __init__(self, status, message):
        self.status = status
        super().__init__(message)


class Device:
    """As CuPy's."""

    def __init__(self, device=None):
        self.id = state.device if device is None else int(device)
        self._before = []

    def __enter__(self):
        self._before.append(state.device)
        self.use()
        return self

    def __exit__(self, *error):
        state.device = self._before.pop()

    def __int__(self):
        return self.id

    def __eq__(self, other):
        return isinstance(other, Device) and self.id == other.id

    def __hash__(self):
        return hash(self.id)

    def __repr__(self):
        return f"<CUDA Device {self.id}>"

    def use(self):
        if not 0 <= self.id < state.n_devices:
            raise CUDARuntimeError(101, "cudaErrorInvalidDevice: invalid device ordinal")
        state.device = self.id

    def synchronize(self):
        _stream.run_all()

    @property
    def attributes(self):
        return {
            "MultiProcessorCount": state.n_processors,
            "MaxThreadsPerBlock": 1024,
            "MaxSharedMemoryPerBlock": 48 << 10,
            "MaxSharedMemoryPerBlockOptin": 227 << 10,
            "MaxSharedMemoryPerMultiprocessor": 228 << 10,
            "MaxThreadsPerMultiProcessor": 2048,
            "WarpSize": 32,
            "L2CacheSize": 60 << 20,
            "ClockRate": 1_980_000,
            "ComputeCapabilityMajor": int(state.capability[:-1]),
            "ComputeCapabilityMinor": int(state.capability[-1]),
        }

    @property
    def compute_capability(self):
        return state.capability

    @property
    def mem_info(self):
        with self:
            return mem_get_info()

    @property
    def cublas_handle(self):
        return HANDLE

    @property
    def pci_bus_id(self):
        return f"0000:0{self.id}:00.0"


def get_device_count():
    if state.driver_error:
        raise CUDARuntimeError(35, state.driver_error)
    if state.n_devices == 0:
        raise CUDARuntimeError(100, "cudaErrorNoDevice: no CUDA-capable device is detected")
    return state.n_devices


def mem_get_info():
    return state.device_bytes - _memory.held_bytes(state.device), state.device_bytes


def _attributes_of(pointer):
    memory = memory_of(pointer)
    if memory is None:
        return SimpleNamespace(device=-2, type=0, devicePointer=0, hostPointer=0)
    return SimpleNamespace(device=memory.device_id, type=2, devicePointer=pointer, hostPointer=0)


def _properties(device):
    major, minor = int(state.capability[:-1]), int(state.capability[-1])
    return {
        "name": b"stand-in", "major": major, "minor": minor, "clockRate": 1_980_000,
        "multiProcessorCount": state.n_processors, "totalGlobalMem": state.device_bytes,
        "sharedMemPerBlock": 48 << 10, "l2CacheSize": 60 << 20,
        "sharedMemPerBlockOptin": 227 << 10,
    }  # fmt: skip


def _stream_of(pointer):
    return next(
        (stream for stream in list(_stream._streams) if stream.ptr == pointer), _stream.Stream.null
    )


def _copy_async(to, source, size, kind, stream):
    def copied():
        ctypes.memmove(to, source, size)

    _stream_of(stream).put(copied)


def _copy(to, source, size, kind):
    _stream.run_now(_stream.Stream.null)
    ctypes.memmove(to, source, size)


def _use(device):
    Device(device).use()


def runtime():
    """Return what stands for `cupy.cuda.runtime`."""
    module = ModuleType("cupy.cuda.runtime")
    vars(module).update(
        CUDA_R_32F=0, CUDA_R_64F=1, CUDA_R_16F=2, CUDA_R_8I=3, CUDA_R_16BF=14,
        memcpyHostToHost=0, memcpyHostToDevice=1, memcpyDeviceToHost=2, memcpyDeviceToDevice=3,
        memcpyDefault=4,
        is_hip=False, CUDARuntimeError=CUDARuntimeError, getDeviceCount=get_device_count,
        getDevice=lambda: state.device, setDevice=_use, memGetInfo=mem_get_info,
        pointerGetAttributes=_attributes_of, getDeviceProperties=_properties,
        runtimeGetVersion=lambda: 13000, driverGetVersion=lambda: 13000,
        deviceSynchronize=_stream.run_all,
        streamSynchronize=lambda stream: _stream_of(stream).synchronize(),
        memcpy=_copy, memcpyAsync=_copy_async,
    )  # fmt: skip
    return module


def _compiler_version():
    if state.missing_library:
        raise RuntimeError(f'Failure finding "{state.missing_library}"')
    return 13, 0


def cuda():
    """Return what stands for `cupy.cuda`."""
    module = ModuleType("cupy.cuda")
    module.runtime = runtime()
    module.device = ModuleType("cupy.cuda.device")
    module.memory = ModuleType("cupy.cuda.memory")
    module.stream = ModuleType("cupy.cuda.stream")
    module.pinned_memory = ModuleType("cupy.cuda.pinned_memory")
    module.nvrtc = ModuleType("cupy.cuda.nvrtc")
    module.nvrtc.getVersion = _compiler_version
    module.driver = ModuleType("cupy.cuda.driver")
    module.driver.CUDADriverError = CUDADriverError
    for part in (module, module.device):
        part.Device, part.get_cublas_handle = Device, lambda: HANDLE
        part.get_device_id = lambda: state.device
    for part in (module, module.memory):
        for name in ("alloc", "set_allocator", "get_allocator", "Memory", "MemoryPointer",
                     "MemoryPool", "UnownedMemory"):  # fmt: skip
            setattr(part, name, getattr(_memory, name))
    module.using_allocator = _memory.using_allocator
    module.memory.OutOfMemoryError = _memory.OutOfMemoryError
    for part in (module, module.stream):
        part.Stream, part.ExternalStream, part.Event = (
            _stream.Stream,
            _stream.ExternalStream,
            _stream.Event,
        )
        part.get_current_stream, part.get_elapsed_time = _stream.current_stream, _stream.elapsed
    for part in (module, module.pinned_memory):
        part.alloc_pinned_memory = part.PinnedMemoryPointer = _memory.PinnedMemoryPointer
        part.PinnedMemoryPool = _memory.PinnedMemoryPool
    module.is_available = lambda: state.n_devices > 0 and state.driver_error is None
    return module


class CUDADriverError(RuntimeError):
    """As CuPy's."""
