"""Engines take turns on the same trial, and one that cannot run does not stop the others."""

import numpy as np
import pytest

from fastcluster.bench import engines
from fastcluster.bench.compare import compare
from fastcluster.bench.contract import NotAvailable
from fastcluster.bench.trial import WARM_UP_ROWS

NAMES = ("fastcluster", "scikit-learn")


def test_the_engines_take_turns(make_trial, fake_engines):
    compare(make_trial(), NAMES, "time", 2)
    assert fake_engines.calls == [
        *[(name, WARM_UP_ROWS, 0, 2) for name in NAMES],
        *[(name, 600, seed, 4) for seed in (0, 1) for name in NAMES],
    ]


def test_a_report_has_times_ratios_and_checks(make_trial, fake_engines):
    report = compare(make_trial(), NAMES, "time", 2)
    ours = report["engines"]["fastcluster"]
    assert len(ours["wall_seconds"]) == len(ours["cpu_seconds"]) == 2
    assert ours["wall"]["low"] <= ours["wall"]["median"] <= ours["wall"]["high"]
    # The fakes label every row 0, which is wrong for most rows.
    assert 300 < ours["n_labels_wrong"] < ours["n_labels_checked"] == 600
    assert report["ratios"]["scikit-learn"]["inertia"]["median"] == 1.0


def test_one_more_iteration_is_the_difference_of_two_fits(make_trial, fake_engines, monkeypatch):
    seconds = {4: 1.0, 5: 1.25}
    from fastcluster.bench import timing

    real = timing.timed

    def timed(call, n_calls):
        done = real(call, n_calls)
        wall = seconds[done.answer.n_iter]
        return type(done)(wall, 2 * wall, done.answer)

    monkeypatch.setattr(timing, "timed", timed)
    report = compare(make_trial(), NAMES, "iteration", 2)
    for found in report["engines"].values():
        assert found["wall_seconds"] == [0.25, 0.25]
        assert found["cpu_seconds"] == [0.5, 0.5]
        assert found["fit_wall_seconds"] == [1.0, 1.0]
        assert found["n_iter"] == [5, 5]
    assert report["ratios"]["scikit-learn"]["wall"]["median"] == 1.0
    fits = [(name, max_iter) for name, n_rows, _, max_iter in fake_engines.calls if n_rows == 600]
    assert fits == 2 * [(name, max_iter) for name in NAMES for max_iter in (4, 5)]
    seconds[5] = 1.0
    report = compare(make_trial(), NAMES, "iteration", 2)
    assert "less than the noise" in report["engines"]["fastcluster"]["failed"]
    assert report["ratios"] == {}


def test_one_more_iteration_needs_a_number_of_them(make_trial, fake_engines):
    with pytest.raises(ValueError, match="needs max_iter, got None"):
        compare(make_trial(max_iter=None), NAMES, "iteration", 1)


@pytest.mark.parametrize("measure", ["time", "iteration"])
def test_an_engine_that_fails_is_reported_and_the_others_go_on(make_trial, fake_engines, measure):
    def fail(*_):
        raise RuntimeError("no room")

    fake_engines.scikit_learn.lloyd = fail
    report = compare(make_trial(), NAMES, measure, 1)
    assert report["engines"]["scikit-learn"] == {"failed": "RuntimeError: no room"}
    assert report["engines"]["fastcluster"] != report["engines"]["scikit-learn"]
    assert report["ratios"] == {}


def test_labels_that_are_no_answer_are_a_failure(make_trial, fake_engines):
    lloyd = fake_engines.faiss.lloyd

    def short(X, centers, settings):
        outcome = lloyd(X, centers, settings)
        outcome.labels = outcome.labels[:-1]
        return outcome

    fake_engines.faiss.lloyd = short
    report = compare(make_trial(), ("fastcluster", "faiss"), "time", 1)
    assert "labelled 599 of 600 rows" in report["engines"]["faiss"]["failed"]
    assert "wall" in report["engines"]["fastcluster"]


def test_what_an_installed_version_lacks_is_absent_not_failed(make_trial, fake_engines):
    def lacks(*_):
        raise NotAvailable("version 1 has none")

    fake_engines.fastcluster.lloyd = lacks
    report = compare(make_trial(), NAMES, "time", 1)
    assert report["engines"]["fastcluster"] == {"absent": "version 1 has none"}


def test_an_engine_without_the_task_is_absent(make_trial, fake_engines):
    report = compare(make_trial("assign"), ("fastcluster", "faiss"), "time", 1)
    assert report["engines"]["faiss"] == {"absent": "has no task 'assign'"}


def test_remarks_and_starts_of_its_own_are_reported(make_trial, fake_engines):
    fake_engines.superkmeans.REMARKS = {"lloyd": "guesses"}
    fake_engines.superkmeans.OWN_START = {"lloyd"}
    found = compare(make_trial(), (*NAMES, "superkmeans"), "time", 1)["engines"]
    assert (found["superkmeans"]["remark"], found["superkmeans"]["own_start"]) == ("guesses", True)
    assert "remark" not in found["scikit-learn"]


def test_a_library_that_is_missing_is_absent_and_says_what_brings_it(monkeypatch):
    monkeypatch.setitem(engines.MODULES, "faiss", "no_such_library")
    found = engines.software(("scikit-learn", "faiss"))
    assert found["faiss"]["absent"] == (
        "no_such_library is not installed: pip install 'fastcluster-rs[bench]'"
    )
    assert found["scikit-learn"]["version"]


@pytest.mark.parametrize("task", ["assign", "lloyd"])
def test_the_real_engines_agree(make_trial, task):
    report = compare(make_trial(task), tuple(engines.MODULES), "time", 1)
    assert "scikit-learn" in report["ratios"]
    for name, ratio in report["ratios"].items():
        # Another start, another end.
        tolerance = 0.5 if report["engines"][name].get("own_start") else 1e-6
        assert ratio["inertia"]["median"] == pytest.approx(1.0, abs=tolerance)
    assert report["engines"]["fastcluster"]["n_labels_wrong"] == 0


@pytest.mark.parametrize("task", ["fit", "minibatch", "hierarchical"])
def test_the_tasks_with_every_default_run(make_trial, task):
    report = compare(make_trial(task, None, None), tuple(engines.MODULES), "time", 1)
    timed = [found for found in report["engines"].values() if "wall" in found]
    assert timed or task == "hierarchical"
    for found in report["engines"].values():
        assert "failed" not in found
    for found in timed:
        assert np.isfinite(found["inertia"]).all()
