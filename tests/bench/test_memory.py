"""Peak memory counts what the call adds, and nothing else."""

import subprocess
import sys

import numpy as np
import pytest

from fastcluster.bench import memory
from fastcluster.bench.trial import Trial, Work

pytestmark = pytest.mark.skipif(not memory.STATUS.exists(), reason="reads /proc")

PROGRAM = """
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
import numpy as np
from fastcluster.bench.contract import Outcome
from fastcluster.bench.memory import added_by

def hog(X, centers, settings):
    block = np.ones(MIB * 2**20, dtype=np.uint8)   # given back before the call returns
    return Outcome(np.zeros(len(X), dtype=np.int32))

earlier = np.ones(300 * 2**20, dtype=np.uint8)     # a peak before the call does not count
del earlier
engine = SimpleNamespace(NAME="hog", hog=hog, threads=lambda n: nullcontext())
job = dict(work=dict(task="hog", n_clusters=1), n_threads=1, has_given=False)
print(added_by(engine, job, Path(sys.argv[1])))
"""


@pytest.mark.parametrize("mebibytes", [0, 50])
def test_a_known_amount_is_found(tmp_path, mebibytes):
    np.save(tmp_path / "X.npy", np.ones((20_000, 64), dtype=np.float32))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("MIB", str(mebibytes)), str(tmp_path)],
        check=True,
        capture_output=True,
        text=True,
    )
    # The interpreter itself gives back or takes a little meanwhile.
    assert mebibytes - 1 < int(done.stdout) / 2**20 < mebibytes + 8


def work(task):
    return Work(task, n_clusters=4, max_iter=2)


def test_an_engine_is_measured_in_its_own_process():
    X = np.random.default_rng(0).normal(size=(20_000, 32)).astype(np.float32)
    found = memory.measure(Trial(work("lloyd"), X, X[:4].copy(), 1), "scikit-learn")
    assert found["bytes_added"] == pytest.approx(found["times_X"] * X.nbytes)
    # scikit-learn copies X to center it.
    assert 0.9 < found["times_X"] < 10


def test_a_failure_is_reported_by_its_last_line():
    X = np.zeros((10, 2), dtype=np.float32)
    found = memory.measure(Trial(work("no_such_task"), X, None, 1), "scikit-learn")
    assert "no_such_task" in found["failed"]
