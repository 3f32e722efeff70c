"""Run the tests and benchmarks that need a GPU, in under nine minutes, into one JSON.

usage: python -m benches.gpu.run [--out FILE] [--data FOLDER] [--only PART ...] [--total SECONDS]
                                 [--tiny]

Each part runs in a process of its own with a budget of seconds; one that fails, hangs or takes the
device down is recorded as that, and the next one starts afresh. `--tiny` plays everything on a CPU
at small sizes (tests/gpu/standin): a trial of this program, whose times mean nothing.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUDGETS = {
    "labels": 70, "tests": 90, "assignment": 75, "lloyd": 75, "search": 45, "dbscan": 45,
    "silhouette": 35, "minibatch": 35, "streaming": 50, "starts": 20,
}  # fmt: skip
"""Seconds of each part, in the order in which they run: what must be known comes first."""
TOTAL = 520
"""Seconds of all: what is left of them shortens the last parts."""
GRACE = 15
"""Seconds after its budget when a part is ended: it minds the clock between calls only."""
PACKAGES = ("fastcluster-rs", "numpy", "cupy-cuda13x", "cupy-cuda12x", "torch", "triton",
            "flash-kmeans", "faiss-gpu", "faiss-gpu-cuvs", "scikit-learn")  # fmt: skip
CLOCKS = "clocks.sm,clocks.mem,clocks.max.sm,temperature.gpu,power.draw,memory.used"


def main():
    """Run one part, or all of them."""
    arguments = _arguments()
    if arguments.part:
        _answer(arguments)
        return
    out = arguments.out or ROOT / "out" / "gpu.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    record = {"machine": _machine(), "versions": _versions(), "tiny": arguments.tiny, "parts": {}}
    for name, budget in BUDGETS.items():
        if arguments.only and name not in arguments.only:
            continue
        left = arguments.total - (time.monotonic() - began)
        record["parts"][name] = _part(name, min(budget, left - GRACE), arguments)
        record["seconds"] = time.monotonic() - began
        out.write_text(json.dumps(record, indent=1))
        print(name, json.dumps(record["parts"][name])[:600], flush=True)
    print(f"{record['seconds']:.0f} s, written to {out}")


def _arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--out", type=Path, help="where the record goes; out/gpu.json if not given")
    parser.add_argument("--data", type=Path, help="a folder of larger data sets (text/*.npy)")
    parser.add_argument("--only", nargs="+", choices=BUDGETS, help="these parts alone")
    parser.add_argument("--total", type=float, default=TOTAL, help="seconds for all parts")
    parser.add_argument("--tiny", action="store_true", help="a trial on a CPU")
    parser.add_argument("--part", choices=BUDGETS, help=argparse.SUPPRESS)
    parser.add_argument("--budget", type=float, help=argparse.SUPPRESS)
    return parser.parse_args()


def _part(name, seconds, arguments):
    """Run a part in a process of its own; return its answer, or what became of it."""
    if seconds <= 0:
        return {"failed": "no time was left"}
    before, began = _clocks(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder, "answer.json")
        command = [
            sys.executable,
            "-m",
            "benches.gpu.run",
            "--part",
            name,
            "--budget",
            str(seconds),
        ]
        command += ["--out", str(answer), *(["--tiny"] if arguments.tiny else [])]
        command += ["--data", str(arguments.data)] if arguments.data else []
        try:
            done = subprocess.run(
                command, cwd=ROOT, env=_environment(), capture_output=True, text=True,
                timeout=seconds + GRACE, check=False,
            )  # fmt: skip
            end = {} if done.returncode == 0 else _end_of(done)
        except subprocess.TimeoutExpired as late:
            words = (late.stderr or b"").decode(errors="replace")
            end = {
                "failed": f"took more than {seconds + GRACE:.0f} s",
                "last_lines": words.splitlines()[-20:],
            }
        found = json.loads(answer.read_text()) if answer.is_file() else {}
    return {
        "seconds": time.monotonic() - began,
        "clocks": [before, _clocks()],
        **end,
        "found": found,
    }


def _end_of(done):
    return {
        "failed": f"exit status {done.returncode}",
        "last_lines": done.stderr.splitlines()[-20:],
    }


def _environment():
    """Return the environment of a part: the package of this repository comes first."""
    paths = [str(ROOT / "python"), str(ROOT), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def _answer(arguments):
    """Run a part here, and write what it finds as it finds it."""
    from benches.gpu import kmeans_parts, other_parts
    from benches.gpu.setting import Setting

    def save(found):
        fresh = arguments.out.with_suffix(".tmp")
        # What is no JSON is better kept as text than lost with the part.
        fresh.write_text(json.dumps(found, default=str))
        fresh.replace(arguments.out)

    setting = Setting.make(arguments.budget, arguments.data, save, tiny=arguments.tiny)
    (kmeans_parts.PARTS | other_parts.PARTS)[arguments.part](setting)


def _machine():
    names = "name,driver_version,memory.total,compute_cap"
    return {
        "gpu": _asked(f"--query-gpu={names}"), "processor": platform.processor(),
        "n_cpus": len(os.sched_getaffinity(0)), "system": platform.platform(),
        "commit": _output(["git", "rev-parse", "HEAD"]),
    }  # fmt: skip


def _clocks():
    return _asked(f"--query-gpu={CLOCKS}")


def _asked(query):
    return _output(["nvidia-smi", query, "--format=csv,noheader"])


def _output(command):
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"unknown: {error}"
    return done.stdout.strip()


def _versions():
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


if __name__ == "__main__":
    main()
