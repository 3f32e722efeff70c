"""The most memory that a call takes on top of X, each time in a fresh process.

The process loads the engine, warms it up, loads X, notes its resident memory, resets the kernel's
high-water mark and makes the call. So neither libraries nor idle threads count, only what the call
itself adds: copies of X, distances, labels, centers, trees, buffers per thread. Linux only (/proc).
Where the mark cannot be reset it still is that of the call, unless loading took more: X is read
straight into its place, so that it does not.
"""

import json
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from fastcluster.bench import answers
from fastcluster.bench.contract import Engine, NotAvailable
from fastcluster.bench.engines import Absent, load
from fastcluster.bench.trial import Trial, Work

__all__ = ["measure"]

STATUS = Path("/proc/self/status")
CLEAR_REFS = Path("/proc/self/clear_refs")
RESET_PEAK = "5"
"""What the kernel's documentation of clear_refs says to write."""


def measure(trial: Trial, name: str) -> dict[str, Any]:
    """Return the bytes that a call adds at its peak, and that as a multiple of the size of X."""
    if not STATUS.exists():
        return {"absent": "peak memory is measured on Linux only"}
    job = {
        "engine": name,
        "work": asdict(trial.work),
        "n_threads": trial.n_threads,
        "has_given": trial.given is not None,
    }
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder, "X.npy"), trial.X)
        if trial.given is not None:
            np.save(Path(folder, "given.npy"), trial.given)
        done = subprocess.run(
            [sys.executable, "-m", __name__, folder, json.dumps(job)],
            check=False,
            capture_output=True,
            text=True,
        )
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or ["no message"])[-1]}
    added = json.loads(done.stdout.splitlines()[-1])
    if isinstance(added, str):
        return {"absent": added}
    return {"bytes_added": added, "times_X": added / trial.X.nbytes}


def added_by(engine: Engine, job: dict[str, Any], folder: Path) -> int:
    """Make the call of a job in this process, and return the bytes that it added at its peak."""
    work = Work(**job["work"])
    given = np.load(folder / "given.npy") if job["has_given"] else None
    with engine.threads(job["n_threads"]):
        few = np.array(np.load(folder / "X.npy", mmap_mode="r")[:1000])
        Trial(work, few, given, job["n_threads"]).warm_up(engine)
        trial = Trial(work, np.load(folder / "X.npy"), given, job["n_threads"])
        with suppress(OSError):
            CLEAR_REFS.write_text(RESET_PEAK)
        before = _status_bytes("VmRSS")
        outcome = trial.run(engine, seed=0)
        peak = _status_bytes("VmHWM")
    answers.whole(trial, outcome)
    return max(0, peak - before)


def _status_bytes(field: str) -> int:
    """Return a field of this process's status, which the kernel gives in KiB."""
    for line in STATUS.read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise OSError(f"{STATUS} has no {field}")


def _main(folder: Path, job: dict[str, Any]) -> None:
    """Print the bytes, or as a string why there are none."""
    engine = load(job["engine"])
    try:
        answer = engine.reason if isinstance(engine, Absent) else added_by(engine, job, folder)
    except NotAvailable as reason:
        answer = str(reason)
    print(json.dumps(answer))


if __name__ == "__main__":
    _main(Path(sys.argv[1]), json.loads(sys.argv[2]))
