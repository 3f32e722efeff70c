"""A pytest plug-in that runs scikit-learn's own tests on our estimators.

    PYTHONPATH=tests/contract pytest -c tests/contract/sklearn.ini -p sklearn_swap --pyargs \
        sklearn.cluster.tests.test_dbscan sklearn.cluster.tests.test_hdbscan \
        sklearn.cluster.tests.test_hierarchical sklearn.cluster.tests.test_k_means \
        sklearn.neighbors.tests.test_nearest_centroid

It calls `patch_sklearn()` before the tests are imported, so they test what users run; marks what
deselections.toml lists as expected to fail, strictly; and counts the tests that reach a class or
function of ours, and those that reach the compiled core. The run fails if a module has fewer of
either than `AT_LEAST` says, for then it has proved less than it seems.
"""

import functools
import json
from pathlib import Path

import deselections
import pytest

import fastcluster
import fastcluster.cluster
from fastcluster import _core
from fastcluster._patch import REPLACED

AT_LEAST = {
    "sklearn.cluster.tests.test_dbscan": {"ours": 32, "core": 29},
    "sklearn.cluster.tests.test_hdbscan": {"ours": 147, "core": 138},
    "sklearn.cluster.tests.test_hierarchical": {"ours": 46, "core": 18},
    "sklearn.cluster.tests.test_k_means": {"ours": 267, "core": 256},
    "sklearn.neighbors.tests.test_nearest_centroid": {"ours": 19, "core": 6},
}
"""Tests of each module that reach a swapped name, and the core; for scikit-learn 1.9.1.

The first figures were found by tracing a plain run. Tests that reach ours and no core are about
what is refused before, about attributes, and about the Manhattan metric of NearestCentroid.
"""

CORE_FUNCTIONS = (
    "assign",
    "dbscan_fit",
    "dbscan_fit_precomputed",
    "hdbscan_cut",
    "hdbscan_cut_at",
    "hdbscan_reachability",
    "hdbscan_reachability_precomputed",
    "init_centers",
    "kmeans_fit",
    "linkage",
    "linkage_tree",
    "linkage_vectors",
    "minibatch_fit",
    "minibatch_step",
    "nearest",
    "transform",
)


class Reach:
    """Which tests reach what."""

    def __init__(self):
        self.tests = {"ours": set(), "core": set()}
        self.running = None

    def watch(self, target, what):
        """Return the function, or the class with another `__new__`, so that its use is noted."""
        if not isinstance(target, type):

            @functools.wraps(target)
            def function(*args, **kwargs):
                self.tests[what].add(self.running)
                return target(*args, **kwargs)

            return function

        def new(cls, *_args, **_kwargs):
            self.tests[what].add(self.running)
            return object.__new__(cls)

        target.__new__ = new
        return target

    def count(self, what, module):
        """Return how many tests of a module of tests reach this."""
        return sum(
            test is not None and test.partition("::")[0] == module for test in self.tests[what]
        )


REACH = Reach()


def pytest_addoption(parser):
    parser.addoption(
        "--swap-deselections",
        metavar="FILE",
        type=Path,
        default=deselections.FILE,
        help="read the tests expected to fail from this file",
    )
    parser.addoption("--swap-report", metavar="FILE", help="write the counts to this JSON file")


def pytest_configure():
    for name in REPLACED:
        ours = getattr(fastcluster.cluster, name)
        setattr(fastcluster.cluster, name, REACH.watch(ours, "ours"))
    for name in CORE_FUNCTIONS:
        setattr(_core, name, REACH.watch(getattr(_core, name), "core"))
    fastcluster.patch_sklearn()


def test_id(item):
    return f"{item.module.__name__}::{item.name}"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    file = config.getoption("--swap-deselections")
    modules = {item.module.__name__ for item in items}
    for entry in deselections.read("test", file):
        if entry.id.partition("::")[0] not in modules:
            continue  # of a module that this run leaves out
        matched = [item for item in items if entry.matches(test_id(item))]
        if not matched:
            raise pytest.UsageError(f"{file}: {entry.id} matches no test")
        for item in matched:
            reason = f"{entry.reason} {entry.link}"
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    REACH.running = test_id(item)
    try:
        return (yield)
    finally:
        REACH.running = None


REPORT = pytest.StashKey()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    modules = sorted({item.module.__name__ for item in session.items})
    report = {
        module: {
            "tests": sum(item.module.__name__ == module for item in session.items),
            "at_least": AT_LEAST[module],
            **{what: REACH.count(what, module) for what in REACH.tests},
        }
        for module in modules
    }
    session.config.stash[REPORT] = report
    if any(short(counts) for counts in report.values()) and not session.exitstatus:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    file = session.config.getoption("--swap-report")
    if file:
        Path(file).write_text(json.dumps(report), encoding="utf-8")


def short(counts):
    """Say whether too few tests of a module reached ours or the core."""
    return any(counts[what] < least for what, least in counts["at_least"].items())


def pytest_terminal_summary(terminalreporter, config):
    for module, counts in config.stash.get(REPORT, {}).items():
        least = counts["at_least"]
        terminalreporter.write_line(
            f"{module}: of {counts['tests']} tests {counts['ours']} reach fastcluster (at least "
            f"{least['ours']}), {counts['core']} its core (at least {least['core']})"
            + (", TOO FEW" if short(counts) else "")
        )
