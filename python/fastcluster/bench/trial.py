"""Some work with its vectors: what every engine is given."""

from dataclasses import dataclass, replace

from fastcluster.bench.contract import Engine, Outcome, Settings, Start, Task, Vectors

__all__ = ["Trial", "Work"]

WARM_UP_ROWS = 256
WARM_UP_CLUSTERS = 4
WARM_UP_ITERATIONS = 2


@dataclass(frozen=True)
class Work:
    """What is asked of every engine; None leaves a setting at the library's default.

    `n_calls` is the number of calls in one timing, for calls too short to be timed alone.
    """

    task: str
    n_clusters: int
    max_iter: int | None = None
    tol: float | None = None
    n_calls: int = 1


@dataclass(frozen=True)
class Trial:
    """Work, its vectors, its start centers and the number of threads."""

    work: Work
    X: Vectors
    centers: Start
    n_threads: int

    def run(self, engine: Engine, seed: int) -> Outcome:
        """Let an engine do the task, inside its own `threads`."""
        work = self.work
        settings = Settings(work.n_clusters, work.max_iter, work.tol, seed, self.n_threads)
        task: Task = getattr(engine, work.task)
        return task(self.X, self.centers, settings)

    def warm_up(self, engine: Engine) -> None:
        """Let an engine do the task on a few rows: it loads what it loads late, starts threads."""
        n_clusters = min(self.work.n_clusters, WARM_UP_CLUSTERS)
        few = Trial(
            replace(self.work, n_clusters=n_clusters, max_iter=WARM_UP_ITERATIONS),
            self.X[:WARM_UP_ROWS].copy(),
            None if self.centers is None else self.centers[:n_clusters].copy(),
            self.n_threads,
        )
        few.run(engine, seed=0)
