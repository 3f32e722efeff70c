"""One case: from its row in the cases file to its report."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benches.end_to_end import datasets, imports, memory, timing
from benches.end_to_end.cases import OURS, Case, Plan
from benches.end_to_end.contention import Meter
from benches.end_to_end.contract import Engine
from benches.end_to_end.engines import Absent, load
from benches.end_to_end.measure import ratio
from benches.end_to_end.trial import Trial

__all__ = ["Options", "Report", "run_case"]

Report = dict[str, Any]
"""What the record keeps of a case: str, int, float, lists and dicts of them."""


@dataclass(frozen=True)
class Options:
    """What holds for all cases of a run."""

    n_threads: int
    folder: Path | None = None
    """Folder of the larger data sets."""
    file: Path | None = None
    """The user's own vectors, in place of the sources that are files."""
    rows_max: int | None = None
    repeats: int | None = None
    """In place of the number that each case has."""


def run_case(case: Case, plan: Plan, options: Options) -> Report:
    """Run a case and return its report; an engine that is absent or fails is reported as that."""
    report: Report = {"case": case.name, "title": case.title, "measure": case.measure}
    repeats = options.repeats or case.repeats
    if case.measure == "import":
        return {**report, "statements": imports.measure(repeats)}
    source = plan.data[case.data]
    vectors = datasets.load(source, options.folder, file=options.file, rows_max=options.rows_max)
    centers = datasets.start_centers(vectors.data, case)
    trial = Trial(case, vectors.data, centers, options.n_threads)
    report |= {
        "task": case.task,
        "settings": {
            "n_clusters": case.n_clusters,
            "start": case.start,
            "max_iter": case.max_iter,
            "tol": case.tol,
            "n_calls": case.n_calls,
        },
        "data": {
            "name": case.data,
            "source": vectors.source,
            "n_samples": vectors.data.shape[0],
            "n_features": vectors.data.shape[1],
        },
        "goals": _goals(case),
    }
    present, engines = _competitors(case)
    if case.measure == "memory":
        engines |= {name: memory.measure(trial, name) for name in present}
    else:
        meter = Meter.start()
        engines |= timing.measure(trial, present, repeats)
        report["others_cpu_share"] = meter.others()
    engines = {name: engines[name] for name in case.engines}
    return {**report, "engines": engines, "ratios": _ratios(engines)}


def _competitors(case: Case) -> tuple[dict[str, Engine], dict[str, Report]]:
    """Return the engines that can do the task, and reports of those that cannot."""
    present: dict[str, Engine] = {}
    reports: dict[str, Report] = {}
    for name in case.engines:
        engine = load(name)
        if isinstance(engine, Absent):
            reports[name] = {"absent": engine.reason}
        elif not hasattr(engine, case.task):
            reports[name] = {"absent": f"has no task {case.task!r}"}
        else:
            present[name] = engine
    return present, reports


def _goals(case: Case) -> Report:
    goals = {
        "faster_than": dict(case.faster_than),
        "inertia_excess_max": case.inertia_excess_max,
        "memory_max": case.memory_max,
    }
    return {name: value for name, value in goals.items() if value}


def _ratios(engines: dict[str, Report]) -> dict[str, Report]:
    """Compare every peer that was timed with this library: above 1 is in our favour for times."""
    ours = engines.get(OURS, {})
    if "wall_seconds" not in ours:
        return {}
    ratios = {}
    for name, theirs in engines.items():
        if name == OURS or "wall_seconds" not in theirs:
            continue
        ratios[name] = {
            "wall": ratio(theirs["wall_seconds"], ours["wall_seconds"]),
            "cpu": ratio(theirs["cpu_seconds"], ours["cpu_seconds"]),
            # Our inertia over theirs: below 1 is in our favour.
            "inertia": ratio(ours["inertia"], theirs["inertia"]),
        }
    return ratios
