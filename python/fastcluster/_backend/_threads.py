"""How many threads a call may use.

`n_jobs=None` takes every core that the process is permitted: CPU affinity and cgroup quota (as
joblib counts them), `OMP_NUM_THREADS`, `RAYON_NUM_THREADS` and limits that threadpoolctl has set on
the OpenMP libraries in the process. Inside a joblib worker it is one thread, because joblib has
already divided the cores.
"""

import os
from functools import cache
from typing import Any, Final

import joblib

from fastcluster._config import setting

__all__ = ["effective_threads", "permitted_threads"]

_MOST_THREADS: Final = 1024


def effective_threads(n_jobs: int | None) -> int:
    """Return the number of threads that `n_jobs` stands for, at least 1.

    Negative values count down from the permitted cores, as in joblib: -1 is all of them, -2 all but
    one. More than 1,024 threads are not started.
    """
    wanted = setting("n_jobs") if n_jobs is None else n_jobs
    if wanted is None:
        return permitted_threads()
    if wanted == 0:
        raise ValueError(
            "n_jobs=0 must be None or an int other than 0\n"
            "hint: None uses all permitted cores, 1 one thread, -2 all cores but one"
        )
    if wanted < 0:
        return max(1, permitted_threads() + 1 + int(wanted))
    return min(int(wanted), _MOST_THREADS)


def permitted_threads() -> int:
    """Return how many threads this process, at this place, may run."""
    if _inside_joblib_worker():
        return 1
    limits: list[int] = [_permitted_cores(), *_environment_limits(), *_openmp_limits()]
    return max(1, min(limits))


def _inside_joblib_worker() -> bool:
    """Say whether this code runs in a task of joblib, in a process or in a thread."""
    backend, _ = joblib.parallel.get_active_backend()
    return bool(getattr(backend, "nesting_level", 0))


def _permitted_cores() -> int:
    """Return how many cores affinity and cgroup permit, as joblib counts them."""
    # Affinity is asked for each time, for it may change; the cgroup's files are read once, which
    # otherwise would take longer than to label one row.
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    return _counted_cores(affinity, os.environ.get("LOKY_MAX_CPU_COUNT"))


@cache
def _counted_cores(_affinity: int | None, _limit: str | None) -> int:
    return int(joblib.cpu_count())


def _environment_limits() -> list[int]:
    limits = []
    for variable in ("OMP_NUM_THREADS", "RAYON_NUM_THREADS"):
        # OpenMP allows a list, one number per level of nesting; the first is ours.
        text = os.environ.get(variable, "").partition(",")[0].strip()
        if text.isdecimal() and int(text) > 0:
            limits.append(int(text))
    return limits


def _openmp_limits() -> list[int]:
    return [
        library["num_threads"]
        for library in _controller().info()
        if library["user_api"] == "openmp"
    ]


@cache
def _controller() -> Any:  # noqa: ANN401 - threadpoolctl has no types
    """Find the thread pools in this process once: the search walks through every loaded library."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
