"""What an engine is: the one place that says so.

An engine is a module in `engines/` with

`NAME`
    The name in reports, as its users write it.
`version()`
    The installed version, a str. The module imports the library at its top, so that a library
    that is missing shows as an ImportError when the engine is loaded, and as absent in the report.
`threads(n_threads)`
    A context manager inside which the library uses that many threads, by the library's own means.
`describe()`, optional
    A dict of str that goes into the record, such as the instruction set in use.
one function per task that it can do, each of the form `task(X, centers, settings) -> Outcome`
    `assign`: label each row of X by its nearest center.
    `lloyd`: run Lloyd's algorithm from the start `centers`; label the rows by the final centers.
    `fit`: run exact k-means as a user does who sets nothing but the number of clusters.
    `minibatch`: the same with mini-batch k-means.

What holds for a task:

* X is a C-contiguous float32 array of shape (n_samples, n_features), and must not be changed.
* `centers` is one of shape (n_clusters, n_features), or None where the case gives no start.
* The whole call is timed: it does what a user of the library has to do, no more, and returns when
  the work is done and the answer is in main memory (an engine on a GPU waits for it).
* A setting that is None stays at the library's default.
* The labels belong to the centers that are returned. A library that does not return such labels
  gets them in the call, by its own search.
* A case names its task, so a new kind of work (a density method, a search) is a new function in
  the engines that can do it, and a new field of `Outcome` if it answers with something else.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Engine", "Outcome", "Settings", "Task"]


@dataclass(frozen=True)
class Settings:
    """What a case asks of an engine."""

    n_clusters: int
    max_iter: int | None = None
    tol: float | None = None
    seed: int = 0
    n_threads: int = 1


@dataclass
class Outcome:
    """What an engine answers."""

    labels: NDArray[Any]
    """Shape (n_samples,), integers."""
    centers: NDArray[Any] | None = None
    """Shape (n_clusters, n_features); None where the case gave the centers."""
    n_iter: int | None = None
    """Iterations that the engine says it ran."""
    stages: dict[str, float] = field(default_factory=dict)
    """Seconds of parts of the call, where they explain the sum."""


class Engine(Protocol):
    """The part of the contract that every engine module has; the tasks are looked up by name."""

    NAME: str

    def version(self) -> str:
        """Return the installed version of the library."""
        ...

    def threads(self, n_threads: int) -> AbstractContextManager[Any]:
        """Make the library use this many threads."""
        ...


Task = Callable[[NDArray[np.float32], NDArray[np.float32] | None, Settings], Outcome]
