"""The GPU path without a GPU: a fixture that plays one; and with one, where that is asked for.

With FASTCLUSTER_TEST_GPU=1 in the environment the same tests run on the real CuPy and its GPU.
Those that set or count what only the stand-in has are skipped then.
"""

import gc
import os
import sys
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import standin as played_gpu

REAL = os.environ.get("FASTCLUSTER_TEST_GPU") == "1"


class RealState:
    """Stands for the stand-in's `state` on a real GPU, which has an order of its own."""

    def __setattr__(self, name, value):
        if name != "order":
            pytest.skip(f"only the stand-in lets tests set {name}")

    def __getattr__(self, name):
        pytest.skip(f"only the stand-in knows {name}")


class RealGpu:
    """Stands for the stand-in."""

    state = RealState()


@pytest.fixture(scope="session")
def kept_folder(request, tmp_path_factory):
    """Return a function that gives a folder by name, kept between sessions where pytest may."""
    kept = getattr(request.config, "cache", None)
    return cache(kept.mkdir if kept else tmp_path_factory.mktemp)


@pytest.fixture
def standin(kept_folder):
    """Play CuPy and a GPU; gives the package, whose `state` may be set and read.

    `import cupy` finds the stand-in inside the test; what the package keeps of it is dropped before
    and afterwards.
    """
    if REAL:
        yield RealGpu()
        _unlimit()
        return
    if played_gpu.compiler() is None:
        pytest.skip("kernels are run on the CPU by g++, which is not here")
    played_gpu.keep_kernels_in(kept_folder("gpu-kernels"))
    _forget()
    played_gpu.install()
    yield played_gpu
    _forget()
    played_gpu.remove()


@pytest.fixture
def played(standin):
    """Leave out a test of the stand-in's own ways where the GPU is real."""
    if REAL:
        pytest.skip("is about the stand-in")
    return standin


def pytest_runtest_setup(item):
    """Skip tests marked `gpu` where there is none."""
    if item.get_closest_marker("gpu") is not None:
        cupy = pytest.importorskip("cupy", reason="needs CuPy")
        if not cupy.cuda.is_available():
            pytest.skip("needs a GPU")


def _unlimit():
    """Take a limit of the real pool back: the next test has all of the memory again."""
    pool = sys.modules["cupy"].get_default_memory_pool() if "cupy" in sys.modules else None
    if pool is not None and pool.get_limit():
        pool.set_limit(size=0)
        gc.collect()
        pool.free_all_blocks()


def _forget():
    """Empty what modules of the GPU path have cached: modules, kernels, the binding of cuBLAS."""
    for name, module in list(sys.modules.items()):
        if name.startswith("fastcluster._backend"):
            for part in list(vars(module).values()):
                if hasattr(part, "cache_clear"):
                    part.cache_clear()
