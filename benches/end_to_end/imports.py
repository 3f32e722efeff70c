"""How long imports take, each in a fresh interpreter."""

import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = ["BASE", "OURS", "STATEMENTS", "measure"]

ROOT = Path(__file__).parents[2]

BASE = "import sklearn.base"
"""What any estimator of scikit-learn's kind has to import: the others are compared with it."""
OURS = "import sklearn.base; import fastcluster; fastcluster.KMeans"
"""With KMeans, because the package loads a name when it is first used."""
STATEMENTS = (
    BASE,
    "import fastcluster",
    OURS,
    "import sklearn.base; from sklearn.cluster import KMeans",
)

_PROGRAM = """\
from time import perf_counter
began = perf_counter()
{statement}
print(perf_counter() - began)
"""


def measure(repeats: int) -> dict[str, dict[str, Any]]:
    """Return the seconds of each statement, and its median minus that of `BASE`.

    The statements take turns; a first round, not counted, fills the file cache.
    """
    seconds: dict[str, list[float]] = {statement: [] for statement in STATEMENTS}
    for turn in range(repeats + 1):
        for statement, times in seconds.items():
            elapsed = _import_seconds(statement)
            if turn > 0:
                times.append(elapsed)
    medians = {statement: statistics.median(times) for statement, times in seconds.items()}
    return {
        statement: {
            "seconds": times,
            "median": medians[statement],
            "on_top_of_base": medians[statement] - medians[BASE],
        }
        for statement, times in seconds.items()
    }


def _import_seconds(statement: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(statement=statement)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout)
