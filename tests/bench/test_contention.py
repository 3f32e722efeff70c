"""A run that shared the machine says so, and is not taken for a good one."""

import subprocess
import sys
import time

import pytest

from fastcluster.bench import contention


@pytest.fixture
def clock(monkeypatch, tmp_path):
    """Counters that a test sets: seconds of all cores, of this process, and on the wall."""
    now = {"all": 100.0, "own": 10.0, "wall": 0.0}
    stat = tmp_path / "stat"

    def advance(**seconds):
        for name, value in seconds.items():
            now[name] += value
        user = int(now["all"] * 100)
        # idle and iowait (fields 4 and 5) and guest (9), which user includes, must not count.
        stat.write_text(f"cpu  {user} 0 0 {int(now['wall'] * 900)} 77 0 0 0 {user} 0\ncpu0 1\n")

    monkeypatch.setattr(contention, "STAT", stat)
    monkeypatch.setattr(contention.os, "sysconf", lambda _: 100)
    monkeypatch.setattr(contention.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(contention.time, "process_time", lambda: now["own"])
    monkeypatch.setattr(contention.time, "perf_counter", lambda: now["wall"])
    advance()
    return advance


def test_own_work_is_not_that_of_others(clock):
    meter = contention.Meter.start()
    clock(all=18.0, own=18.0, wall=10.0)
    assert meter.others() == pytest.approx(0.0)


def test_the_work_of_others_is_a_share_of_all_cores(clock):
    meter = contention.Meter.start()
    clock(all=18.0, own=13.0, wall=10.0)
    assert meter.others() == pytest.approx(0.25)


def test_without_the_counters_nothing_is_claimed(monkeypatch, tmp_path):
    monkeypatch.setattr(contention, "STAT", tmp_path / "missing")
    assert contention.Meter.start().others() is None


@pytest.mark.skipif(not contention.STAT.exists(), reason="reads /proc")
def test_a_real_neighbour_is_seen():
    meter = contention.Meter.start()
    spin = "import time\nwhile time.process_time() < 0.3: pass"
    subprocess.run([sys.executable, "-c", spin], check=True)
    elapsed = time.perf_counter() - meter.wall
    # 0.3 seconds of work by another process, less a tick of rounding.
    assert meter.others() * elapsed * (contention.os.cpu_count() or 1) > 0.25


def test_a_disturbance_is_what_was_measured_or_else_the_load():
    assert contention.disturbance([0.01, None], [9.0]) is None
    assert "up to 30% of the processor" in contention.disturbance([0.01, 0.3], [])
    assert contention.disturbance([None], [0.1]) is None
    assert "took time" in contention.disturbance([], [4.0, 0.0, 0.0])
    assert contention.disturbance([], []) is None
