"""Host rows on their way to the GPU: a ring of pinned buffers, filled ahead of the work.

A reader thread copies the next block into pinned memory (by several threads: one does not reach the
bus's speed) and sends it on a stream of its own, while the GPU works on the block before. Arrays of
the user are not page-locked: that is slow, and fails on read-only maps.
"""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fastcluster._backend.gpu.runtime._cupy import cupy

__all__ = ["DEPTH", "Ring"]

DEPTH: Final = 3
"""Buffers, pinned and on the device: one is worked on, one on its way, one being filled."""

_COPIERS: Final = min(8, os.cpu_count() or 1)
"""Threads that copy into pinned memory."""

_PIECE_BYTES: Final = 1 << 22
"""A thread copies at least so much."""


class Ring:
    """Streams the rows of a host array, in blocks of `size` rows.

    Parameters
    ----------
    array : ndarray of shape (n_rows, n_features)
        In host memory, or mapped from a file; any strides, a dtype that the device knows.
    size : int
        Rows per block.
    """

    def __init__(self, array: NDArray[Any], size: int) -> None:
        cp = cupy()
        self._array, self._size = array, size
        self._number = cp.cuda.Device().id
        self._copies = cp.cuda.Stream(non_blocking=True)
        shape = (min(size, len(array)), array.shape[1])
        self._n_blocks = -(-len(array) // size)
        self._pinned = [_pinned(shape, array.dtype) for _ in range(min(DEPTH, self._n_blocks))]
        self._sent: list[Any] = [None] * len(self._pinned)

    def blocks(self, target: Any = None) -> Iterator[tuple[int, int, Any]]:  # noqa: ANN401
        """Yield start, stop and the rows between, on the device.

        Parameters
        ----------
        target : device array, optional
            Where all rows are to stay; else they pass through buffers, and a block is valid until
            the next one is asked for.
        """
        cp = cupy()
        work = cp.cuda.get_current_stream()
        buffers = self._buffers(cp) if target is None else None
        # Memory from the pool may still be used by what was launched before.
        before = _recorded(cp, work)
        depth = len(self._pinned)
        copiers, reader = ThreadPoolExecutor(_COPIERS), ThreadPoolExecutor(1)
        pending: deque[Future[tuple[int, int, Any, Any]]] = deque()

        def submit(block: int, after: Any) -> None:  # noqa: ANN401 - an event
            pending.append(reader.submit(self._load, block, after, buffers, target, copiers))

        try:
            for block in range(depth):
                submit(block, before)
            for block in range(self._n_blocks):
                start, stop, values, arrived = pending.popleft().result()
                work.wait_event(arrived)
                yield start, stop, values
                if block + depth < self._n_blocks:
                    submit(block + depth, _recorded(cp, work))
        finally:
            # The reader first: a copy that it starts later would outlive its buffers.
            reader.shutdown(cancel_futures=True)
            copiers.shutdown()
            self._copies.synchronize()

    def _buffers(self, cp: Any) -> list[Any]:  # noqa: ANN401 - CuPy
        return [cp.empty(pinned.shape, dtype=pinned.dtype) for pinned in self._pinned]

    def _load(
        self,
        block: int,
        after: Any,  # noqa: ANN401 - an event
        buffers: list[Any] | None,
        target: Any,  # noqa: ANN401 - a device array
        copiers: ThreadPoolExecutor,
    ) -> tuple[int, int, Any, Any]:
        """Fill a pinned buffer and send it, once what used the places before is done."""
        cp = cupy()
        slot = block % len(self._pinned)
        start = block * self._size
        stop = min(start + self._size, len(self._array))
        with cp.cuda.Device(self._number):
            if self._sent[slot] is not None:
                self._sent[slot].synchronize()
            pinned = self._pinned[slot][: stop - start]
            _copy(self._array[start:stop], pinned, copiers)
            values = target[start:stop] if buffers is None else buffers[slot][: stop - start]
            self._copies.wait_event(after)
            values.set(pinned, stream=self._copies)
            self._sent[slot] = _recorded(cp, self._copies)
        return start, stop, values, self._sent[slot]


def _recorded(cp: Any, stream: Any) -> Any:  # noqa: ANN401 - CuPy's
    event = cp.cuda.Event(disable_timing=True)
    event.record(stream)
    return event


def _pinned(shape: tuple[int, int], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return page-locked memory of a power of two bytes: CuPy keeps what was freed, by its size."""
    n_bytes = shape[0] * shape[1] * dtype.itemsize
    memory = cupy().cuda.alloc_pinned_memory(1 << max(n_bytes - 1, 0).bit_length())
    return np.frombuffer(memory, dtype=dtype, count=shape[0] * shape[1]).reshape(shape)


def _copy(source: NDArray[Any], target: NDArray[Any], copiers: ThreadPoolExecutor) -> None:
    """Copy rows by several threads; NumPy lets go of the interpreter meanwhile."""
    n_pieces = min(_COPIERS, len(source), 1 + target.nbytes // _PIECE_BYTES)
    cuts = [len(source) * piece // n_pieces for piece in range(n_pieces + 1)]
    pieces = [
        copiers.submit(np.copyto, target[start:stop], source[start:stop])
        for start, stop in pairwise(cuts)
    ]
    for piece in pieces:
        piece.result()
