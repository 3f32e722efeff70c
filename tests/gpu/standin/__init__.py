"""Plays CuPy, cuBLAS and a GPU on the CPU, so that the whole GPU path is run where there is none.

`install()` puts modules that stand for `cupy`, `cupyx` and `cupy_backends.cuda.libs.cublas` where
imports find them; `remove()` takes them away. `state` is what a test may set and count. Kernels are
compiled by g++ and run thread for thread (`fibers.hpp`); products are NumPy's. It is strict where
CuPy is, and where a mistake would only show on a GPU: memory that was never written, writes beside
an array, barriers that not all threads reach, arguments of another type, copies that nobody waited
for.
"""

import sys
from types import ModuleType

from . import _compile, _cublas, _cuda, _functions, _memory, _random, _raw, _stream
from ._state import state

__all__ = ["compiler", "install", "keep_kernels_in", "remove", "reset", "state"]

compiler = _compile.compiler


_before = {}
"""The modules that `install` took away."""


def keep_kernels_in(folder):
    """Keep compiled kernels in a folder, for the next process too."""
    _compile.folder = folder


def reset():
    """Put all that a test may have changed back."""
    state.reset()
    _memory.reset()
    for stream in list(_stream._streams):
        stream._waiting.clear()
    _stream._stack()[:] = [_stream.Stream.null]


def install():
    """Let `import cupy` find the stand-in; returns the module that stands for it."""
    reset()
    for name in _found():
        _before[name] = sys.modules.pop(name)
    modules = _modules()
    sys.modules.update(modules)
    return modules["cupy"]


def remove():
    """Let `import cupy` find what it found before."""
    for name in _found():
        del sys.modules[name]
    sys.modules.update(_before)
    _before.clear()
    reset()


def _found():
    return [
        name for name in sys.modules if name.split(".")[0] in ("cupy", "cupyx", "cupy_backends")
    ]


def _modules():
    cupy, cupyx = ModuleType("cupy"), ModuleType("cupyx")
    cupy.__version__ = "14.2.0"
    cupy.__path__ = []
    _functions.fill_namespace(cupy)
    cupy.random = _random.random()
    cupy.cuda, cupy.RawModule = _cuda.cuda(), _raw.RawModule
    cupy.cuda.compiler = ModuleType("cupy.cuda.compiler")
    cupy.cuda.compiler.CompileException = _raw.CompileException
    cupyx.empty_pinned, cupyx.zeros_pinned = _functions.pinned, _functions.zeros_pinned
    cupyx.scatter_add = _functions.scatter_add
    cublas = _cublas.cublas()
    found = {"cupy": cupy, "cupyx": cupyx, "cupy_backends": ModuleType("cupy_backends")}
    for name, part in vars(cupy.cuda).items():
        if isinstance(part, ModuleType):
            found[f"cupy.cuda.{name}"] = part
    libs = ModuleType("cupy_backends.cuda.libs")
    libs.cublas = cublas
    found |= {
        "cupy.cuda": cupy.cuda,
        "cupy.random": cupy.random,
        "cupy.linalg": cupy.linalg,
        "cupy_backends.cuda.libs": libs,
    }
    return found | {"cupy_backends.cuda": ModuleType("cupy_backends.cuda"), cublas.__name__: cublas}
