"""How much of the processor other processes took while a case was timed.

Taking turns does not cancel a busy machine, because libraries suffer from it unequally: on two
cores, scikit-learn's default fit of 2,500 x 384 into 1,000 clusters took 2.9 s where others had 2 %
of the processor, and 41 s at a load of 8. So ratios from such a run mean nothing, in either
direction. Every case measures its company, and a run that had any is not kept among the records.
The load average would not do: it lags by minutes, and counts this process too.
"""

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["SHARE_MAX", "Meter", "disturbance"]

STAT = Path("/proc/stat")
BUSY_FIELDS = (0, 1, 2, 5, 6, 7)
"""user, nice, system, irq, softirq and steal; not idle, iowait and what user already counts."""
SHARE_MAX = 0.05
"""Above this share of the processor, a case is said to have been disturbed."""
LOAD_MAX = 0.5
"""Load average at the start above which the machine was busy, where /proc/stat cannot say."""


@dataclass(frozen=True)
class Meter:
    """The state of the counters when the meter was started."""

    busy: float | None
    own: float
    wall: float

    @classmethod
    def start(cls) -> "Meter":
        """Read the counters."""
        return cls(_busy_seconds(), time.process_time(), time.perf_counter())

    def others(self) -> float | None:
        """Return the share of all cores that others took since the start; None if not known."""
        now = Meter.start()
        if self.busy is None or now.busy is None:
            return None
        seconds = (now.busy - self.busy) - (now.own - self.own)
        return max(0.0, seconds / ((now.wall - self.wall) * (os.cpu_count() or 1)))


def _busy_seconds() -> float | None:
    """Return the seconds that all cores together have worked since the start of the system."""
    if not STAT.exists():
        return None
    ticks = [int(field) for field in STAT.read_text().splitlines()[0].split()[1:]]
    return sum(ticks[field] for field in BUSY_FIELDS) / os.sysconf("SC_CLK_TCK")


def disturbance(shares: Iterable[float | None], load_average: Sequence[float]) -> str | None:
    """Return a sentence if others had the machine too, as far as can be known.

    Parameters
    ----------
    shares : iterable of float or None
        What `Meter.others` said of each case.
    load_average : sequence of float
        The load averages at the start, used where no share is known; may be empty.
    """
    known = [share for share in shares if share is not None]
    if known:
        taken = f"up to {max(known):.0%} of the processor" if max(known) > SHARE_MAX else ""
    else:
        taken = "time" if load_average and load_average[0] > LOAD_MAX else ""
    if not taken:
        return None
    return (
        f"other processes took {taken} during the timings, which slows some libraries far "
        "more than others: do not quote these ratios"
    )
