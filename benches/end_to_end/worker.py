"""The process in which engines run. There is one per instruction-set level.

usage: python -m benches.end_to_end.worker JOB.json RESULT.json

The level is read once per process, from FASTCLUSTER_ISA, so `__main__` starts one worker for each.
The result is written anew after every case: what is finished stays, whatever happens later.
"""

import json
import sys
import warnings
from pathlib import Path
from typing import Any

from benches.end_to_end import progress
from benches.end_to_end.cases import read_plan
from benches.end_to_end.runner import Options, run_case
from fastcluster.bench import engines
from fastcluster.bench.contract import OURS

__all__ = ["work"]


def work(job: dict[str, Any], result: Path) -> None:
    """Run the cases of a job, and write their reports and the software's versions."""
    plan = read_plan(Path(job["cases_file"]))
    options = Options(
        n_threads=job["n_threads"],
        folder=Path(job["folder"]) if job["folder"] else None,
        file=Path(job["file"]) if job["file"] else None,
        rows_max=job["rows_max"],
        repeats=job["repeats"],
    )
    chosen = plan.select(job["cases"])
    # Only those that a case names: some compile themselves when imported, for half a minute.
    wanted = {name for case in chosen for name in case.engines} | {OURS}
    names = [name for name in engines.MODULES if name in wanted]
    content: dict[str, Any] = {"software": engines.software(names), "results": []}
    result.write_text(json.dumps(content))
    for case in chosen:
        try:
            report = run_case(case, plan, options)
        except ValueError as error:
            # The user's own vectors may not fit a case: too few rows, another shape.
            reason = "; ".join(str(error).splitlines())
            report = {"case": case.name, "measure": "skipped", "reason": reason}
        content["results"].append(report)
        result.write_text(json.dumps(content))
        print(progress.line(report), file=sys.stderr, flush=True)


if __name__ == "__main__":
    # A fit that stops at max_iter is what a case asks for.
    warnings.filterwarnings("ignore", message=".*did not converge.*")
    work(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
