"""The command line: choose cases, start a worker per instruction-set level, keep the record.

usage: python -m benches.end_to_end [--short] [--long] [--case NAME ...] [--repeats N] [--out DIR]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benches.end_to_end import datasets, keep, notes, table
from benches.end_to_end.cases import CASES_FILE, OURS, Case, Plan, read_plan
from fastcluster.bench import machine

ROOT = Path(__file__).parents[2]
RECORDS = ROOT / "benches" / "record"
SCRATCH = ROOT / "out" / "bench"
NATIVE = "native"
SLOW_LEVELS = ("scalar", "avx2")
"""Where the machine's own level is one of these, a cap at AVX2 changes nothing."""


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks; return 1 when an engine failed or one of our labels is wrong."""
    options = _parser().parse_args(arguments)
    try:
        plan = read_plan(options.cases)
        cases = plan.select(options.case, long=options.long or options.list)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    if options.list:
        lines = (
            f"{case.name:24} {'long ' if case.long else '     '}{case.title}" for case in cases
        )
        print("\n".join(lines))
        return 0
    kept = _run(options, plan, cases)
    whole = not any((options.short, options.case, options.file, options.rows))
    good = whole and notes.is_quiet(kept) and not _has_faults(kept)
    path = keep.write(kept, options.out or (RECORDS if good else SCRATCH))
    print(table.markdown(kept))
    print(f"\nwritten: {os.path.relpath(path)}", file=sys.stderr)
    try:
        path.with_suffix(".svg").write_text(table.svg(kept), encoding="utf-8")
    except ValueError as reason:
        print(f"no chart: {reason}", file=sys.stderr)
    return int(_has_faults(kept))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benches.end_to_end", description=__doc__)
    add = parser.add_argument
    add("--short", action="store_true", help="fewer rows and repeats: a few minutes on two cores")
    add("--long", action="store_true", help="also the cases that take minutes each")
    add("--case", action="append", metavar="NAME", help="only this case; may be repeated")
    add("--list", action="store_true", help="print the cases and stop")
    add("--repeats", type=_positive, metavar="N", help="timings per engine, for every case")
    add("--rows", type=_positive, metavar="N", help="at most so many rows, for every case")
    add("--threads", type=_positive, metavar="N", help="for every engine (default: all permitted)")
    add(
        "--levels",
        nargs="+",
        default=[NATIVE, "avx2"],
        metavar="LEVEL",
        help="instruction sets of this library: native, or a cap (avx2, scalar)",
    )
    add("--out", type=Path, metavar="DIR", help="folder for the record")
    add("--data", type=Path, metavar="DIR", help="folder of the larger data sets")
    add("--file", type=Path, metavar="FILE.npy", help="your own vectors instead of the files")
    add("--cases", type=Path, default=CASES_FILE, metavar="FILE.toml", help="other cases")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} must be an integer of at least 1")
    return int(text)


def _run(options: argparse.Namespace, plan: Plan, cases: tuple[Case, ...]) -> dict[str, Any]:
    n_threads = options.threads or machine.permitted_threads()
    forms = [form for form in ("short", "long") if getattr(options, form)]
    named = [f"--case {name}" for name in options.case or ()]
    command = " ".join(["python -m benches.end_to_end", *(f"--{form}" for form in forms), *named])
    forms += ["cases"] if named else []
    kept = keep.begin("-".join(forms) or "full", n_threads, command)
    repeats = options.repeats or (plan.short_repeats if options.short else None)
    folder = options.data or datasets.default_folder()
    job = {
        "cases_file": str(options.cases.resolve()),
        "folder": folder and str(folder.resolve()),
        "file": options.file and str(options.file.resolve()),
        "rows_max": options.rows or (plan.short_rows_max if options.short else None),
        "repeats": repeats,
        "n_threads": n_threads,
    }
    for level in options.levels:
        # Import time and what NumPy reaches do not depend on the level.
        chosen = [case.name for case in cases if level == NATIVE or case.data]
        if not chosen or (level != NATIVE and _native_level(kept) in SLOW_LEVELS):
            continue
        print(f"level: {level}", file=sys.stderr, flush=True)
        kept["levels"].append({"level": level, **_work({**job, "cases": chosen}, level)})
    kept["notes"] = notes.all_notes(kept)
    return kept


def _work(job: dict[str, Any], level: str) -> dict[str, Any]:
    """Run a worker with this library's instruction set capped, and return what it wrote."""
    environment = dict(os.environ)
    if level != NATIVE:
        environment["FASTCLUSTER_ISA"] = level
    with tempfile.TemporaryDirectory() as folder:
        job_file, result_file = Path(folder, "job.json"), Path(folder, "result.json")
        job_file.write_text(json.dumps(job))
        worker = [sys.executable, "-m", "benches.end_to_end.worker"]
        done = subprocess.run(
            [*worker, str(job_file), str(result_file)], cwd=ROOT, check=False, env=environment
        )
        if not result_file.exists():
            raise SystemExit(f"the worker of level {level} ended with status {done.returncode}")
        result = json.loads(result_file.read_text())
    if done.returncode:
        result["failed"] = f"the worker of level {level} ended with status {done.returncode}"
        print(result["failed"], file=sys.stderr)
    return result


def _native_level(kept: dict[str, Any]) -> str:
    """Return the instruction set that this library chose when nothing capped it, if it ran."""
    for found in kept["levels"]:
        if found["level"] == NATIVE:
            return found["software"][OURS].get("isa", "")
    return ""


def _has_faults(kept: dict[str, Any]) -> bool:
    """Say whether a worker or an engine failed, or this library named a wrong center."""
    reports = [report for level in kept["levels"] for report in level["results"]]
    found = [engine for report in reports for engine in report.get("engines", {}).values()]
    wrong = any(report.get("engines", {}).get(OURS, {}).get("n_labels_wrong") for report in reports)
    return wrong or any("failed" in part for part in [*found, *kept["levels"]])


if __name__ == "__main__":
    sys.exit(main())
