"""Random numbers on the GPU are the core's."""

import numpy as np
import pytest

MASK = 2**32 - 1


def philox(counter, key):
    """Philox 4x32 with 10 rounds, from its definition."""
    for _ in range(10):
        first, second = counter[0] * 0xD2511F53, counter[2] * 0xCD9E8D57
        counter = [
            (second >> 32) ^ counter[1] ^ key[0], second & MASK,
            (first >> 32) ^ counter[3] ^ key[1], first & MASK,
        ]  # fmt: skip
        key = [(key[0] + 0x9E3779B9) & MASK, (key[1] + 0xBB67AE85) & MASK]
    return counter


def bits_of(seed, task, index):
    halves = [value >> shift & MASK for value in (index, task, seed) for shift in (0, 32)]
    block = philox(halves[:4], halves[4:])
    return block[0] | block[1] << 32


def test_the_twin_gives_the_known_answers_of_the_authors():
    assert philox([0] * 4, [0] * 2) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    pi = philox([0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], [0xA4093822, 0x299F31D0])
    assert pi == [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]


@pytest.mark.parametrize(
    ("seed", "task", "start"),
    [(0, 0, 0), (2**64 - 1, 2**64 - 1, 2**62), (0x1234_5678_9ABC_DEF0, 1003, 2**32 - 5)],
)
@pytest.mark.usefixtures("standin")
def test_bits_and_what_is_made_of_them(seed, task, start):
    from fastcluster._backend.gpu.runtime._random import Stream

    stream, count = Stream(seed, task), 300
    bits = [bits_of(seed, task, start + place) for place in range(count)]
    np.testing.assert_array_equal(stream.bits(start, count).get(), np.array(bits, dtype=np.uint64))
    uniform = np.array([value >> 11 for value in bits]) * 2.0**-53
    np.testing.assert_array_equal(stream.uniform(start, count).get(), uniform)
    for n in (1, 7, 2**31, 2**53 + 1, 2**63 - 1):
        below = [value * n >> 64 for value in bits]
        np.testing.assert_array_equal(stream.below(start, count, n).get(), np.array(below))


@pytest.mark.usefixtures("standin")
def test_numbers_drawn_ahead_are_the_same(monkeypatch):
    from fastcluster._backend.gpu.runtime import _random

    monkeypatch.setattr(_random, "_AHEAD", 10)
    stream = _random.Stream(3, 4)
    ahead, start = _random.Ahead(stream), 0
    for count in (3, 7, 2, 25, 0, 9):
        expected = stream.uniform(start, count).get()
        np.testing.assert_array_equal(ahead.uniform(start, count).get(), expected)
        start += count


@pytest.mark.usefixtures("standin")
def test_no_numbers():
    from fastcluster._backend.gpu.runtime._random import Stream

    assert Stream(0, 0).bits(0, 0).shape == (0,)
