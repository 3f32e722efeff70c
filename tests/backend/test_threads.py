"""How many threads `n_jobs` stands for."""

import os

import joblib
import pytest
from threadpoolctl import threadpool_limits

import fastcluster as fc
from fastcluster._backend import _threads
from fastcluster._backend._threads import effective_threads


@pytest.fixture
def eight_cores(monkeypatch):
    """Pretend that joblib counts eight cores and that nothing else limits them."""
    monkeypatch.setattr(_threads, "_permitted_cores", lambda: 8)
    monkeypatch.setattr(_threads, "_openmp_limits", list)
    for variable in ("OMP_NUM_THREADS", "RAYON_NUM_THREADS"):
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.parametrize(
    ("n_jobs", "threads"), [(None, 8), (1, 1), (3, 3), (20, 20), (-1, 8), (-2, 7), (-100, 1)]
)
def test_the_convention(eight_cores, n_jobs, threads):
    assert effective_threads(n_jobs) == threads


def test_zero_is_refused(eight_cores):
    with pytest.raises(ValueError, match=r"n_jobs=0 must be None or an int other than 0\nhint: "):
        effective_threads(0)


@pytest.mark.parametrize("variable", ["OMP_NUM_THREADS", "RAYON_NUM_THREADS"])
@pytest.mark.parametrize(
    ("text", "threads"), [("3", 3), ("3,2", 3), ("100", 8), ("0", 8), ("", 8), ("four", 8)]
)
def test_variables_limit_the_permitted_cores(eight_cores, monkeypatch, variable, text, threads):
    monkeypatch.setenv(variable, text)
    assert effective_threads(None) == threads
    assert effective_threads(-1) == threads
    assert effective_threads(5) == 5


def test_cores_are_those_that_joblib_counts(monkeypatch):
    assert _threads._permitted_cores() == joblib.cpu_count()
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    assert _threads._permitted_cores() == joblib.cpu_count() == 1


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs CPU affinity")
def test_a_change_of_affinity_is_seen():
    before = os.sched_getaffinity(0)
    if len(before) < 2 or joblib.cpu_count() < 2:
        pytest.skip("needs two cores, and no other limit")
    assert _threads._permitted_cores() >= 2
    try:
        os.sched_setaffinity(0, {min(before)})
        assert _threads._permitted_cores() == 1
    finally:
        os.sched_setaffinity(0, before)


def test_settings_stand_in_for_none(eight_cores):
    with fc.config_context(n_jobs=-3):
        assert effective_threads(None) == 6
        assert effective_threads(2) == 2


def test_limits_of_threadpoolctl_are_seen(monkeypatch):
    monkeypatch.setattr(_threads, "_permitted_cores", lambda: 8)
    # scikit-learn brings an OpenMP library into the process.
    import sklearn.utils._openmp_helpers

    _threads._controller.cache_clear()
    assert sklearn.utils._openmp_helpers
    with threadpool_limits(1, user_api="openmp"):
        assert effective_threads(None) == 1


@pytest.mark.parametrize("backend", ["threading", "loky", "multiprocessing"])
def test_one_thread_inside_a_joblib_worker(backend):
    ask = joblib.delayed(effective_threads)
    inside = joblib.Parallel(n_jobs=2, backend=backend)(ask(None) for _ in range(2))
    assert inside == [1, 1]


def test_a_joblib_call_with_one_job_is_no_worker(eight_cores):
    assert joblib.Parallel(n_jobs=1)([joblib.delayed(effective_threads)(None)]) == [8]
