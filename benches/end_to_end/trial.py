"""A case with its vectors: what every engine is given."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benches.end_to_end.cases import Case
from benches.end_to_end.contract import Engine, Outcome, Settings

__all__ = ["Trial"]

WARM_UP_ROWS = 256
WARM_UP_CLUSTERS = 4


@dataclass(frozen=True)
class Trial:
    """A case, its vectors, its start centers and the number of threads."""

    case: Case
    X: NDArray[np.float32]
    centers: NDArray[np.float32] | None
    n_threads: int

    def settings(self, seed: int) -> Settings:
        """Return what the case asks for; the seed differs from repeat to repeat."""
        case = self.case
        return Settings(case.n_clusters, case.max_iter, case.tol, seed, self.n_threads)

    def run(self, engine: Engine, seed: int) -> Outcome:
        """Let an engine do the task, inside its own `threads`."""
        return getattr(engine, self.case.task)(self.X, self.centers, self.settings(seed))

    def warm_up(self, engine: Engine) -> None:
        """Let an engine do the task on a few rows: it loads what it loads late, starts threads."""
        n_clusters = min(self.case.n_clusters, WARM_UP_CLUSTERS)
        centers = None if self.centers is None else self.centers[:n_clusters].copy()
        settings = Settings(n_clusters, 2, self.case.tol, 0, self.n_threads)
        getattr(engine, self.case.task)(self.X[:WARM_UP_ROWS].copy(), centers, settings)
