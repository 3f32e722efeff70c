"""One case: from its row in the cases file to its report."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benches.end_to_end import datasets, imports, peak
from benches.end_to_end.cases import Case, Plan
from fastcluster.bench.compare import compare
from fastcluster.bench.givens import given
from fastcluster.bench.trial import Trial

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
    if case.measure == "peak":
        return {**report, **peak.measure(options.n_threads, repeats)}
    source = plan.data[case.data]
    vectors = datasets.load(source, options.folder, file=options.file, rows_max=options.rows_max)
    beside = given(vectors.data, case.n_clusters, case.start)
    trial = Trial(case.work, vectors.data, beside, options.n_threads)
    settings = asdict(case.work)
    return {
        **report,
        "task": settings.pop("task"),
        "settings": {**settings, "start": case.start},
        "data": {
            "name": case.data,
            "source": vectors.source,
            "n_samples": vectors.data.shape[0],
            "n_features": vectors.data.shape[1],
        },
        "goals": _goals(case),
        **compare(trial, case.engines, case.measure, repeats),
    }


def _goals(case: Case) -> Report:
    goals = {
        "faster_than": dict(case.faster_than),
        "inertia_excess_max": case.inertia_excess_max,
        "memory_max": case.memory_max,
    }
    return {name: value for name, value in goals.items() if value}
