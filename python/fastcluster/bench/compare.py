"""One trial, many engines: who takes part, what each of them did, how they relate."""

from collections.abc import Callable, Iterable, Mapping

from fastcluster.bench import iteration, memory, timing
from fastcluster.bench.contention import Meter
from fastcluster.bench.contract import OURS, Engine
from fastcluster.bench.engines import Absent, load
from fastcluster.bench.measure import ratio
from fastcluster.bench.timing import Report
from fastcluster.bench.trial import Trial

__all__ = ["MEASURES", "compare"]

_TIMED: dict[str, Callable[[Trial, Mapping[str, Engine], int], dict[str, Report]]] = {
    "time": timing.measure,
    "iteration": iteration.measure,
}
MEASURES = (*_TIMED, "memory")
"""What can be measured of a trial: a whole call, one more iteration, peak memory."""


def compare(trial: Trial, names: Iterable[str], measure: str, repeats: int) -> Report:
    """Let engines work on a trial in turn.

    Parameters
    ----------
    trial : Trial
        What they are given.
    names : iterable of str
        The engines, in the order in which they take their turns.
    measure : {"time", "iteration", "memory"}
        What is measured.
    repeats : int
        How often, except for memory, which is measured once.

    Returns
    -------
    dict
        `engines`: a report per name; one that is absent, cannot do the task or fails has a report
        that says so. `ratios`: every timed peer's figures over this library's.
        `others_cpu_share`, for times: what other processes took meanwhile.
    """
    names = tuple(names)
    engines = {name: load(name) for name in names}
    reports = {name: _missing(engine, trial.work.task) for name, engine in engines.items()}
    present = {
        name: engine
        for name, engine in engines.items()
        if not isinstance(engine, Absent) and not reports[name]
    }
    result: Report = {}
    if measure == "memory":
        reports |= {name: memory.measure(trial, name) for name in present}
    else:
        meter = Meter.start()
        reports |= _TIMED[measure](trial, present, repeats)
        result["others_cpu_share"] = meter.others()
    for name, engine in present.items():
        reports[name] |= _caveats(engine, trial.work.task)
    return {**result, "engines": reports, "ratios": _ratios(reports)}


def _missing(engine: Engine | Absent, task: str) -> Report:
    """Return the report of an engine that takes no part, or nothing."""
    if isinstance(engine, Absent):
        return {"absent": engine.reason}
    return {} if hasattr(engine, task) else {"absent": f"has no task {task!r}"}


def _caveats(engine: Engine, task: str) -> Report:
    """Return what makes this engine's work another than that of the others, or nothing."""
    found: Report = {}
    if remark := getattr(engine, "REMARKS", {}).get(task):
        found["remark"] = remark
    if task in getattr(engine, "OWN_START", ()):
        found["own_start"] = True
    return found


def _ratios(engines: dict[str, Report]) -> dict[str, Report]:
    """Compare every peer that was timed with this library: above 1 is in our favour for times."""
    ours = engines.get(OURS, {})
    if "wall_seconds" not in ours:
        return {}
    return {
        name: {
            "wall": ratio(theirs["wall_seconds"], ours["wall_seconds"]),
            "cpu": ratio(theirs["cpu_seconds"], ours["cpu_seconds"]),
            # Our inertia over theirs: below 1 is in our favour.
            **(
                {"inertia": ratio(ours["inertia"], theirs["inertia"])}
                if "inertia" in theirs
                else {}
            ),
        }
        for name, theirs in engines.items()
        if name != OURS and "wall_seconds" in theirs
    }
