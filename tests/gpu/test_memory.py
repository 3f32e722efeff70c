"""Plans are made with the memory that is there, and shrink where it is not."""

import numpy as np
import pytest

from fastcluster._backend.gpu.runtime import _memory

MIB = 1 << 20


@pytest.fixture
def cp(standin):
    import cupy

    standin.state.device_bytes = 1024 * MIB
    return cupy


def planned(n_bytes):
    return int(n_bytes * 0.9) - 32 * MIB


def test_what_the_pool_holds_unused_is_free(cp):
    before = _memory.available()
    held = cp.empty(100 * MIB, cp.uint8)
    assert before - _memory.available() == pytest.approx(90 * MIB, abs=2)
    del held
    assert cp.get_default_memory_pool().free_bytes() >= 100 * MIB
    assert _memory.available() == before


def test_limits_of_the_pool_and_of_the_call_hold(cp):
    pool = cp.get_default_memory_pool()
    pool.set_limit(pool.used_bytes() + 400 * MIB)
    assert _memory.available() == planned(400 * MIB)
    assert _memory.available(memory_limit=1000) == 1000
    assert _memory.available(memory_limit=900 * MIB) == planned(400 * MIB)
    pool.set_limit(MIB)
    assert _memory.available() == 0


def test_sizes_are_halved_until_memory_suffices(cp):
    pool = cp.get_default_memory_pool()
    pool.set_limit(pool.total_bytes() + 70 * MIB)
    tried = []

    def make(size):
        tried.append(size)
        first = cp.empty(size * MIB, cp.uint8)
        return first, cp.empty(size * MIB, cp.uint8)

    first, second = _memory.shrinking(make, 200, 10, "two tiles")
    assert tried == [200, 100, 50, 25]
    assert first.size == second.size == 25 * MIB
    assert pool.n_releases == 3


def test_memory_that_suffices_is_not_given_back(cp):
    kept = cp.empty(8 * MIB, cp.uint8)
    del kept
    pool = cp.get_default_memory_pool()
    free = pool.free_bytes()
    tile = _memory.shrinking(lambda size: cp.empty(size, np.uint8), MIB, 1, "a tile")
    assert tile.size == MIB
    assert pool.n_releases == 0
    assert pool.free_bytes() == free - MIB


def test_too_little_memory_says_what_was_needed_and_what_there_is(cp):
    pool = cp.get_default_memory_pool()
    pool.set_limit(pool.total_bytes() + 4 * MIB)
    with pytest.raises(MemoryError) as raised:
        _memory.shrinking(lambda size: cp.empty(size * MIB, np.uint8), 64, 16, "a tile")
    text = str(raised.value)
    assert "does not suffice for a tile of 16, with 0 bytes to spare" in text
    assert "allocating 16,777,216 bytes" in text
    assert "\nhint: " in text


def test_the_error_of_another_allocator_is_retried(cp):
    def make(size):
        if size > 20:
            raise MemoryError("std::bad_alloc")
        return size

    assert _memory.shrinking(make, 64, 1, "a tile") == 16
    with pytest.raises(MemoryError, match=r"a tile of 32, with [0-9]+ bytes.*: std::bad_alloc"):
        _memory.shrinking(make, 64, 32, "a tile")


def test_other_errors_are_not_retried(cp):
    def make(size):
        raise ValueError(size)

    with pytest.raises(ValueError, match="64"):
        _memory.shrinking(make, 64, 1, "a tile")
