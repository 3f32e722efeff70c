"""The order of a save's syncs and renames, and a kill or a failure at each of them.

Not tried: a power failure, which the order is for.
"""

import subprocess
import sys

import pytest

from bundles import SAVING, number_in, save_number

ONE_SAVE = (
    SAVING
    + """
import errno

try:
    save(2)
except OSError as error:
    assert error.errno == errno.EIO, error
    sys.exit(5)
"""
)


def traced_save(path, *options):
    """Save the number 2 under strace; return its exit code and the system calls that change files.

    Calls that Python makes while it starts are left out: only the save syncs and renames.
    """
    calls = "fsync,rename,renameat,renameat2,unlink,unlinkat,mkdir"
    tracer = ["strace", "-f", "-qq", "-y", "-e", f"trace={calls}", "-e", "signal=none", *options]
    # No bytecode: writing it renames files too.
    done = subprocess.run(
        [*tracer, sys.executable, "-B", "-c", ONE_SAVE, path],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return done.returncode, [line for line in done.stderr.splitlines() if str(path.parent) in line]


@pytest.fixture
def strace(tmp_path):
    """Skip where system calls cannot be traced."""
    try:
        done = subprocess.run(["strace", "-o", tmp_path / "trace", "true"], check=False)
    except FileNotFoundError:
        pytest.skip("strace is not installed")
    if done.returncode:
        pytest.skip("strace may not trace here")
    (tmp_path / "trace").unlink()


@pytest.mark.slow
@pytest.mark.usefixtures("strace")
def test_everything_is_synced_before_the_rename_that_shows_it(tmp_path):
    path = tmp_path / "b"
    save_number(path, 1)
    returncode, calls = traced_save(path)
    assert returncode == 0
    renames = [at for at, call in enumerate(calls) if "rename" in call]
    assert len(renames) == 1
    assert "manifest.json" in calls[renames[0]]
    before, after = calls[: renames[0]], calls[renames[0] + 1 :]
    assert all("fsync(" in call for call in before)
    for what in ("-a.npy>", "-b.npy>", "-c.npy>", ".tmp>"):
        assert sum(what in call for call in before) == 1
    # The directory itself: last before the rename, and first after it; then the old files go.
    assert f"<{path}>" in before[-1]
    assert "fsync(" in after[0]
    assert f"<{path}>" in after[0]
    assert sum("unlink" in call for call in after) == 3


@pytest.mark.slow
@pytest.mark.parametrize("there", [True, False])
@pytest.mark.usefixtures("strace")
def test_a_kill_or_a_failure_at_any_sync_rename_or_removal(tmp_path, there):
    path = tmp_path / "b"
    faults = {"signal=KILL": {-9, 137}, "error=EIO": {5}}
    outcomes = set()
    for call in ("mkdir", "fsync", "rename", "unlink"):
        for fault, codes in faults.items():
            for when in range(1, 12):
                subprocess.run(["rm", "-rf", path], check=True)
                if there:
                    save_number(path, 1)
                before = sorted(tmp_path.rglob("*"))
                inject = f"inject={call}:{fault}:when={when}"
                returncode, _ = traced_save(path, "-e", inject)
                if path.exists():
                    assert number_in(path) in {1, 2} if there else {2}
                else:
                    assert not there
                if returncode == 0:
                    break
                assert returncode in codes, (call, fault, when, returncode)
                found = number_in(path) if path.exists() else 0
                outcomes.add((fault, found))
                if fault == "error=EIO" and found != 2:
                    assert sorted(tmp_path.rglob("*")) == before
            else:
                pytest.fail(f"{call} is called more often than is tried")
    assert outcomes >= {("signal=KILL", int(there)), ("signal=KILL", 2), ("error=EIO", int(there))}
    save_number(path, 3)
    assert len(list(path.iterdir())) == 5
    assert list(tmp_path.iterdir()) == [path]
