"""Counter-based random numbers on the GPU: those of the core, bit for bit.

The number for (seed, task, index) is a pure function of the three, so any order and any tiling
draws the same, and the CPU does, too. The task keeps uses apart that share a seed.
"""

from dataclasses import dataclass
from typing import Any, Final

from fastcluster._backend.gpu.runtime._cupy import cupy
from fastcluster._backend.gpu.runtime._kernels import kernel, launch

__all__ = ["Ahead", "Stream"]

_THREADS: Final = 256

_AHEAD: Final = 1 << 15
"""Numbers drawn at once where they are asked for a few at a time: 256 KiB."""


@dataclass(frozen=True, slots=True)
class Stream:
    """The numbers of one seed and task, both in 0..2⁶⁴."""

    seed: int
    task: int

    def bits(self, start: int, count: int) -> Any:  # noqa: ANN401 - a device array
        """Return 64 random bits for each of the indices from `start`, as uint64."""
        return self._drawn("bits", "uint64", start, count)

    def uniform(self, start: int, count: int) -> Any:  # noqa: ANN401 - a device array
        """Return a float64 in [0, 1) for each of the indices from `start`."""
        return self._drawn("uniform", "float64", start, count)

    def below(self, start: int, count: int, n: int) -> Any:  # noqa: ANN401 - a device array
        """Return an int64 in 0..n for each index from `start`; its bias is below n / 2⁶⁴."""
        return self._drawn("below", "int64", start, count, n)

    def _drawn(self, function: str, dtype: str, start: int, count: int, *more: int) -> Any:  # noqa: ANN401
        out = cupy().empty(count, dtype=dtype)
        key = _signed(self.seed), _signed(self.task)
        blocks = -(-count // _THREADS)
        launch(kernel("random.cu", function), blocks, _THREADS, *key, start, count, *more, out)
        return out


class Ahead:
    """The uniform numbers of a stream for a reader who goes forward, a few at a time."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._first, self._numbers = 0, stream.uniform(0, 0)

    def uniform(self, start: int, count: int) -> Any:  # noqa: ANN401 - a device array
        """Return what the stream gives for the indices from `start`."""
        if start + count > self._first + len(self._numbers):
            self._first = start
            self._numbers = self._stream.uniform(start, max(count, _AHEAD))
        return self._numbers[start - self._first : start - self._first + count]


def _signed(bits: int) -> int:
    """Return 64 bits as the `long long` that kernels take."""
    return bits - 2**64 if bits >= 2**63 else bits
