"""The bundle between processes and threads: killed writers, full disks, readers beside writers.

Not tried: a file system without locks.
"""

import threading

import numpy as np
import pytest

from bundles import ABOUT, SAVING, read, run_script
from fastcluster._bundle import write_bundle
from interrupts import HEED


def test_a_writer_killed_while_it_replaces_leaves_old_or_new(tmp_path):
    run_script(
        SAVING
        + """
def save_on():
    number = load()
    while True:
        number += 1
        save(number)

save(0)
last, n_moved, seed, delay = 0, 0, 0, 0.02
# Else every child was killed before it saved anything, and this shows nothing.
while seed < 30 or n_moved <= 5:
    seed += 1
    child = in_a_child(save_on)
    kill_within(child, delay, seed)
    found = load()
    assert found >= last, (found, last)
    n_moved += found > last
    delay *= 1.5 if found == last else 0.7
    last = found
save(-1)
assert load() == -1
assert len(list(path.iterdir())) == 5, list(path.iterdir())
""",
        tmp_path / "b",
    )


def test_a_writer_killed_while_it_creates_leaves_nothing_or_all(tmp_path):
    run_script(
        SAVING
        + """
import shutil

n_there, seed, delay = 0, 0, 0.02
# Else every kill came too late, or each too early, and this shows nothing.
while seed < 30 or not 0 < n_there < seed:
    seed += 1
    child = in_a_child(lambda: (save(seed), time.sleep(60)))
    kill_within(child, delay, seed)
    delay *= 0.7 if path.exists() else 1.5
    if path.exists():
        assert load() == seed
        n_there += 1
        shutil.rmtree(path)
save(-1)
assert load() == -1
assert list(path.parent.iterdir()) == [path], list(path.parent.iterdir())
""",
        tmp_path / "b",
    )


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
        # At least 60, and until both have read some: a busy machine may let neither run for long.
        number = 0
        while number < 60 or (len(seen) < 3 and not problems):
            number += 1
            save(number)
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert problems == []


def test_ctrl_c_ends_the_wait_for_another_writer(tmp_path):
    out = run_script(
        HEED
        + SAVING
        + """
import fcntl

save(1)
other = open(path / "writer.lock", "w")
fcntl.flock(other, fcntl.LOCK_EX)
seen = []

def alarm(_, frame):
    # A second alarm at the same instruction comes from inside its call: of the write, which waits.
    seen.append((frame.f_code.co_name, frame.f_lasti))
    if seen.count(seen[-1]) > 1:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGALRM, alarm)
try:
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    save(2)
except KeyboardInterrupt:
    print("interrupted", seen[-1][0], load())
other.close()
save(3)
print(load())
""",
        tmp_path / "b",
    )
    assert out.split() == ["interrupted", "write_bundle", "1", "3"]
