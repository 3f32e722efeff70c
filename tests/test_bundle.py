"""The bundle from Python: every dtype, killed writers, full disks, readers beside writers.

Damage and hostile manifests are tried exhaustively in Rust, in `bundle/tests/`. Not tried: a power
failure (the order of syncs and renames is read, not tested) and a file system without locks.
"""

import json
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from fastcluster._bundle import read_bundle, write_bundle
from fastcluster.exceptions import BundleError

ABOUT = {"format": "fastcluster-test", "version": [1, 0]}


def write(path, **arrays):
    write_bundle(path, ABOUT, arrays)


def read(path, **options):
    return read_bundle(path, format="fastcluster-test", version=(1, 0), **options)


def run_script(script, *arguments):
    """Run a script that needs a process of its own; it fails by its exit code."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# Saves whose arrays and description agree on one number, so that a mixture of two would show.
SAVING = """
import os, random, resource, signal, sys, time
from pathlib import Path
import numpy as np
from fastcluster._bundle import read_bundle, write_bundle

path = Path(sys.argv[1])

def save(number):
    arrays = {name: np.full(20_000, number) for name in ("a", "b", "c")}
    about = {"format": "fastcluster-test", "version": [1, 0], "number": number}
    write_bundle(path, about, arrays)

def load():
    bundle = read_bundle(path, format="fastcluster-test", version=(1, 0))
    numbers = {int(n) for array in bundle.arrays.values() for n in np.unique(array)}
    assert numbers == {bundle.description["number"]}, numbers
    return numbers.pop()

