"""Times of calls: synchronised, the median of several after a first one, within a budget."""

import statistics
import time

REPEATS = 5


class Clock:
    """What is left of a part's time.

    Parameters
    ----------
    seconds : float
        The part's budget.
    synchronize : callable
        Waits for the device.
    """

    def __init__(self, seconds, synchronize):
        self._end = time.monotonic() + seconds
        self.synchronize = synchronize

    @property
    def left(self):
        """Seconds."""
        return self._end - time.monotonic()

    def median(self, call, repeats=REPEATS):
        """Return the median time of a call, how many were timed, and all times.

        One call warms up. Fewer repeats are made where the budget would not last, but always one.
        """
        warm = self.once(call)
        times = []
        while len(times) < repeats and (not times or self.left > 2 * (times[-1] + warm)):
            times.append(self.once(call))
        return {
            "median_s": statistics.median(times),
            "n": len(times),
            "times_s": times,
            "first_s": warm,
        }

    def once(self, call):
        """Return the time of one call."""
        self.synchronize()
        began = time.perf_counter()
        call()
        self.synchronize()
        return time.perf_counter() - began

    def per_step(self, call, few, many, repeats=REPEATS):
        """Return the time of one step: of a call of `many` steps less one of `few`."""
        short = self.median(lambda: call(few), repeats)
        long = self.median(lambda: call(many), repeats)
        step = (long["median_s"] - short["median_s"]) / (many - few)
        return {"step_s": step, "few": few, "many": many, "short": short, "long": long}
