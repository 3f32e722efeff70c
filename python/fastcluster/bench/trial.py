"""Some work with its vectors: what every engine is given."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fastcluster.bench.contract import Engine, Given, Outcome, Settings, Task, Vectors
from fastcluster.bench.givens import fewer

__all__ = ["Trial", "Work"]

WARM_UP_ROWS = 256
WARM_UP_CLUSTERS = 4
WARM_UP_ITERATIONS = 2


@dataclass(frozen=True)
class Work:
    """What is asked of every engine; None leaves a setting at the library's default.

    `n_clusters` is 0 where the task has no such number, `n_calls` the number of calls in one
    timing, for calls too short to be timed alone, and `parameters` what is special to the task.
    """

    task: str
    n_clusters: int = 0
    max_iter: int | None = None
    tol: float | None = None
    n_calls: int = 1
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trial:
    """Work, its vectors, what is given beside them (`givens`) and the number of threads."""

    work: Work
    X: Vectors
    given: Given
    n_threads: int

    def run(self, engine: Engine, seed: int) -> Outcome:
        """Let an engine do the task, inside its own `threads`."""
        work = self.work
        settings = Settings(
            work.n_clusters, work.max_iter, work.tol, seed, self.n_threads, work.parameters
        )
        task: Task = getattr(engine, work.task)
        return task(self.X, self.given, settings)

    def warm_up(self, engine: Engine) -> None:
        """Let an engine do the task on a few rows: it loads what it loads late, starts threads."""
        n_clusters = min(self.work.n_clusters, WARM_UP_CLUSTERS)
        X = self.X[:WARM_UP_ROWS].copy()
        few = Trial(
            replace(self.work, n_clusters=n_clusters, max_iter=WARM_UP_ITERATIONS),
            X,
            None if self.given is None else fewer(X, self.given, self.work.task, n_clusters),
            self.n_threads,
        )
        few.run(engine, seed=0)