def in_a_child(work):
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    return child
"""

DTYPES = ["?", *(kind + size for kind in "iu" for size in "1248"), "f2", "f4", "f8", "bfloat16"]


@pytest.mark.parametrize("mmap", [True, False])
@pytest.mark.parametrize("name", DTYPES)
def test_every_dtype_comes_back_bit_for_bit(tmp_path, name, mmap):
    dtype = np.dtype(ml_dtypes.bfloat16 if name == "bfloat16" else name)
    array = np.arange(-20, 40).reshape(3, 4, 5).astype(dtype)
    write(tmp_path / "b", x=array)
    found = read(tmp_path / "b", mmap=mmap).arrays["x"]
    assert type(found) is np.ndarray
    assert found.dtype == dtype
    assert found.shape == array.shape
    assert found.tobytes() == array.tobytes()
    assert found.flags.writeable is not mmap


@pytest.mark.parametrize("shape", [(), (0,), (0, 5), (1,), (3, 0, 2), (1,) * 8])
def test_every_shape_comes_back(tmp_path, shape):
    array = np.full(shape, 0.1)
    write(tmp_path / "b", x=array)
    for mmap in (True, False):
        found = read(tmp_path / "b", mmap=mmap).arrays["x"]
        assert found.shape == shape
        np.testing.assert_array_equal(found, array)


def test_any_layout_is_stored_and_mapped_data_is_aligned(tmp_path):
    base = np.arange(600, dtype=np.float32).reshape(20, 30)
    np.save(tmp_path / "mapped.npy", base)
    frozen = base.copy()
    frozen.flags.writeable = False
    layouts = {
        "fortran": np.asfortranarray(base),
        "big_endian": base.astype(">f4"),
        "strided": np.repeat(base, 2, axis=1)[:, ::2],
        "reversed": base[::-1, ::-1].copy()[::-1, ::-1],
        "read_only": frozen,
        "mapped": np.load(tmp_path / "mapped.npy", mmap_mode="r"),
    }
    write(tmp_path / "b", **layouts)
    arrays = read(tmp_path / "b").arrays
    assert set(arrays) == set(layouts)
    for array in arrays.values():
        np.testing.assert_array_equal(array, base)
        assert array.dtype.str == "<f4"
        assert array.flags.c_contiguous
        assert array.ctypes.data % 64 == 0


def test_numpy_alone_reads_the_segments(tmp_path):
    write(tmp_path / "b", x=np.eye(3))
    (file,) = (tmp_path / "b").glob("*-x.npy")
    np.testing.assert_array_equal(np.load(file), np.eye(3))
    record = json.loads((tmp_path / "b" / "manifest.json").read_text())["segments"]["x"]
    assert record["file"] == file.name
    assert (record["dtype"], record["shape"], record["bytes"]) == ("<f8", [3, 3], 72)


def test_floats_in_the_description_come_back_to_the_last_bit(tmp_path):
    numbers = np.random.default_rng(0).standard_normal(500) * 10.0 ** np.arange(-250, 250)
    write_bundle(tmp_path / "b", {**ABOUT, "numbers": numbers.tolist()}, {})
    assert read(tmp_path / "b").description["numbers"] == numbers.tolist()


@pytest.mark.parametrize(
    ("about", "arrays", "reason"),
    [
        (ABOUT, {"x": np.array([object()])}, "has dtype object"),
        (ABOUT, {"x": np.zeros(2, dtype=complex)}, "has dtype complex128"),
        (ABOUT, {"x": np.zeros(2, dtype="f4,i4")}, "stores booleans, integers and floats"),
        (ABOUT, {"../x": np.zeros(2)}, "must be named in letters"),
        (ABOUT, {"x": np.zeros((1,) * 9)}, "over 8 dimensions"),
        ({**ABOUT, "x": float("nan")}, {}, "not JSON compliant"),
        ({**ABOUT, "x": object()}, {}, "not JSON serializable"),
        ({**ABOUT, "segments": {}}, {}, 'the key "segments" occurs twice'),
        ({"format": "fastcluster-test"}, {}, "states no format and version"),
    ],
)
def test_what_cannot_be_stored_is_refused_and_nothing_is_written(tmp_path, about, arrays, reason):
    with pytest.raises(BundleError, match=reason):
        write_bundle(tmp_path / "b", about, arrays)
    assert list(tmp_path.iterdir()) == []


def test_system_errors_keep_their_class_and_path(tmp_path):
    with pytest.raises(FileNotFoundError) as missing:
        read(tmp_path / "b")
    assert missing.value.filename == str(tmp_path / "b")
    with pytest.raises(FileNotFoundError) as nowhere:
        write(tmp_path / "missing" / "b", x=np.zeros(2))
    assert nowhere.value.filename == str(tmp_path / "missing" / "b")


def test_what_is_no_bundle_is_refused_both_ways(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"\x80\x04N.")
    with pytest.raises(BundleError, match="is not a bundle: it is a file\nhint:"):
        read(file)
    with pytest.raises(BundleError, match="is a file, and a save replaces only bundles\nhint:"):
        write(file, x=np.zeros(2))
    with pytest.raises(BundleError, match="a directory without manifest"):
        read(tmp_path)
    with pytest.raises(BundleError, match="is a directory with other files"):
        write(tmp_path, x=np.zeros(2))
    assert file.read_bytes() == b"\x80\x04N."
    assert list(tmp_path.iterdir()) == [file]


def test_damage_is_found_unless_verify_is_off(tmp_path):
    write(tmp_path / "b", x=np.zeros(100))
    (file,) = (tmp_path / "b").glob("*-x.npy")
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + b"\x01")
    with pytest.raises(BundleError, match=r"is damaged: its checksum is \w+, expected \w+\nhint:"):
        read(tmp_path / "b")
    assert read(tmp_path / "b", verify=False).arrays["x"][-1] != 0
    file.write_bytes(whole[:-1])
    for verify in (True, False):
        with pytest.raises(BundleError, match=r"bytes long, expected \d+: it was cut short"):
            read(tmp_path / "b", verify=verify)


def test_an_open_bundle_survives_its_replacement(tmp_path):
    write(tmp_path / "b", x=np.full(5000, 1))
    old = read(tmp_path / "b").arrays["x"]
    write(tmp_path / "b", x=np.full(5000, 2))
    assert set(old.tolist()) == {1}
    assert set(read(tmp_path / "b").arrays["x"].tolist()) == {2}


def test_permissions_follow_the_umask(tmp_path):
    run_script(
        """
        import os, stat, sys
        import numpy as np
        from fastcluster._bundle import write_bundle
        os.umask(0o027)
        about = {"format": "fastcluster-test", "version": [1, 0]}
        write_bundle(sys.argv[1], about, {"x": np.zeros(2)})
        modes = {stat.S_IMODE(os.stat(sys.argv[1]).st_mode)}
        assert modes == {0o750}, modes
        modes = {stat.S_IMODE(entry.stat().st_mode) for entry in os.scandir(sys.argv[1])}
        assert modes == {0o640}, modes
        """,
        tmp_path / "b",
    )


def test_a_writer_killed_while_it_replaces_leaves_old_or_new(tmp_path):
    out = run_script(
        SAVING
        + """
def save_on():
    number = load()
    while True:
        number += 1
        save(number)

save(0)
last, n_moved = 0, 0
for seed in range(30):
    child = in_a_child(save_on)
    time.sleep(random.Random(seed).uniform(0.0, 0.05))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    found = load()
    assert found >= last, (found, last)
    n_moved += found > last
    last = found
