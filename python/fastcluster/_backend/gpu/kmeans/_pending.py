"""Draws of k-means++ that wait for their step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastcluster._backend.gpu.runtime._cupy import cupy

__all__ = ["Pending", "joined"]


@dataclass(frozen=True, slots=True)
class Pending:
    """Draws that wait for their step, and what each brings nearer, by row.

    `rows`, `closest` (the float32 bits of their distances to the nearest center when drawn) and
    `sizes` of their lists are on the host; `list_rows` and `list_distances` are the lists one after
    the other, on the device.
    """

    rows: NDArray[np.int64]
    closest: NDArray[np.int64]
    sizes: NDArray[np.int64]
    list_rows: Any
    list_distances: Any

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def table(self) -> NDArray[np.int64]:
        """Where the lists begin and the last one ends, the rows, the bits of `closest`."""
        return np.concatenate([[0], np.cumsum(self.sizes), self.rows, self.closest])

    def only(self, draws: Sequence[int]) -> "Pending":
        """Return some of the draws, in ascending order."""
        ends = np.cumsum(self.sizes)
        spans = [slice(int(ends[at] - self.sizes[at]), int(ends[at])) for at in draws]
        places = np.asarray(draws, dtype=np.int64)
        return Pending(
            self.rows[places],
            self.closest[places],
            self.sizes[places],
            _concatenated([self.list_rows[span] for span in spans], "uint32"),
            _concatenated([self.list_distances[span] for span in spans], "float32"),
        )


def joined(parts: Sequence[Pending]) -> Pending:
    """Return the draws of all parts."""
    return Pending(
        _numbers([part.rows for part in parts]),
        _numbers([part.closest for part in parts]),
        _numbers([part.sizes for part in parts]),
        _concatenated([part.list_rows for part in parts], "uint32"),
        _concatenated([part.list_distances for part in parts], "float32"),
    )


def _numbers(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])


def _concatenated(parts: Sequence[Any], dtype: str) -> Any:  # noqa: ANN401 - device arrays
    """Join device arrays; without a copy where one alone has entries."""
    parts = [part for part in parts if part.shape[0]]
    if len(parts) == 1:
        return parts[0]
    return cupy().concatenate(parts) if parts else cupy().empty(0, dtype=dtype)
