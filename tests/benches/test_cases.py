"""The cases are data, and data with a mistake in it is refused."""

import re

import pytest
from benches.end_to_end.cases import CASES_FILE, read_plan

from fastcluster.bench.engines import MODULES


def test_the_cases_of_the_repository_can_be_read():
    plan = read_plan(CASES_FILE)
    measures = {"time", "iteration", "memory", "import", "peak"}
    assert {case.measure for case in plan.cases} == measures
    k_means = {"assign", "lloyd", "fit", "minibatch", "hierarchical"}
    tasks = k_means | {"dbscan", "hdbscan", "linkage", "ward", "silhouette"}
    assert tasks == {case.task for case in plan.cases} - {""}
    assert all(set(case.engines) <= set(MODULES) for case in plan.cases)
    assert all(case.engines[0] == "fastcluster" for case in plan.cases)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("max_iter = 4", "max_itr = 4", "case 'first': no key is named 'max_itr'"),
        ("n_blobs = 8 }", 'n_blobs = 8 }\nfiles = ["x"]', "needs one of files, mixture and drawn"),
        ('peers = ["scikit-learn"]', 'peers = ["sklearn"]', "peers='sklearn' is unknown"),
        ('data = "blobs"', 'data = "blob"', "data='blob' is unknown"),
        ('start = "rows"', 'start = "row"', "start='row' is unknown"),
        ('name = "second"', 'name = "first"', "two cases have the same name"),
        ("n_clusters = 5", "n_clusters = 0", "n_clusters of at least 1"),
    ],
)
def test_a_mistake_is_named(cases_file, old, new, message):
    text = cases_file.read_text()
    assert old in text
    cases_file.write_text(text.replace(old, new, 1))
    with pytest.raises(ValueError, match=re.escape(message)):
        read_plan(cases_file)


def test_cases_are_chosen_by_name(cases_file):
    plan = read_plan(cases_file)
    assert [case.name for case in plan.select(["second"])] == ["second"]
    assert [case.name for case in plan.select(None)] == ["first", "second"]
    with pytest.raises(ValueError, match=r"no case is named 'nine'\nhint: one of first, second"):
        plan.select(["nine"])


def test_long_cases_are_run_when_asked_for(cases_file):
    plan = read_plan(cases_file)
    assert [case.name for case in plan.select(None, long=True)] == ["first", "second", "third"]
    assert [case.name for case in plan.select(["third"])] == ["third"]
