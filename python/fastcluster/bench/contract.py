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
`REMARKS`, optional
    A dict from a task to a sentence: what makes this engine's answer to it another work than that
    of the others, above all what is approximate. It goes into the record.
`OWN_START`, optional
    The tasks in which the library takes no start centers and draws its own. Its inertia is then
    that of another start, and no goal compares the two.
one function per task that it can do, each of the form `task(X, centers, settings) -> Outcome`
    `assign`: label each row of X by its nearest center.
    `lloyd`: run Lloyd's algorithm from the start `centers`; label the rows by the final centers.
    `fit`: run k-means as a user does who sets nothing but the number of clusters.
    `minibatch`: the same with mini-batch k-means.
    `hierarchical`: the same with a k-means that splits clusters into clusters.

What holds for a task:

* X is a C-contiguous float32 array of shape (n_samples, n_features), and must not be changed.
* `centers` is one of shape (n_clusters, n_features), or None where the case gives no start.
* The whole call is timed: it does what a user of the library has to do, no more, and returns when
  the work is done and the answer is in main memory (an engine on a GPU waits for it).
* A setting that is None stays at the library's default. A setting that the library cannot follow is
  a ValueError: it must not be ignored in silence.
* The labels belong to the centers that are returned. A library that does not return such labels
  gets them in the call, by its own search.
* What an installed version cannot do raises `NotAvailable`, and is reported as that.

More engines are more modules: a library on a GPU is one beside its CPU form, with its own NAME. A
new kind of work is a new task: a function in the engines that can do it, its name where the work is
chosen, and a new field of `Outcome` if it answers with something else than labels and centers. So a
density method (DBSCAN, HDBSCAN) answers with labels alone, and a search with neighbours.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["OURS", "Engine", "NotAvailable", "Outcome", "Settings", "Start", "Task", "Vectors"]

OURS = "fastcluster"
"""The engine with which all others are compared."""

Vectors = NDArray[np.float32]
Start = NDArray[np.float32] | None


class NotAvailable(Exception):  # noqa: N818 - no error: what is installed lacks the task
    """Raised by a task that the installed version of a library does not have."""


@dataclass(frozen=True)
class Settings:
    """What a trial asks of an engine."""

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
    """Shape (n_clusters, n_features); None where the trial gave the centers."""
    n_iter: int | None = None
    """Iterations that the engine says it ran."""
    stages: dict[str, float] = field(default_factory=dict)
    """Seconds of parts of the call, where they explain the sum."""
    counts: dict[str, float] = field(default_factory=dict)
    """What the library counted meanwhile, where it explains the time."""


class Engine(Protocol):
    """The part of the contract that every engine module has; the tasks are looked up by name."""

    NAME: str

    def version(self) -> str:
        """Return the installed version of the library."""
        ...

    def threads(self, n_threads: int) -> AbstractContextManager[Any]:
        """Make the library use this many threads."""
        ...


Task = Callable[[Vectors, Start, Settings], Outcome]
