"""The GPU path without a GPU: a fixture that plays one."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import standin as played_gpu


@pytest.fixture
def standin(request):
    """Play CuPy and a GPU; gives the package, whose `state` may be set and read.

    `import cupy` finds the stand-in inside the test; what the package keeps of it is dropped before
    and afterwards.
    """
    if played_gpu.compiler() is None:
        pytest.skip("kernels are run on the CPU by g++, which is not here")
    played_gpu.keep_kernels_in(request.config.cache.mkdir("gpu-kernels"))
    _forget()
    played_gpu.install()
    yield played_gpu
    _forget()
    played_gpu.remove()


def _forget():
    """Empty what modules of the GPU path have cached: modules, kernels, the binding of cuBLAS."""
    for name, module in list(sys.modules.items()):
        if name.startswith("fastcluster._backend"):
            for part in list(vars(module).values()):
                if hasattr(part, "cache_clear"):
                    part.cache_clear()
