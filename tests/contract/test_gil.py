"""Promise 5: other Python threads run while a fit does.

A second thread interrupts the call once it has run a few times meanwhile, which it cannot do while
the call holds Python's lock. The calls would take very much longer than that, so it does not matter
how fast the machine is, or how busy.
"""

import _thread
import os
import signal
import sys
import threading
import time

import numpy as np
import pytest

import fastcluster as fc
from interrupts import in_the_core, needs_proc

N_TIMES = 10


def runs_beside(call, at_work):
    """Say whether another thread ran, and interrupted the call, while that was at work."""
    ended = threading.Event()

    def watch():
        n_times = 0
        while n_times < N_TIMES and not ended.is_set():
            n_times += at_work()
            time.sleep(0.0005)
        if not ended.is_set():
            _thread.interrupt_main()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        call()
    except KeyboardInterrupt:
        return True
    finally:
        ended.set()
        thread.join()
    return False


@pytest.fixture(autouse=True)
def heeded():
    """Heed interrupts: shells start what is to run in the background so that it does not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module", name="X")
def vectors():
    return np.random.default_rng(0).normal(size=(300_000, 32)).astype(np.float32)


def at_work():
    return in_the_core(os.getpid())


def test_a_call_that_holds_the_lock_is_told():
    """Show that the answers below could be no: one call of `sum` holds the lock to its end."""
    summing = []

    def call():
        summing.append(True)
        sum(range(10_000_000))
        summing.clear()

    before = sys.getswitchinterval()
    sys.setswitchinterval(1000.0)  # else the lock may be taken between two lines of `call`
    try:
        assert not runs_beside(call, lambda: bool(summing))
    finally:
        sys.setswitchinterval(before)


@needs_proc
def test_fit(X):
    estimator = fc.KMeans(10_000, init="random", n_init=1000, tol=0, n_jobs=1)
    assert runs_beside(lambda: estimator.fit(X[:100_000]), at_work)


@needs_proc
def test_nearest_centroids(X):
    assert runs_beside(lambda: fc.nearest_centroids(X, X, n_jobs=1), at_work)
