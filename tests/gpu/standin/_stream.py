"""Streams and events. Copies to a stream of their own wait until somebody waits for them.

Kernels, and functions on arrays, run at once (after what their stream still has to do); a copy that
was given to another stream runs when that stream, or an event behind it, is waited for. So a reader
that does not wait finds the memory as it was.
"""

import threading
import weakref
from contextlib import contextmanager

from ._state import state

_local = threading.local()
_working = threading.RLock()
"""One thread at a time does a stream's work, so that it is done in order."""
_streams = weakref.WeakSet()


class Stream:
    """As CuPy's."""

    _numbers = iter(range(1, 1 << 62))

    def __init__(self, null=False, non_blocking=False, ptds=False, priority=None):
        self.ptr = 0 if null else next(self._numbers)
        self.null_stream = null
        self.non_blocking = non_blocking
        self.device_id = -1 if null else state.device
        self._waiting = []
        _streams.add(self)

    def put(self, action):
        """Do it now on the null stream, later on another one."""
        self._waiting.append(action)
        if self.ptr == 0:
            run_now(self)

    def drain(self):
        """Do what waits."""
        with _working:
            while self._waiting:
                self._waiting.pop(0)()

    def synchronize(self):
        run_now(self)

    @property
    def done(self):
        return not self._waiting

    def record(self, event=None):
        event = event or Event()
        event._mark = _Mark(self)
        self._waiting.append(event._mark.reach)
        if self.ptr == 0:
            self.drain()
        return event

    def wait_event(self, event):
        self._waiting.append(event._mark.wait)  # what it marks now: it may be recorded again
        if self.ptr == 0:
            self.drain()

    def use(self):
        _stack()[-1] = self
        return self

    def __enter__(self):
        _stack().append(self)
        return self

    def __exit__(self, *error):
        _stack().pop()

    def __eq__(self, other):
        return isinstance(other, Stream) and self.ptr == other.ptr

    def __hash__(self):
        return hash(self.ptr)


class ExternalStream(Stream):
    """Somebody else's stream."""

    def __init__(self, ptr, device_id=-1):
        super().__init__()
        self.ptr = ptr


Stream.null = Stream(null=True)
Stream.ptds = Stream.null


class _Mark:
    """A place in the work of a stream."""

    def __init__(self, stream=None):
        self.stream, self.reached = stream, stream is None

    def reach(self):
        self.reached = True

    def wait(self):
        """Do the stream's work up to here."""
        with _working:
            while not self.reached and self.stream._waiting:
                self.stream._waiting.pop(0)()


class Event:
    """As CuPy's; time does not pass."""

    def __init__(self, block=False, disable_timing=False, interprocess=False):
        self._mark, self.disable_timing = _Mark(), disable_timing

    def record(self, stream=None):
        (stream or current_stream()).record(self)

    def synchronize(self):
        self._mark.wait()

    @property
    def done(self):
        return self._mark.reached


def elapsed(start, stop):
    """Return milliseconds between two events."""
    if start.disable_timing or stop.disable_timing:
        raise RuntimeError("cudaErrorInvalidResourceHandle: an event without timing")
    return 1.0


def _stack():
    if not hasattr(_local, "stack"):
        _local.stack = [Stream.null]
    return _local.stack


def current_stream(device_id=-1):
    """Return the stream that is current in this thread."""
    return _stack()[-1]


def run_now(stream=None):
    """Do what a stream still has to do before the next operation on it."""
    stream = stream or current_stream()
    stream.drain()
    if stream.ptr == 0:  # the null stream waits for all that are not non-blocking
        for other in list(_streams):
            if not other.non_blocking:
                other.drain()


def run_all():
    """Do everything that waits, as synchronising a device does."""
    for stream in list(_streams):
        stream.drain()


@contextmanager
def on(stream):
    """Run a block with a stream; None is the current one."""
    with stream or current_stream() as given:
        yield given
