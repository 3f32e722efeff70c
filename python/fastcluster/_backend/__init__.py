"""Where the work is done: one module per device, and one that chooses."""

from fastcluster._backend._select import Backend as Backend
from fastcluster._backend._select import select as select
from fastcluster._backend._threads import effective_threads as effective_threads

__all__ = ["Backend", "effective_threads", "select"]
