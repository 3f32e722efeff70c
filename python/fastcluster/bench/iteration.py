"""The time of one more Lloyd iteration: a pass over rows that are prepared already.

Every engine runs the same fit twice, to `max_iter` and to one iteration more; the difference of the
two is what that iteration costs, without whatever a fit does once: copies of the rows, a rotation,
a quantised form, the labels at the end. A difference of two measurements is less certain than
either. For this library `stages` and `counts` have the last iteration by its own clock, and which
share of all pairs of row and center it scored: 1 where no bound helped.
"""

from collections.abc import Mapping
from dataclasses import replace

from fastcluster.bench import timing
from fastcluster.bench.contract import Engine
from fastcluster.bench.measure import spread
from fastcluster.bench.timing import Report
from fastcluster.bench.trial import Trial

__all__ = ["measure"]


def measure(trial: Trial, engines: Mapping[str, Engine], repeats: int) -> dict[str, Report]:
    """Return what `timing.measure` does, with the times of one more iteration.

    The engines take turns; the two fits of one of them follow one another.

    Raises
    ------
    ValueError
        If the trial leaves the number of iterations open.
    """
    if trial.work.max_iter is None:
        raise ValueError("one more iteration needs max_iter, got None")
    longer = replace(trial, work=replace(trial.work, max_iter=trial.work.max_iter + 1))
    pairs: dict[str, list[tuple[Report, Report]]] = {name: [] for name in engines}
    for _ in range(repeats):
        for name, engine in engines.items():
            short, long = (timing.measure(one, {name: engine}, 1) for one in (trial, longer))
            pairs[name].append((short[name], long[name]))
    return {name: _difference(found) for name, found in pairs.items()}


def _difference(pairs: list[tuple[Report, Report]]) -> Report:
    """Return the longer fit's report, with the differences in place of its times."""
    for pair in pairs:
        for one in pair:
            if "wall" not in one:
                return one
    report = dict(pairs[-1][1])
    for clock in ("wall_seconds", "cpu_seconds"):
        report[clock] = [longer[clock][0] - shorter[clock][0] for shorter, longer in pairs]
    report["wall"] = spread(report["wall_seconds"])
    for key in ("inertia", "n_iter"):
        report[key] = [longer[key][0] for _, longer in pairs]
    report["fit_wall_seconds"] = [shorter["wall_seconds"][0] for shorter, _ in pairs]
    if report["wall"]["low"] <= 0:
        return {"failed": "the two fits differ by less than the noise of their times"}
    return report
