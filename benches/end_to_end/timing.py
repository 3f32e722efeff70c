"""The time of every engine on one trial, and whether its answers are right.

The engines run A B C A B C, so that a machine that slows down or speeds up meanwhile does so for
all of them; the ratios of neighbouring runs show how far that went.
"""

from typing import Any

from benches.end_to_end import check
from benches.end_to_end.contract import Engine, Outcome
from benches.end_to_end.measure import Timed, spread, timed
from benches.end_to_end.trial import Trial

__all__ = ["measure"]


class _Runs:
    """What one engine has done so far."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.failure = ""
        self.timings: list[Timed[Outcome]] = []
        self.inertias: list[float] = []

    def attempt(self, trial: Trial, seed: int | None) -> None:
        """Run once more, without a seed to warm up; after a failure do nothing."""
        if self.failure:
            return
        try:
            with self.engine.threads(trial.n_threads):
                if seed is None:
                    trial.warm_up(self.engine)
                    return
                done = timed(lambda: trial.run(self.engine, seed), trial.case.n_calls)
        except Exception as error:  # a peer may fail in any way; the others go on
            self.failure = f"{type(error).__name__}: {error}"
            return
        self.timings.append(done)
        self.inertias.append(check.inertia(trial.X, done.answer.labels, self._centers(trial)))

    def report(self, trial: Trial) -> dict[str, Any]:
        """Return times, inertias and the check of the last labels."""
        if self.failure:
            return {"failed": self.failure}
        walls = [done.wall for done in self.timings]
        last = self.timings[-1].answer
        labels = check.check_labels(trial.X, last.labels, self._centers(trial))
        return {
            "wall_seconds": walls,
            "cpu_seconds": [done.cpu for done in self.timings],
            "wall": spread(walls),
            "inertia": self.inertias,
            "n_iter": [done.answer.n_iter for done in self.timings],
            "stages": last.stages,
            "n_labels_checked": labels.n_checked,
            "n_labels_wrong": labels.n_wrong,
            "largest_label_excess": labels.largest_excess,
        }

    def _centers(self, trial: Trial) -> Any:
        own = self.timings[-1].answer.centers
        return trial.centers if own is None else own


def measure(trial: Trial, engines: dict[str, Engine], repeats: int) -> dict[str, dict[str, Any]]:
    """Time the engines in turn; repeat r of each of them has the seed r."""
    runs = {name: _Runs(engine) for name, engine in engines.items()}
    for seed in (None, *range(repeats)):
        for one in runs.values():
            one.attempt(trial, seed)
    return {name: one.report(trial) for name, one in runs.items()}
