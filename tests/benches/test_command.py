"""`python -m benches.end_to_end` from the arguments to the record."""

import json

import pytest
from benches.end_to_end import __main__ as command
from benches.end_to_end import imports, worker

JOB = {"folder": None, "file": None, "rows_max": None, "repeats": 1, "n_threads": 1}


def test_a_worker_writes_its_reports(cases_file, tmp_path, capsys):
    job = {**JOB, "cases_file": str(cases_file), "cases": ["first"]}
    worker.work(job, tmp_path / "result.json")
    result = json.loads((tmp_path / "result.json").read_text())
    assert [report["case"] for report in result["results"]] == ["first"]
    assert result["software"]["fastcluster"]["isa"]
    assert "first: fastcluster" in capsys.readouterr().err


def test_a_case_that_the_data_does_not_fit_is_skipped(cases_file, tmp_path):
    job = {**JOB, "cases_file": str(cases_file), "cases": ["first"], "rows_max": 3}
    worker.work(job, tmp_path / "result.json")
    (report,) = json.loads((tmp_path / "result.json").read_text())["results"]
    assert report == {
        "case": "first",
        "measure": "skipped",
        "reason": "n_clusters=5 needs as many distinct rows, got 3; hint: pass 3 or fewer",
    }


@pytest.fixture
def workers(monkeypatch):
    """Stand in for the workers; return the jobs that they were given, by level."""
    jobs = {}

    def work(job, level):
        jobs[level] = job
        isa = "avx512" if level == "native" else level
        return {"software": {"fastcluster": {"version": "1", "isa": isa}}, "results": []}

    monkeypatch.setattr(command, "_work", work)
    return jobs


def test_every_level_has_its_worker(workers, cases_file, tmp_path):
    arguments = ["--cases", str(cases_file), "--out", str(tmp_path), "--threads", "1"]
    assert command.main(arguments) == 0
    assert list(workers) == ["native", "avx2"]
    assert workers["avx2"]["cases"] == ["first", "second"]
    command.main([*arguments, "--long"])
    assert workers["avx2"]["cases"] == ["first", "second", "third"]
    (path,) = tmp_path.glob("*-long.json")
    assert json.loads(path.read_text())["command"] == "python -m benches.end_to_end --long"
    assert workers["native"]["rows_max"] is workers["native"]["repeats"] is None


def test_short_takes_fewer_rows_and_repeats(workers, cases_file, tmp_path):
    command.main(["--cases", str(cases_file), "--out", str(tmp_path), "--short"])
    assert (workers["native"]["rows_max"], workers["native"]["repeats"]) == (300, 1)
    (path,) = tmp_path.glob("*.json")
    assert path.name.endswith("-short.json")
    command.main(["--cases", str(cases_file), "--out", str(tmp_path), "--short", "--rows", "50"])
    assert workers["native"]["rows_max"] == 50


def test_what_the_level_does_not_touch_is_measured_once(workers, tmp_path):
    command.main(["--out", str(tmp_path)])
    assert set(workers["native"]["cases"]) - set(workers["avx2"]["cases"]) == {
        "peak",
        "import",
    }


def test_a_partial_or_disturbed_run_is_not_kept_with_the_records(workers, monkeypatch, tmp_path):
    monkeypatch.setattr(command, "RECORDS", tmp_path / "record")
    monkeypatch.setattr(command, "SCRATCH", tmp_path / "scratch")
    command.main(["--case", "import"])
    assert not (tmp_path / "record").exists()
    (path,) = (tmp_path / "scratch").glob("*-cases.json")
    assert json.loads(path.read_text())["command"].endswith("end_to_end --case import")
    monkeypatch.setattr(command.notes, "is_quiet", lambda _: False)
    command.main([])
    assert not (tmp_path / "record").exists()
    monkeypatch.setattr(command.notes, "is_quiet", lambda _: True)
    command.main([])
    assert len(list((tmp_path / "record").iterdir())) == 1


def test_wrong_labels_and_failures_are_the_exit_status(workers, monkeypatch, cases_file, tmp_path):
    def work(engines):
        report = {"case": "c", "measure": "other", "engines": engines}
        software = {"fastcluster": {"version": "1"}}
        return lambda job, level: {"software": software, "results": [report]}

    for engines, status in (
        ({"fastcluster": {"n_labels_wrong": 0}}, 0),
        ({"fastcluster": {"n_labels_wrong": 1}}, 1),
        ({"faiss": {"n_labels_wrong": 1}}, 0),
        ({"faiss": {"failed": "out of memory"}}, 1),
    ):
        monkeypatch.setattr(command, "_work", work(engines))
        assert command.main(["--cases", str(cases_file), "--out", str(tmp_path)]) == status


def test_a_case_that_is_unknown_is_one_message(capsys, cases_file):
    assert command.main(["--cases", str(cases_file), "--case", "nine"]) == 2
    assert capsys.readouterr().err.startswith("no case is named 'nine'\nhint: one of first")


@pytest.mark.slow
def test_a_capped_worker_uses_the_cap(cases_file, tmp_path, capfd):
    arguments = ["--cases", str(cases_file), "--out", str(tmp_path), "--repeats", "1"]
    assert command.main([*arguments, "--case", "first", "--levels", "scalar"]) == 0
    (path,) = tmp_path.glob("*.json")
    (level,) = json.loads(path.read_text())["levels"]
    assert level["software"]["fastcluster"]["isa"] == "scalar"
    assert "capped by FASTCLUSTER_ISA=scalar" in capfd.readouterr().out


@pytest.mark.slow
def test_imports_are_timed_in_fresh_interpreters():
    found = imports.measure(1)
    assert list(found) == list(imports.STATEMENTS)
    assert found[imports.BASE]["on_top_of_base"] == 0.0
    assert all(entry["median"] > 0 for entry in found.values())
