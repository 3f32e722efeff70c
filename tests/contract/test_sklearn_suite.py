"""scikit-learn's own tests, run on our estimators in place of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
DBSCAN = "sklearn.cluster.tests.test_dbscan"
HDBSCAN = "sklearn.cluster.tests.test_hdbscan"
K_MEANS = "sklearn.cluster.tests.test_k_means"
NEAREST_CENTROID = "sklearn.neighbors.tests.test_nearest_centroid"
HIERARCHICAL = "sklearn.cluster.tests.test_hierarchical"
MODULES = [DBSCAN, HDBSCAN, HIERARCHICAL, K_MEANS, NEAREST_CENTROID]


def run_suite(*arguments):
    command = [
        sys.executable, "-m", "pytest", "-q", "-c", HERE / "sklearn.ini", "-p", "sklearn_swap",
        *arguments,
    ]  # fmt: skip
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]),
        "SCIPY_ARRAY_API": "1",
        "SKLEARN_RUN_FLOAT32_TESTS": "1",
    }
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return the finished run and its report."""
    report = tmp_path_factory.mktemp("suite") / "report.json"
    done = run_suite("--swap-report", report, "--pyargs", *MODULES)
    return done, json.loads(report.read_text()) if report.exists() else {}


def test_no_test_fails(run):
    done, _ = run
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:]


@pytest.mark.parametrize("module", MODULES)
def test_the_tests_reach_ours(run, module):
    _, report = run
    counts = report[module]
    assert counts["ours"] >= counts["at_least"]["ours"] > 0
    assert counts["core"] >= counts["at_least"]["core"] > 0


ENTRY = '[[test]]\nid = "{id}"\nreason = "r"\nversions = ">=1.0"\nlink = "https://example.org"\n'


@pytest.mark.slow
@pytest.mark.parametrize(
    ("entry", "code", "says"),
    [
        ("test_shrinkage_correct", pytest.ExitCode.TESTS_FAILED, "[XPASS(strict)]"),
        ("test_no_such_test", pytest.ExitCode.USAGE_ERROR, "matches no test"),
    ],
)
def test_the_list_is_strict(tmp_path, entry, code, says):
    file = tmp_path / "list.toml"
    file.write_text(ENTRY.format(id=f"{NEAREST_CENTROID}::{entry}"))
    done = run_suite("--swap-deselections", file, "--pyargs", NEAREST_CENTROID)
    assert done.returncode == code
    assert says in done.stdout + done.stderr


@pytest.mark.slow
def test_a_run_that_proves_too_little_fails():
    done = run_suite("--pyargs", NEAREST_CENTROID, "-k", "shrinkage")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "TOO FEW" in done.stdout
    assert " failed" not in done.stdout
