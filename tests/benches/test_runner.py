"""A case becomes a report: its data, its settings, and what the engines did."""

import pytest
from benches.end_to_end import peak, runner
from benches.end_to_end.cases import read_plan
from benches.end_to_end.runner import Options, run_case
from threadpoolctl import threadpool_info

OPTIONS = Options(n_threads=1, repeats=2)


def run(cases_file, name="first", options=OPTIONS):
    plan = read_plan(cases_file)
    return run_case(plan.select([name])[0], plan, options)


def test_a_report_says_what_was_asked_of_whom(cases_file, fake_engines):
    report = run(cases_file)
    assert list(report["engines"]) == ["fastcluster", "scikit-learn"]
    assert report["data"] == {
        "name": "blobs",
        "source": "mixture",
        "n_samples": 600,
        "n_features": 4,
    }
    assert report["settings"] == {
        "n_clusters": 5,
        "max_iter": 4,
        "tol": 0.0,
        "n_calls": 1,
        "parameters": {},
        "start": "rows",
    }
    assert report["goals"] == {"faster_than": {"scikit-learn": 1.0}}
    assert len(report["engines"]["fastcluster"]["wall_seconds"]) == 2


@pytest.mark.parametrize("short", [None, 300])
def test_the_real_engines_agree_on_small_data(cases_file, short):
    options = Options(n_threads=1, repeats=1, rows_max=short)
    for name in ("first", "second"):
        report = run(cases_file, name, options)
        assert report["data"]["n_samples"] == (short or 600)
        assert "scikit-learn" in report["ratios"]
        for ratio in report["ratios"].values():
            assert ratio["inertia"]["median"] == pytest.approx(1.0, abs=1e-6)
        assert report["engines"]["fastcluster"]["n_labels_wrong"] == 0


def test_the_peak_is_that_of_a_matrix_product(cases_file, monkeypatch):
    monkeypatch.setattr(runner.peak, "SIZE", 64)
    before = [pool["num_threads"] for pool in threadpool_info()]
    found = peak.measure(1, repeats=3, size=64)
    assert found["size"] == 64
    assert len(found["operations_per_second"]) == 3
    assert found["rate"]["low"] == min(found["operations_per_second"]) > 0
    assert [pool["num_threads"] for pool in threadpool_info()] == before
