"""The time of every engine on one trial, and whether its answers are right.

The engines run A B C A B C, so that a machine that slows down or speeds up meanwhile does so for
all of them; the ratios of neighbouring runs show how far that went.
"""

from collections.abc import Mapping
from typing import Any

from fastcluster.bench import answers
from fastcluster.bench.contract import OURS, Engine, NotAvailable, Outcome
from fastcluster.bench.measure import Timed, spread, timed
from fastcluster.bench.trial import Trial

__all__ = ["Report", "measure"]

Report = dict[str, Any]
"""What a record keeps of an engine: str, int, float, lists and dicts of them."""


class _Runs:
    """What one engine has done so far."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.reason: Report = {}
        """Why it runs no more, if so: what the report then says."""
        self.timings: list[Timed[Outcome]] = []
        self.inertias: list[float] = []
        """Of k-means: one a timing."""

    def attempt(self, trial: Trial, seed: int | None) -> None:
        """Run once more, without a seed to warm up; after a failure do nothing."""
        if self.reason:
            return
        try:
            with self.engine.threads(trial.n_threads):
                if seed is None:
                    trial.warm_up(self.engine)
                    return
                done = timed(lambda: trial.run(self.engine, seed), trial.work.n_calls)
            answers.whole(trial, done.answer)
            if answers.is_k_means(trial.work.task):
                self.inertias.append(answers.inertia(trial, done.answer))
        except NotAvailable as reason:
            self.reason = {"absent": str(reason)}
        except Exception as error:  # a peer may fail in any way; the others go on
            self.reason = {"failed": f"{type(error).__name__}: {error}"}
        else:
            self.timings.append(done)

    def report(self, trial: Trial) -> Report:
        """Return times, inertias and the check of the last answer."""
        if self.reason:
            return self.reason
        walls = [done.wall for done in self.timings]
        last = self.timings[-1].answer
        return {
            "wall_seconds": walls,
            "cpu_seconds": [done.cpu for done in self.timings],
            "wall": spread(walls),
            **({"inertia": self.inertias} if self.inertias else {}),
            "n_iter": [done.answer.n_iter for done in self.timings],
            "stages": last.stages,
            "counts": last.counts,
            **answers.checked(trial, last),
        }


def measure(trial: Trial, engines: Mapping[str, Engine], repeats: int) -> dict[str, Report]:
    """Time the engines in turn; repeat r of each of them has the seed r."""
    runs = {name: _Runs(engine) for name, engine in engines.items()}
    for seed in (None, *range(repeats)):
        for one in runs.values():
            one.attempt(trial, seed)
    reports = {name: one.report(trial) for name, one in runs.items()}
    ours = runs.get(OURS)
    for name, one in runs.items():
        if ours and one is not ours and ours.timings and one.timings:
            pair = (ours.timings[-1].answer, one.timings[-1].answer)
            if found := answers.against_ours(trial.work.task, *pair):
                reports[name]["against_ours"] = found
    return reports
