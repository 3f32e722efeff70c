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
one function per task that it can do, each of the form `task(X, given, settings) -> Outcome`
    `assign`: label each row of X by its nearest center.
    `lloyd`: run Lloyd's algorithm from the start centers; label the rows by the final centers.
    `fit`: run k-means as a user does who sets nothing but the number of clusters.
    `minibatch`: the same with mini-batch k-means.
    `hierarchical`: the same with a k-means that splits clusters into clusters.
    `dbscan`: DBSCAN's labels and core rows, for the parameters eps, min_samples (a row counts
    itself) and metric.
    `hdbscan`: HDBSCAN's labels, for the parameters min_cluster_size, min_samples (a row counts
    itself; without it min_cluster_size) and metric.
    `linkage`: the dendrogram of condensed distances, for the parameter method.
    `ward`: Ward's dendrogram of the rows.
    `silhouette`: the mean silhouette of labels that are given, for the parameter metric.

What holds for a task:

* X is a C-contiguous float32 array of shape (n_samples, n_features), and must not be changed.
* `given` is what the case gives beside X (`givens.py`), or None: for k-means start centers of shape
  (n_clusters, n_features), for `silhouette` labels, for `linkage` condensed float64 distances. It
  must not be changed either. What else a task needs is in `settings.parameters`.
* The whole call is timed: it does what a user of the library has to do, no more, and returns when
  the work is done and the answer is in main memory (an engine on a GPU waits for it).
* A setting that is None stays at the library's default. A setting that the library cannot follow is
  a ValueError: it must not be ignored in silence.
* The labels of k-means belong to the centers that are returned. A library that does not return
  such labels gets them in the call, by its own search.
* What an installed version cannot do raises `NotAvailable`, and is reported as that.

More engines are more modules: a library on a GPU is one beside its CPU form, with its own NAME. A
new kind of work is a new task: a function in the engines that can do it, and in `answers.py` how
its answer is checked and compared with this library's. It answers with labels or with `values`.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["OURS", "Engine", "Given", "NotAvailable", "Outcome", "Settings", "Task", "Vectors"]

OURS = "fastcluster"
"""The engine with which all others are compared."""

Vectors = NDArray[np.float32]
Given = NDArray[Any] | None


class NotAvailable(Exception):  # noqa: N818 - no error: what is installed lacks the task
    """Raised by a task that the installed version of a library does not have."""


@dataclass(frozen=True)
class Settings:
    """What a trial asks of an engine."""

    n_clusters: int = 0
    """0 where the task has no such number."""
    max_iter: int | None = None
    tol: float | None = None
    seed: int = 0
    n_threads: int = 1
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """What is special to the task."""


@dataclass
class Outcome:
    """What an engine answers."""

    labels: NDArray[Any] | None = None
    """Shape (n_samples,), integers, -1 for noise; None where the answer is `values`."""
    centers: NDArray[Any] | None = None
    """Shape (n_clusters, n_features); None where the trial gave the centers, or there are none."""
    n_iter: int | None = None
    """Iterations that the engine says it ran."""
    stages: dict[str, float] = field(default_factory=dict)
    """Seconds of parts of the call, where they explain the sum."""
    counts: dict[str, float] = field(default_factory=dict)
    """What the library counted meanwhile, where it explains the time."""
    core: NDArray[Any] | None = None
    """Of DBSCAN: shape (n_samples,), bool, the rows with `min_samples` neighbours."""
    values: NDArray[Any] | None = None
    """The heights of a dendrogram's merges, in its order, or one score."""


class Engine(Protocol):
    """The part of the contract that every engine module has; the tasks are looked up by name."""

    NAME: str

    def version(self) -> str:
        """Return the installed version of the library."""
        ...

    def threads(self, n_threads: int) -> AbstractContextManager[Any]:
        """Make the library use this many threads."""
        ...


Task = Callable[[Vectors, Given, Settings], Outcome]
