"""Ctrl-C stops a long linkage, and the process goes on."""

import subprocess
import sys

import pytest

BOUND_SECONDS = 5.0

SCRIPT = """
import faulthandler, os, subprocess, sys, time
faulthandler.dump_traceback_later(60, exit=True)
import numpy as np
import fastcluster as fc

X = np.random.default_rng(0).normal(size=({n}, 64)).astype(np.float32)
fc.linkage_vector(X[:50], {method!r})
child = subprocess.Popen(
    [sys.executable, "-S", "-c",
     "import os, signal, sys, time; time.sleep(0.3); print(time.monotonic(), flush=True);"
     "os.kill(int(sys.argv[1]), signal.SIGINT)", str(os.getpid())],
    stdout=subprocess.PIPE, text=True,
)
try:
    fc.linkage_vector(X, {method!r})
    print("ended by itself")
except KeyboardInterrupt:
    stopped = time.monotonic()
    print(stopped - float(child.stdout.read()), len(fc.linkage_vector(X[:50], {method!r})))
"""


@pytest.mark.parametrize(
    ("method", "n"), [("ward", 200_000), ("single", 200_000), ("median", 50_000)]
)
def test_ctrl_c(method, n):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(method=method, n=n)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    latency, length = done.stdout.split()
    assert length == "49"
    assert float(latency) < BOUND_SECONDS
