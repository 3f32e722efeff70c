"""Count the instructions that the compiled core spends on small fixed problems, under callgrind.

usage: python tests/contract/instruction_counts.py    renews instructions.toml
"""

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

FILE = Path(__file__).with_name("instructions.toml")
HEADER = """\
# Instructions that the core spends on the cases of instruction_cases.py, with AVX2 and one thread;
# of the build that `make develop` makes, as one without link-time optimisation takes 28 % more.
# After a change that is meant to cost more, or that saves much: make record-instructions
"""
CASES = ("assign", "seeding", "lloyd", "minibatch")


def core():
    """Return the file of the compiled core."""
    return Path(find_spec("fastcluster._core").origin).resolve()


def count(case):
    """Return the instructions of the core itself on a case, without those of what it calls."""
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder) / "profile"
        subprocess.run(
            [
                "valgrind",
                "--quiet",
                "--tool=callgrind",
                f"--callgrind-out-file={profile}",
                # No site packages but NumPy: their start takes longer than the cases.
                *(sys.executable, "-I", "-S"),
                Path(__file__).with_name("instruction_cases.py"),
                *(case, core(), Path(find_spec("numpy").origin).parents[1]),
            ],
            check=True,
            capture_output=True,
            text=True,
            # Valgrind has no AVX-512, and its processor says so to all libraries but ours.
            env=os.environ | {"FASTCLUSTER_ISA": "avx2", "OPENBLAS_NUM_THREADS": "1"},
        )
        return per_object(profile.read_text())[str(core())]


def per_object(profile):
    """Return the instructions of each file of code, by its path, from callgrind's output.

    Lines of numbers end with the cost of a place; after `calls=`, of what was called, which has
    its own place. Files are named once and by number from then on.
    """
    totals, paths, current, called = Counter(), {}, None, False
    for line in profile.splitlines():
        if named := re.match(r"(c?)ob=(\(\d+\))(?: (.+))?", line):
            paths.setdefault(named[2], named[3])
            current = current if named[1] else named[2]
        elif line.startswith("calls="):
            called = True
        elif re.match(r"[0-9+*-]", line):
            totals[paths.get(current)] += 0 if called else int(line.split()[1])
            called = False
    return totals


def recorded():
    """Return the instructions on record, by case."""
    return tomllib.loads(FILE.read_text())


def main():
    """Count anew and write the record."""
    counts = {case: count(case) for case in CASES}
    FILE.write_text(HEADER + "".join(f"{case} = {number:_}\n" for case, number in counts.items()))
    sys.stdout.write(FILE.read_text())


if __name__ == "__main__":
    main()
