"""Where the numbers come from: processor, memory, system. No names of hosts or people."""

import os
import platform
import re
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import scipy

__all__ = ["cpu_slug", "describe", "permitted_threads"]

CPU_INFO = Path("/proc/cpuinfo")
FLAGS = re.compile(r"avx|fma|f16c|amx|asimd|sve|i8mm|bf16|hypervisor")
"""The features that decide which kernels run, and whether the machine is a virtual one."""


def describe() -> dict[str, Any]:
    """Return what decides the speed here, and how busy the machine is now."""
    info = _cpu_info()
    return {
        "cpu": info.get("model name") or platform.processor() or platform.machine(),
        "cpu_family_model_stepping": [
            info.get(key, "") for key in ("cpu family", "model", "stepping")
        ],
        "flags": sorted(flag for flag in info.get("flags", "").split() if FLAGS.search(flag)),
        "n_cores": os.cpu_count(),
        "n_cores_permitted": permitted_threads(),
        "memory_bytes": _memory_bytes(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "load_average": list(os.getloadavg()) if hasattr(os, "getloadavg") else [],
    }


def permitted_threads() -> int:
    """Return the cores that this process may use, by affinity and cgroup."""
    return int(joblib.cpu_count())


def cpu_slug(cpu: str) -> str:
    """Return a processor's name as part of a file name.

    Examples
    --------
    >>> cpu_slug("Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz")
    'intel-xeon-gold-6338'
    """
    plain = re.sub(r"\((r|tm)\)|\bcpu\b|\bprocessor\b|@.*", " ", cpu.lower())
    return "-".join(re.findall(r"[a-z0-9]+", plain)) or "unknown"


def _cpu_info() -> dict[str, str]:
    """Return the first processor's entry of /proc/cpuinfo, empty where there is none."""
    if not CPU_INFO.exists():
        return {}
    entry = CPU_INFO.read_text().partition("\n\n")[0]
    pairs = (line.partition(":") for line in entry.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
