"""What density clustering says that it needs is what it takes: measured in a fresh process."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

import fastcluster as fc
from fastcluster.bench import memory

pytestmark = pytest.mark.skipif(not memory.STATUS.exists(), reason="reads /proc")

PROGRAM = """
import json, sys
import numpy as np
import fastcluster as fc
from fastcluster.bench.memory import CLEAR_REFS, RESET_PEAK, _status_bytes
from contextlib import suppress

job = json.loads(sys.argv[2])
X = np.array(np.load(sys.argv[1], mmap_mode="r"))
model = getattr(fc, job["name"])(**job["options"])
model.fit(X[:600])  # threads start
fc.set_config(memory_limit=job["limit"])
with suppress(OSError):
    CLEAR_REFS.write_text(RESET_PEAK)
before = _status_bytes("VmRSS")
model.fit(X)
print(_status_bytes("VmHWM") - before)
"""

ROWS = 30_000
D = 100
SLACK = 6 * 2**20


def rows(kind):
    rng = np.random.default_rng(1)
    if kind == "copies":
        return np.repeat(rng.standard_normal((ROWS // 10, D)), 10, axis=0).astype(np.float32)
    centers = rng.standard_normal((60, D))
    return (centers[rng.integers(0, 60, ROWS)] + 0.7 * rng.standard_normal((ROWS, D))).astype(
        np.float32
    )


def taken(X, folder, name, options, limit=None):
    """Return how much a fit adds to a process at its peak."""
    np.save(folder / "X.npy", X)
    job = json.dumps({"name": name, "options": options, "limit": limit})
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder / "X.npy"), job],
        check=True,
        capture_output=True,
        text=True,
    )
    return int(done.stdout)


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"min_samples": 5}, "groups"),
        ({"min_samples": 30}, "groups"),
        ({"min_samples": 5, "approximate": True}, "groups"),
        ({"min_samples": 4}, "copies"),
    ],
)
def test_the_estimate_of_hdbscan_holds_and_is_not_far_off(tmp_path, options, kind):
    X, model = rows(kind), fc.HDBSCAN(**options, n_jobs=2)
    refused = r"memory_limit=1000 bytes is below the (\d+) bytes"
    with (
        fc.config_context(memory_limit=1000),
        pytest.raises(MemoryError, match=refused) as says,
    ):
        model.fit(X)
    told = int(re.search(refused, str(says.value))[1])
    with fc.config_context(memory_limit=told - 1), pytest.raises(MemoryError, match=str(told)):
        model.fit(X)
    found = taken(X, tmp_path, "HDBSCAN", {**options, "n_jobs": 2}, told)
    # What a process keeps for itself is a few MiB. What is told has room for the worst data.
    assert found <= told + SLACK
    assert told <= 6 * found + SLACK


def test_dbscan_finds_the_same_by_whatever_way_fits():
    X = rows("groups")[:3000]
    options = {"eps": 9.0, "min_samples": 500, "n_jobs": 2}
    labels = fc.DBSCAN(**options).fit(X).labels_
    # Three passes without words, with them, lists alone, and both.
    for limit in (80_000, 600_000, 6_020_000, 8_000_000):
        with fc.config_context(memory_limit=limit):
            np.testing.assert_array_equal(fc.DBSCAN(**options).fit(X).labels_, labels)
