"""The program for machines with a GPU keeps its time, and loses nothing to a part that fails."""

import argparse
import json
import stat
import sys

import numpy as np
import pytest
from benches.gpu import run, timing, vectors
from benches.gpu.setting import Setting, tflops

ARGUMENTS = argparse.Namespace(tiny=True, data=None)


def test_all_parts_have_a_budget_and_end_within_nine_minutes():
    from benches.gpu import kmeans_parts, other_parts

    assert set(run.BUDGETS) == set(kmeans_parts.PARTS | other_parts.PARTS)
    assert run.TOTAL < 9 * 60
    assert run.TOTAL + run.GRACE <= 9 * 60
    assert sum(run.BUDGETS.values()) <= 9 * 60


@pytest.fixture
def program(monkeypatch, tmp_path):
    """Return a function that puts a script in the place of the Python that runs a part."""

    def put(script):
        path = tmp_path / "python"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setattr(run.sys, "executable", str(path))

    return put


SAVE = """while [ "$1" != --out ]; do shift; done
echo '{"first": 1}' > "$2.new"; mv "$2.new" "$2" """


def test_what_a_failing_part_had_found_is_kept(program):
    program(f"{SAVE}; echo lost the device >&2; exit 3")
    answer = run._part("lloyd", 30, ARGUMENTS)
    assert answer["failed"] == "exit status 3"
    assert answer["last_lines"] == ["lost the device"]
    assert answer["found"] == {"first": 1}


def test_a_part_that_hangs_is_ended_and_keeps_what_it_found(program, monkeypatch):
    monkeypatch.setattr(run, "GRACE", 0.2)
    program(f"{SAVE}; echo waiting >&2; exec sleep 1000")
    seconds, answer = 0.4, {}
    while not answer.get("last_lines"):  # a busy machine has not begun it by then
        seconds *= 2
        answer = run._part("lloyd", seconds, ARGUMENTS)
        assert answer["failed"] == f"took more than {seconds + 0.2:.0f} s"
    assert answer["last_lines"] == ["waiting"]
    assert answer["found"] == {"first": 1}


def test_tests_that_are_cut_short_say_what_failed():
    from benches.gpu.other_parts import outcome

    lines = "echo a PASSED; echo b FAILED; echo c SKIPPED; echo '    why'"
    found = outcome(["sh", "-c", f"{lines}; exit 1"], None, 30)
    assert found == {"status": 1, "n_passed": 1, "lines": ["b FAILED", "    why"]}
    seconds, late = 0.5, {}
    while late.get("lines") != found["lines"]:  # a busy machine has not come so far by then
        seconds *= 2
        late = outcome(["sh", "-c", f"{lines}; exec sleep 1000"], None, seconds)
        assert late["status"] == f"took more than {seconds:.0f} s"
    assert late["n_passed"] == 1


def test_no_part_is_begun_without_time():
    assert run._part("lloyd", -1, ARGUMENTS) == {"failed": "no time was left"}


def test_a_measurement_that_fails_does_not_stop_the_next():
    saved = []
    clock = timing.Clock(1000, lambda: None)
    setting = Setting(None, clock, None, True, lambda found: saved.append(dict(found)))
    assert setting.measure("first", lambda: 1 / 0) is None
    assert setting.measure("second", lambda: 2) == 2
    clock._end = 0
    assert setting.measure("third", lambda: 3) is None
    assert saved[0]["first"]["failed"].startswith("ZeroDivisionError")
    assert saved[-1]["second"] == 2
    assert saved[-1]["third"] == {"skipped": "no time was left"}


def test_the_clock_gives_the_median_and_fewer_repeats_where_time_is_short(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(timing.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(timing.time, "perf_counter", lambda: now[0])
    lengths = iter([9.0, 1.0, 3.0, 2.0, 5.0, 4.0] + [40.0] * 9)

    def call():
        now[0] += next(lengths)

    clock = timing.Clock(100, lambda: None)
    timed = clock.median(call)
    assert (timed["median_s"], timed["n"], timed["first_s"]) == (3.0, 5, 9.0)
    assert clock.median(call)["n"] == 1


def test_one_step_is_the_difference_of_many_and_few(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(timing.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(timing.time, "perf_counter", lambda: now[0])

    def call(n_steps):
        now[0] += 2.0 + 0.5 * n_steps

    assert timing.Clock(1e6, lambda: None).per_step(call, 1, 11)["step_s"] == pytest.approx(0.5)
    assert tflops(1e6, 1e3, 500, 1.0) == 1.0


def test_rows_are_drawn_on_the_device_with_the_spectrum_of_real_ones(monkeypatch):
    monkeypatch.setattr(vectors, "BLOCK_ROWS", 512)
    X, _ = vectors.sentences(None)
    drawn = vectors.drawn_on_device(np_as_cupy(), None, 1500, X.shape[1])
    assert drawn.shape == (1500, X.shape[1])
    assert drawn.dtype == np.float32
    real, played = (np.linalg.svd(rows - rows.mean(axis=0))[1] for rows in (X[:1500], drawn))
    shares = [(lengths**2 / (lengths**2).sum())[:50].sum() for lengths in (real, played)]
    assert shares[0] == pytest.approx(shares[1], abs=0.1)
    wide = vectors.drawn_on_device(np_as_cupy(), None, 100, 500)
    assert wide.shape == (100, 500)
    assert np.abs(np.linalg.norm(wide, axis=1).mean() - 1) < 0.2


def np_as_cupy():
    """Return NumPy: the recipe asks for nothing that only CuPy has."""
    return np


@pytest.mark.slow
def test_the_trial_runs_parts_and_writes_them(tmp_path, monkeypatch):
    out = tmp_path / "gpu.json"
    command = ["run", "--tiny", "--only", "tests", "search", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", command)
    run.main()
    record = json.loads(out.read_text())
    assert record["tiny"]
    assert set(record["parts"]) == {"tests", "search"}
    assert record["parts"]["tests"]["found"]["tests"]["status"] == 0
    assert record["parts"]["search"]["found"]["ours"]["median_s"] > 0
