"""How one call is timed, and what many timings come to."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Timed", "ratio", "spread", "timed"]

T = TypeVar("T")

PAUSE_SECONDS = 0.2
"""Before each timing: by then the idle threads of the engine before have stopped spinning."""


@dataclass(frozen=True)
class Timed(Generic[T]):
    """Seconds per call, and the answer of the last call."""

    wall: float
    cpu: float
    answer: T


def timed(call: Callable[[], T], n_calls: int = 1) -> Timed[T]:
    """Call `n_calls` times, and return the mean wall and CPU time of a call.

    CPU time is that of all threads of the process.
    """
    gc.collect()
    time.sleep(PAUSE_SECONDS)
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(n_calls):
        answer = call()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Timed(wall / n_calls, cpu / n_calls, answer)


def spread(values: list[float]) -> dict[str, float]:
    """Return median, lowest and highest."""
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def ratio(theirs: list[float], ours: list[float]) -> dict[str, float]:
    """Return the ratio of the medians, and the lowest and highest ratio of neighbouring runs."""
    pairs = [a / b for a, b in zip(theirs, ours, strict=True)]
    medians = statistics.median(theirs) / statistics.median(ours)
    return {"median": medians, "low": min(pairs), "high": max(pairs)}
