"""Promise 5: Ctrl-C stops a long fit, and the process goes on.

A child process sends the signal, so that no Python thread of the fitting process is involved. How
long the fit took to stop is printed (pytest -s); only a generous bound is asserted.
"""

import subprocess
import sys

import pytest

BOUND_SECONDS = 5.0

SCRIPT = """
import faulthandler, os, subprocess, sys, time
faulthandler.dump_traceback_later(60, exit=True)
import numpy as np
import fastcluster as fc

X = np.random.default_rng(0).normal(size=({n_samples}, 32)).astype(np.float32)
small = X[:2_000]
estimator = {estimator}
before = fc.KMeans(5, random_state=0).fit(small).labels_

child = subprocess.Popen(
    [sys.executable, "-S", "-c",
     "import os, signal, sys, time; time.sleep({delay}); print(time.monotonic(), flush=True);"
     "os.kill(int(sys.argv[1]), signal.SIGINT)", str(os.getpid())],
    stdout=subprocess.PIPE, text=True,
)
try:
    estimator.fit(X)
    print("ended by itself")
except KeyboardInterrupt:
    stopped = time.monotonic()
    sent = float(child.stdout.read())
    after = fc.KMeans(5, random_state=0).fit(small).labels_
    refitted = estimator.set_params({quick}).fit(small)
    print(stopped - sent, (after == before).all(), refitted.labels_.max() == {last_label})
"""

QUICK = ("n_clusters=5, n_init=1, max_iter=5", 4)
"""What makes an estimator quick, and the largest label that it then gives."""

# Fits that would take hours.
ESTIMATORS = {
    "k-means++": "fc.KMeans(50_000)",
    "k-means||": "fc.KMeans(50_000, init='k-means||')",
    "lloyd": "fc.KMeans(500, init='random', n_init=1_000_000, tol=0)",
    "balanced": (
        "fc.BalancedKMeans(500, size_min=150, size_max=400, init='random', n_init=1_000_000, tol=0)"
    ),
    "mini-batch": (
        "fc.MiniBatchKMeans(500, init='random', n_init=1, max_iter=10_000_000, tol=0,"
        " max_no_improvement=None)"
    ),
}


# Few rows, but very many runs or steps: their size alone does not tell that they are long.
SMALL_BUT_LONG = {
    "lloyd, few rows": "fc.KMeans(50, init='random', n_init=10_000_000, tol=0, n_jobs=1)",
    "mini-batch, few rows": (
        "fc.MiniBatchKMeans(50, init='random', n_init=1, max_iter=100_000_000, tol=0,"
        " max_no_improvement=None, n_jobs=1)"
    ),
}


def test_ctrl_c_stops_dbscan():
    # Every row of the small data is a cluster: no other is within eps.
    dbscan = ("fc.DBSCAN(eps=0.001)", "min_samples=1", 1_999)
    assert_stops("dbscan", dbscan[0], 0.3, 400_000, dbscan[1:])


@pytest.mark.parametrize("delay", [0.3, pytest.param(1.0, marks=pytest.mark.slow)])
@pytest.mark.parametrize("phase", ESTIMATORS)
def test_ctrl_c_stops_a_fit(phase, delay):
    assert_stops(phase, ESTIMATORS[phase], delay, 100_000)


@pytest.mark.parametrize("phase", SMALL_BUT_LONG)
def test_ctrl_c_stops_a_long_fit_of_few_rows(phase):
    assert_stops(phase, SMALL_BUT_LONG[phase], 0.3, 2_000)


def test_ctrl_c_stops_hdbscan():
    refit = ("min_cluster_size=1_500, min_samples=5, allow_single_cluster=True", 0)
    assert_stops("hdbscan", "fc.HDBSCAN()", 0.3, 100_000, refit)


def assert_stops(phase, estimator, delay, n_samples, refit=QUICK):
    quick, last_label = refit
    script = SCRIPT.format(
        estimator=estimator, delay=delay, n_samples=n_samples, quick=quick, last_label=last_label
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    latency, *others = done.stdout.split()
    assert others == ["True", "True"], done.stdout
    print(f"{phase}: stopped {float(latency) * 1000:.0f} ms after Ctrl-C")  # noqa: T201
    assert float(latency) < BOUND_SECONDS
