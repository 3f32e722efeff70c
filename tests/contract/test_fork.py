"""Promise 5: a child of a process that has used the library does not hang, and gets the same.

Each case is a script in a fresh process, which a watchdog ends with the stack of every thread on
stderr, long after even a busy machine would be done.
"""

import subprocess
import sys
import textwrap

import pytest

WATCHDOG_SECONDS = 240

SETUP = """
import faulthandler, os, sys
faulthandler.dump_traceback_later({seconds}, exit=True)
import numpy as np
import fastcluster as fc

X = np.random.default_rng(0).normal(size=(3_000, 16))

def work(_=None):
    estimator = fc.KMeans(20, n_jobs={n_jobs}, random_state=0).fit(X)
    return estimator.labels_.tobytes() + estimator.predict(X).tobytes()

if __name__ == "__main__":
    expected = work()
"""

CASES = {
    "fork": """
        child = os.fork()
        if child == 0:
            os._exit(0 if work() == expected else 1)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), work() == expected)
    """,
    "fork of a fork": """
        child = os.fork()
        if child == 0:
            first = work()
            grandchild = os.fork()
            if grandchild == 0:
                os._exit(0 if work() == expected else 1)
            _, status = os.waitpid(grandchild, 0)
            os._exit(os.waitstatus_to_exitcode(status) or first != expected)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), work() == expected)
    """,
    "fork while another thread fits": """
        import threading
        stop = threading.Event()
        def busy():
            while not stop.is_set():
                work()
        thread = threading.Thread(target=busy)
        thread.start()
        codes = []
        for _ in range(5):
            child = os.fork()
            if child == 0:
                os._exit(0 if work() == expected else 1)
            _, status = os.waitpid(child, 0)
            codes.append(os.waitstatus_to_exitcode(status))
        stop.set()
        thread.join()
        print(max(codes), work() == expected)
    """,
    "multiprocessing fork": """
        import multiprocessing
        with multiprocessing.get_context("fork").Pool(2) as pool:
            results = pool.map(work, range(4))
        print(0, all(result == expected for result in results))
    """,
    "multiprocessing forkserver": """
        import multiprocessing
        with multiprocessing.get_context("forkserver").Pool(2) as pool:
            results = pool.map(work, range(2))
        print(0, all(result == expected for result in results))
    """,
    "multiprocessing spawn": """
        import multiprocessing
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            results = pool.map(work, range(2))
        print(0, all(result == expected for result in results))
    """,
    "joblib loky": """
        import joblib
        tasks = (joblib.delayed(work)() for _ in range(4))
        results = joblib.Parallel(n_jobs=2, backend="loky")(tasks)
        print(0, all(result == expected for result in results))
    """,
    "joblib threading": """
        import joblib
        tasks = (joblib.delayed(work)() for _ in range(4))
        results = joblib.Parallel(n_jobs=2, backend="threading")(tasks)
        print(0, all(result == expected for result in results))
    """,
}


# Cases that start a fresh interpreter take seconds; two threads stand for the rest in a quick run.
FRESH_INTERPRETER = ["multiprocessing forkserver", "multiprocessing spawn", "joblib loky"]


@pytest.mark.parametrize(
    ("case", "n_jobs"),
    [
        pytest.param(
            case,
            n_jobs,
            marks=pytest.mark.slow if case in FRESH_INTERPRETER and n_jobs != 2 else (),
        )
        for case in CASES
        for n_jobs in (1, 2, 7)
    ],
)
def test_child_does_not_hang_and_agrees(tmp_path, case, n_jobs):
    script = tmp_path / "script.py"
    body = textwrap.indent(textwrap.dedent(CASES[case]).strip(), "    ")
    script.write_text(SETUP.format(seconds=WATCHDOG_SECONDS, n_jobs=n_jobs) + body + "\n")

    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * WATCHDOG_SECONDS,
    )

    assert done.stdout.split() == ["0", "True"], done.stderr
