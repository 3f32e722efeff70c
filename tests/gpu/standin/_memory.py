"""Device memory: host memory with guards on both sides, from a pool that counts and has a limit.

New memory holds 0xff bytes (NaN, -1), so that a read of what was never written shows.
"""

import ctypes
import weakref
from contextlib import contextmanager

import numpy as np

from ._state import state

GUARD_BYTES = 256
GUARD = 0xB7
POISON = 0xFF
UNIT_BYTES = 512
"""Sizes are rounded up to this, as in CuPy's pool; addresses are multiples of half of it."""


class OutOfMemoryError(MemoryError):
    """As CuPy's."""

    def __init__(self, size, total, limit=0):
        of_limit = f", limit set to: {limit:,} bytes" if limit else ""
        super().__init__(
            f"Out of memory allocating {size:,} bytes "
            f"(allocated so far: {total:,} bytes{of_limit})."
        )


allocations = weakref.WeakSet()


class Memory:
    """One allocation of a device."""

    def __init__(self, size, device, pool=None):
        self.size, self.device_id, self.pool = size, device, pool
        self.rounded = -(-size // UNIT_BYTES) * UNIT_BYTES
        if pool is not None:
            pool.take(self.rounded, device)
            weakref.finalize(self, pool.give, self.rounded, device)
        room = np.full(size + 2 * GUARD_BYTES + UNIT_BYTES, GUARD, dtype=np.uint8)
        first = -(room.ctypes.data + GUARD_BYTES) % (UNIT_BYTES // 2) + GUARD_BYTES
        self.before = room[first - GUARD_BYTES : first]
        self.bytes = room[first : first + size]
        self.behind = room[first + size : first + size + GUARD_BYTES]
        self.bytes[:] = POISON
        self.ptr = self.bytes.ctypes.data
        allocations.add(self)

    @property
    def device(self):
        from ._cuda import Device

        return Device(self.device_id)

    def check(self):
        """Raise if something was written beside it."""
        if (self.before != GUARD).any() or (self.behind != GUARD).any():
            raise RuntimeError(f"a write outside of an allocation of {self.size} bytes")


class UnownedMemory:
    """Memory that something else owns."""

    def __init__(self, ptr, size, owner, device_id=-1):
        self.ptr, self.size, self.owner = ptr, size, owner
        self.device_id = state.device if device_id < 0 else device_id
        self.bytes = host_bytes(ptr, size)

    def check(self):
        """Nothing is known of what lies beside it."""


class MemoryPointer:
    """As CuPy's."""

    def __init__(self, mem, offset):
        self.mem, self.offset = mem, offset

    @property
    def ptr(self):
        return self.mem.ptr + self.offset

    @property
    def device_id(self):
        return self.mem.device_id

    def __int__(self):
        return self.ptr

    def __add__(self, offset):
        return MemoryPointer(self.mem, self.offset + offset)


def host_bytes(ptr, size):
    """Return a writable array of bytes over an address."""
    if size == 0:
        return np.empty(0, dtype=np.uint8)
    return np.ctypeslib.as_array((ctypes.c_uint8 * size).from_address(ptr))


class MemoryPool:
    """As CuPy's, of any size of block: what is given back is free for every later request."""

    def __init__(self, allocator=None):
        self._used, self._free, self._limit = {}, {}, {}
        self.n_releases = 0

    def malloc(self, size):
        """Allocate on the current device."""
        return MemoryPointer(Memory(size, state.device, self), 0)

    def take(self, size, device):
        """Count an allocation, or raise."""
        used, free = self._used.get(device, 0), self._free.get(device, 0)
        fresh = max(size - free, 0)
        limit = self._limit.get(device, 0)
        if (limit and used + free + fresh > limit) or used + free + fresh > state.device_bytes:
            raise OutOfMemoryError(size, used + free, limit)
        self._used[device] = used + size
        self._free[device] = free + fresh - size
        state.counts.largest_bytes = max(state.counts.largest_bytes, used + size)

    def give(self, size, device):
        """Count what is free again; the pool keeps it."""
        self._used[device] = self._used.get(device, 0) - size
        self._free[device] = self._free.get(device, 0) + size

    def free_all_blocks(self, stream=None):
        """Give the device back what is not used."""
        self.n_releases += 1
        self._free[state.device] = 0

    def free_all_free(self):
        """As `free_all_blocks`."""
        self.free_all_blocks()

    def n_free_blocks(self):
        return int(self.free_bytes() > 0)

    def used_bytes(self):
        return self._used.get(state.device, 0)

    def free_bytes(self):
        return self._free.get(state.device, 0)

    def total_bytes(self):
        return self.used_bytes() + self.free_bytes()

    def set_limit(self, size=None, fraction=None):
        """Set the most that this pool may hold of the current device; 0 is no limit."""
        if fraction is not None:
            size = int(fraction * state.device_bytes)
        self._limit[state.device] = size or 0

    def get_limit(self):
        return self._limit.get(state.device, 0)


default_pool = MemoryPool()
_allocators = [default_pool.malloc]


def alloc(size):
    """Allocate from the current allocator."""
    return _allocators[-1](size)


def set_allocator(allocator=None):
    _allocators[-1] = allocator or (lambda size: MemoryPointer(Memory(size, state.device), 0))


def get_allocator():
    return _allocators[-1]


@contextmanager
def using_allocator(allocator=None):
    _allocators.append(None)
    set_allocator(allocator)
    try:
        yield
    finally:
        _allocators.pop()


def held_bytes(device):
    """Return what the default pool holds of a device."""
    return default_pool._used.get(device, 0) + default_pool._free.get(device, 0)


def reset():
    """Forget limits, free blocks and allocators; what tests still hold stays counted."""
    default_pool._limit.clear()
    default_pool._free.clear()
    default_pool.n_releases = 0
    _allocators[:] = [default_pool.malloc]


class PinnedMemoryPointer(bytearray):
    """Page-locked memory: a buffer that is longer than what was asked for, as CuPy's is."""

    def __init__(self, size):
        super().__init__(-(-max(size, 1) // UNIT_BYTES) * UNIT_BYTES)
        self[:] = bytes([POISON]) * len(self)

    @property
    def ptr(self):
        return ctypes.addressof(ctypes.c_char.from_buffer(self))

    def size(self):
        return len(self)


class PinnedMemoryPool:
    """As CuPy's, without keeping anything."""

    def malloc(self, size):
        return PinnedMemoryPointer(size)

    def free_all_blocks(self):
        """Nothing is kept."""

    def n_free_blocks(self):
        return 0


default_pinned_pool = PinnedMemoryPool()
