"""CUDA sources to functions of the CPU: parsed for their kernels, compiled by g++ after the shim.

The shared objects are kept in a folder by the hash of all that went into them.
"""

import ctypes
import hashlib
import re
import shutil
import subprocess
import tempfile
import threading
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
FLAGS = ("-std=c++17", "-O1", "-w", "-fPIC", "-shared", "-ffp-contract=off", "-frounding-math",
         "-fno-strict-aliasing", "-fcf-protection=none")  # fmt: skip
ERROR_BYTES = 1024
"""As in fibers.hpp."""

_KERNEL = re.compile(
    r'extern\s+"C"\s+__global__\s+(?:__launch_bounds__\s*\([^)]*\)\s*)?void\s+'
    r"(?:__launch_bounds__\s*\([^)]*\)\s*)?(\w+)\s*\("
)
_DYNAMIC = re.compile(
    r"extern\s+__shared__\s+(?:__align__\s*\(\s*\d+\s*\)\s*)?([\w\s]+?)\s*\b(\w+)\s*\[\s*\]\s*;"
)
_WRAPPER = """
extern "C" unsigned char __start_fcs_{name}[] __attribute__((weak, visibility("hidden")));
extern "C" unsigned char __stop_fcs_{name}[] __attribute__((weak, visibility("hidden")));
static void standin_call_{name}(void **arguments) {{ standin::call({name}, arguments); }}
extern "C" void standin_describe_{name}(char *to) {{ standin::describe({name}, to); }}
extern "C" int standin_launch_{name}(const unsigned *sizes, size_t dynamic_bytes, size_t opted_in,
                                     void **arguments, uint64_t seed, char *error)
{{
    return standin::launch({{sizes[0], sizes[1], sizes[2]}}, {{sizes[3], sizes[4], sizes[5]}},
                           dynamic_bytes, opted_in, {{__start_fcs_{name}, __stop_fcs_{name}}},
                           {{__start_fcs_device, __stop_fcs_device}}, standin_call_{name},
                           arguments, seed, error);
}}
"""
_COMMON = """
extern "C" unsigned char __start_fcs_device[] __attribute__((weak, visibility("hidden")));
extern "C" unsigned char __stop_fcs_device[] __attribute__((weak, visibility("hidden")));
"""

launching = threading.Lock()
"""One launch at a time: a block's state is the shared object's."""

folder = None
"""Where shared objects are kept; a temporary folder unless a path is put here."""


def compiler():
    """Return the path of the C++ compiler, or None."""
    return shutil.which("g++")


def without_comments(source):
    """Return a source of the same lines whose comments are blank."""
    found = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\])*\"", re.DOTALL)
    return found.sub(
        lambda match: match[0] if match[0][0] == '"' else re.sub(r"[^\n]", " ", match[0]), source
    )


def kernel_names(source):
    """Return the names of a source's kernels; comments are gone already."""
    names = _KERNEL.findall(source)
    if len(names) != len(re.findall(r"\b__global__\b", source)):
        raise ValueError('every kernel is written as: extern "C" __global__ void name(parameters)')
    return names


def for_the_cpu(source):
    """Return the C++ of a CUDA source and the names of its kernels."""
    source = without_comments(source)
    names = kernel_names(source)
    source = _DYNAMIC.sub(r"\1 *\2 = (\1 *)standin::dynamic_shared;", source)
    starts = [match.start() for match in _KERNEL.finditer(source)]
    spans = [(start, _end_of_body(source, start)) for start in starts]

    def section(match):
        owners = (name for name, (start, end) in zip(names, spans, strict=True)
                  if start < match.start() < end)  # fmt: skip
        return f'static __attribute__((section("fcs_{next(owners, "device")}")))'

    source = re.sub(r"\b__shared__\b", section, source)
    wrappers = "".join(_WRAPPER.format(name=name) for name in names)
    head = '#include "fibers.hpp"\n#include "cuda.hpp"\n#line 1 "kernel.cu"\n'
    return head + source + _COMMON + wrappers, names


def _end_of_body(source, start):
    depth = 0
    for match in re.compile(r"[{}]").finditer(source, start):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.end()
    raise ValueError("a kernel's body has no end")


@cache
def compiled(source, macros, more_flags=()):
    """Return a source as a loaded shared object; `RuntimeError` has the compiler's words."""
    text, _ = for_the_cpu(source)
    headers = (HERE / "fibers.hpp").read_text() + (HERE / "cuda.hpp").read_text()
    command = [compiler(), *FLAGS, *more_flags, *macros, "-I", str(HERE), "-x", "c++", "-"]
    digest = hashlib.sha256("\0".join([*command, _version(), headers, text]).encode()).hexdigest()
    path = _folder() / f"{digest[:24]}.so"
    if not path.is_file():
        fresh = path.with_name(f"{path.stem}-{threading.get_ident()}-{id(text)}.tmp")
        done = subprocess.run(
            [*command, "-o", str(fresh)], input=text, text=True, capture_output=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        fresh.replace(path)
    return ctypes.CDLL(str(path))


@cache
def _version():
    return subprocess.run(
        [compiler(), "--version"], capture_output=True, text=True, check=True
    ).stdout


def _folder():
    global folder  # noqa: PLW0603 - one place for the process
    if folder is None:
        folder = Path(tempfile.mkdtemp(prefix="fastcluster-kernels-"))
    return Path(folder)


def parameters(library, name):
    """Return the kinds of a kernel's parameters: f8 and i8 are numbers, *f4 points to floats."""
    text = ctypes.create_string_buffer(ERROR_BYTES)
    getattr(library, f"standin_describe_{name}")(text)
    return text.value.decode().split()


def run(library, name, sizes, shared_bytes, opted_in, values, seed):
    """Run a kernel; `values` are ctypes objects; returns None or what went wrong."""
    error = ctypes.create_string_buffer(ERROR_BYTES)
    pointers = (ctypes.c_void_p * max(len(values), 1))(
        *(ctypes.cast(ctypes.pointer(value), ctypes.c_void_p) for value in values)
    )
    with launching:
        failed = getattr(library, f"standin_launch_{name}")(
            (ctypes.c_uint * 6)(*sizes), ctypes.c_size_t(shared_bytes), ctypes.c_size_t(opted_in),
            pointers, ctypes.c_uint64(seed), error,
        )  # fmt: skip
    return error.value.decode() if failed else None
