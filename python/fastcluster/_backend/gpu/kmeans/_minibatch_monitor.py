"""When a mini-batch fit stops, and what it reports: the rules of the core."""

import math
from typing import Final

from fastcluster._typing import OnEvent

__all__ = ["Monitor"]

_LOOK_BACK: Final = 12
"""The average looks back over no more than so many batches, or so many rows per cluster."""


class Monitor:
    """Watches the averaged batch inertia and the movement of the centers.

    Parameters
    ----------
    batch_size, n_rows, n_clusters : int
        Sizes.
    batches_per_move : int
        Batches that share their centers: they can improve only together.
    tolerance : float
        Squared movement, in working space, at which the fit stops; 0 never stops it so.
    patience : int or None
        Steps without a lower average after which the fit stops.
    on_event : callable or None
        Is told of every step.
    """

    def __init__(  # noqa: PLR0913 - the rules of a fit
        self,
        *,
        batch_size: int,
        n_rows: int,
        n_clusters: int,
        batches_per_move: int,
        tolerance: float,
        patience: int | None,
        on_event: OnEvent | None,
    ) -> None:
        look_back = min(n_rows, _LOOK_BACK * max(batch_size, n_clusters))
        least = batches_per_move if batches_per_move > 1 else 0
        self._alpha = min(batch_size * 2.0 / (look_back + 1.0), 1.0)
        self._tolerance = tolerance
        self._patience = None if patience is None else max(patience, least)
        self._on_event = on_event
        self._least, self._n_without, self._step = math.inf, 0, 0
        self.average = math.nan

    def take(self, batch_inertia: float) -> None:
        """Take in the next batch's inertia; the first, of the start centers, does not count."""
        self._step += 1
        if self._step == 2:
            self.average = batch_inertia
        elif self._step > 2:
            self.average = self.average * (1.0 - self._alpha) + batch_inertia * self._alpha
        if self._step > 1:
            lower = self.average < self._least
            self._n_without = 0 if lower else self._n_without + 1
            self._least = self.average if lower else self._least
        self._report("step", self._step, batch_inertia, self.average)

    def reassigned(self, n_centers: int) -> None:
        """Report that centers were moved to random rows."""
        if n_centers:
            self._report("reassigned", n_centers)

    def stops(self, shift: float) -> bool:
        """Say whether the fit stops after a move of the centers by `shift`, squared."""
        if self._step == 1:
            return False
        if self._tolerance > 0.0 and shift <= self._tolerance:
            self._report("small_change", self._step)
            return True
        if self._patience is not None and self._n_without >= self._patience:
            self._report("no_improvement", self._step)
            return True
        return False

    def _report(self, kind: str, count: int, a: float = 0.0, b: float = 0.0) -> None:
        if self._on_event is not None:
            self._on_event(kind, 0, count, a, b)
