"""Engines take turns on the same data, and one that cannot run does not stop the others."""

import numpy as np
import pytest
from benches.end_to_end import engines, show
from benches.end_to_end.cases import read_plan
from benches.end_to_end.runner import Options, run_case
from benches.end_to_end.trial import WARM_UP_ROWS

OPTIONS = Options(n_threads=1, repeats=2)


def run(cases_file, name="first", options=OPTIONS):
    plan = read_plan(cases_file)
    return run_case(plan.select([name])[0], plan, options)


def test_the_engines_take_turns(cases_file, fake_engines):
    run(cases_file)
    names = ("fastcluster", "scikit-learn")
    warm = [(name, WARM_UP_ROWS, 0) for name in names]
    assert fake_engines.calls == [
        *warm,
        *[(name, 600, seed) for seed in (0, 1) for name in names],
    ]


def test_a_report_has_times_ratios_and_checks(cases_file, fake_engines):
    report = run(cases_file)
    ours = report["engines"]["fastcluster"]
    assert len(ours["wall_seconds"]) == len(ours["cpu_seconds"]) == 2
    assert ours["wall"]["low"] <= ours["wall"]["median"] <= ours["wall"]["high"]
    # The fakes label every row 0, which is wrong for most rows.
    assert 300 < ours["n_labels_wrong"] < ours["n_labels_checked"] == 600
    assert f"{ours['n_labels_wrong']} wrong labels, goal 0" in show.shortfalls(report)
    assert report["ratios"]["scikit-learn"]["inertia"]["median"] == 1.0


def test_an_engine_that_fails_is_reported_and_the_others_go_on(cases_file, fake_engines):
    def fail(*_):
        raise RuntimeError("no room")

    fake_engines.scikit_learn.lloyd = fail
    report = run(cases_file)
    assert report["engines"]["scikit-learn"] == {"failed": "RuntimeError: no room"}
    assert len(report["engines"]["fastcluster"]["wall_seconds"]) == 2
    assert report["ratios"] == {}


def test_an_engine_without_the_task_is_absent(cases_file, fake_engines):
    report = run(cases_file, "second")
    assert list(report["engines"]) == ["fastcluster", "scikit-learn", "faiss"]
    assert report["engines"]["faiss"] == {"absent": "has no task 'assign'"}


def test_a_library_that_is_missing_is_absent(monkeypatch):
    monkeypatch.setitem(engines.MODULES, "faiss", "benches.end_to_end.engines.no_such_engine")
    assert "ModuleNotFoundError" in engines.software()["faiss"]["absent"]
    assert engines.software()["scikit-learn"]["version"]


@pytest.mark.parametrize("short", [None, 300])
def test_the_real_engines_agree_on_small_data(cases_file, short):
    options = Options(n_threads=1, repeats=1, rows_max=short)
    for name in ("first", "second"):
        report = run(cases_file, name, options)
        assert report["data"]["n_samples"] == short or 600
        ratios = report["ratios"]
        assert "scikit-learn" in ratios
        for ratio in ratios.values():
            assert ratio["inertia"]["median"] == pytest.approx(1.0, abs=1e-6)
        assert report["engines"]["fastcluster"]["n_labels_wrong"] == 0


@pytest.mark.parametrize("task", ["fit", "minibatch"])
def test_the_tasks_with_every_default_run(cases_file, task):
    text = cases_file.read_text().replace('task = "lloyd"', f'task = "{task}"', 1)
    cases_file.write_text(text.replace('start = "rows"\nmax_iter = 4\ntol = 0.0\n', "", 1))
    report = run(cases_file)
    for found in report["engines"].values():
        assert found["n_iter"][0] >= 1
        assert np.isfinite(found["inertia"]).all()