save(-1)
assert load() == -1
assert len(list(path.iterdir())) == 5, list(path.iterdir())
print(n_moved)
""",
        tmp_path / "b",
    )
    # Otherwise every child was killed before it saved anything, and this shows nothing.
    assert int(out) > 5


def test_a_writer_killed_while_it_creates_leaves_nothing_or_all(tmp_path):
    out = run_script(
        SAVING
        + """
import shutil

n_there = 0
for seed in range(30):
    child = in_a_child(lambda: (save(seed), time.sleep(60)))
    time.sleep(random.Random(seed).uniform(0.0, 0.03))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if path.exists():
        assert load() == seed
        n_there += 1
        shutil.rmtree(path)
save(-1)
assert load() == -1
assert list(path.parent.iterdir()) == [path], list(path.parent.iterdir())
print(n_there)
""",
        tmp_path / "b",
    )
    assert 0 < int(out) < 30


def test_a_full_disk_is_an_oserror_and_leaves_the_old_bundle_alone(tmp_path):
    # A limit on the size of files stops the write at any byte, as a full disk does.
    out = run_script(
        SAVING
        + """
import errno

def listing():
    return sorted(entry.name for entry in path.iterdir())

save(1)
before = listing()
n_failed = 0
for limit in [*range(0, 163_840, 4096), 1 << 30]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        save(2)
    except OSError as error:
        assert error.errno == errno.EFBIG, error
        assert Path(error.filename).parent == path, error.filename
        assert listing() == before
        assert load() == 1
        n_failed += 1
    else:
        assert load() == 2
        break

fresh = path.parent / "fresh"
path, old = fresh, path
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, resource.RLIM_INFINITY))
try:
    save(3)
except OSError:
    assert list(fresh.parent.iterdir()) == [old], list(fresh.parent.iterdir())
else:
    raise AssertionError("the limit stopped nothing")
print(n_failed)
""",
        tmp_path / "b",
    )
    assert int(out) == 40


def test_two_writers_at_once_leave_one_whole_bundle(tmp_path):
    run_script(
        SAVING
        + """
def save_all(numbers):
    for number in numbers:
        save(number)

children = [in_a_child(lambda: save_all(range(start, start + 20))) for start in (0, 100, 200)]
statuses = [os.waitpid(child, 0)[1] for child in children]
assert statuses == [0, 0, 0], statuses
assert load() in (19, 119, 219), load()
assert len(list(path.iterdir())) == 5, list(path.iterdir())
assert list(path.parent.iterdir()) == [path]
""",
        tmp_path / "b",
    )


@pytest.mark.parametrize("mmap", [True, False])
def test_readers_beside_a_writer_see_whole_bundles(tmp_path, mmap):
    path = tmp_path / "b"

    def save(number):
        arrays = {name: np.full(3000, number) for name in "abc"}
        write_bundle(path, {**ABOUT, "number": number}, arrays)

    save(0)
    done = threading.Event()
    seen, problems = set(), []

    def watch():
        while not done.is_set():
            try:
                bundle = read(path, mmap=mmap)
                numbers = {int(n) for array in bundle.arrays.values() for n in np.unique(array)}
                assert numbers == {bundle.description["number"]}
                seen.update(numbers)
            except Exception as error:
                problems.append(error)

    readers = [threading.Thread(target=watch) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for number in range(1, 60):
            save(number)
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert problems == []
    assert len(seen) > 1


def test_a_bundle_is_found_through_a_link_and_a_relative_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("b", x=np.zeros(2))
    Path("latest").symlink_to("b")
    write("latest/", x=np.ones(2))
    assert Path("latest").is_symlink()
    assert read(Path("b")).arrays["x"].tolist() == [1.0, 1.0]


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
        timeout=60,
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


def number_in(path):
    bundle = read(path)
    (number,) = {int(n) for array in bundle.arrays.values() for n in np.unique(array)}
    assert number == bundle.description["number"]
    return number


def save_number(path, number):
    arrays = {name: np.full(20_000, number) for name in "abc"}
    write_bundle(path, {**ABOUT, "number": number}, arrays)


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


def test_ctrl_c_ends_the_wait_for_another_writer(tmp_path):
    out = run_script(
        SAVING
        + """
import fcntl

save(1)
other = open(path / "writer.lock", "w")
fcntl.flock(other, fcntl.LOCK_EX)
signal.setitimer(signal.ITIMER_REAL, 0.2)
signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
try:
    save(2)
except KeyboardInterrupt:
    print("interrupted", load())
other.close()
save(3)
print(load())
""",
        tmp_path / "b",
    )
    assert out.split() == ["interrupted", "1", "3"]
