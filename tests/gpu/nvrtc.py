"""NVIDIA's compiler for the tests: CUDA sources to machine code, without a GPU, driver or toolkit.

usage: python tests/gpu/nvrtc.py    renews ceilings.toml
"""

import ctypes
import itertools
import os
import re
import tomllib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from importlib.resources import files
from pathlib import Path

from fastcluster._backend.gpu.runtime import _kernels

TARGETS = ("sm_75", "sm_80", "sm_86", "sm_89", "sm_90a", "sm_100", "sm_120")
"""Turing to Blackwell; a real target, so that the assembler runs and counts registers."""
CUPYS = ("-ftz=true", "--device-as-default-execution-space")
"""What CuPy adds to the options of every kernel, behind them, so that it wins."""
WHEELS = ("nvidia-cuda-nvrtc", "nvidia-cuda-nvrtc-cu13", "nvidia-cuda-nvrtc-cu12")
CEILINGS = Path(__file__).with_name("ceilings.toml")
HEAD = """\
# The most registers that a kernel may need, over all targets and variants: `any`, or its own.
# Beyond 80 registers fewer than 768 threads fit on a multiprocessor, so more has to be wanted.
# Written by `python tests/gpu/nvrtc.py`: what is needed now, and up to 16 more for other compilers.
any = 80

[kernels]
"""


@dataclass(frozen=True)
class Usage:
    """What one kernel needs, as the assembler says."""

    kernel: str
    n_registers: int
    n_frame_bytes: int
    n_spilled_bytes: int


@cache
def library():
    """Return the compiler, or None where none of its wheels is installed."""
    for wheel in WHEELS:
        try:
            parts_of_wheel = metadata.files(wheel) or []
        except metadata.PackageNotFoundError:
            continue
        names = {path.name: path for path in parts_of_wheel}
        parts = sorted(name for name in names if re.match(r"libnvrtc(-builtins)?\.so", name))
        loaded = [ctypes.CDLL(str(names[name].locate()), ctypes.RTLD_GLOBAL) for name in parts]
        if loaded:
            return loaded[-1]
    return None


def version():
    """Return the compiler's version."""
    major, minor = ctypes.c_int(), ctypes.c_int()
    library().nvrtcVersion(ctypes.byref(major), ctypes.byref(minor))
    return f"{major.value}.{minor.value}"


def compiled(source, target, macros):
    """Compile a source; returns the status, the log and the size of the machine code."""
    code = ctypes.c_size_t()
    with program_of(source, target, macros) as (status, program):
        library().nvrtcGetCUBINSize(program, ctypes.byref(code))
        log = _text(program, "ProgramLog")
    return status, log, code.value


def assembly(source, macros):
    """Return the PTX of a source for the oldest target; of one that does not compile, its log."""
    with program_of(source, TARGETS[0].replace("sm", "compute"), macros) as (status, program):
        return _text(program, "ProgramLog" if status else "PTX")


@contextmanager
def program_of(source, target, macros):
    """Compile a source as CuPy does; gives the status and the compiler's handle."""
    lib, program = library(), ctypes.c_void_p()
    options = [f"--gpu-architecture={target}", *_kernels.OPTIONS, *macros, *CUPYS]
    if target.startswith("sm"):
        options.append("--ptxas-options=-v")
    flags = (ctypes.c_char_p * len(options))(*(option.encode() for option in options))
    lib.nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"kernel.cu", 0, None, None)
    try:
        yield lib.nvrtcCompileProgram(program, len(options), flags), program
    finally:
        lib.nvrtcDestroyProgram(ctypes.byref(program))


def _text(program, part):
    size = ctypes.c_size_t()
    getattr(library(), f"nvrtcGet{part}Size")(program, ctypes.byref(size))
    text = ctypes.create_string_buffer(size.value)
    getattr(library(), f"nvrtcGet{part}")(program, text)
    return text.value.decode()


def usages(log):
    """Return what the kernels of a log need."""
    found = re.findall(
        r"Compiling entry function '(\w+)'.*?(\d+) bytes stack frame, (\d+) bytes spill stores, "
        r"(\d+) bytes spill loads.*?Used (\d+) registers",
        log,
        re.DOTALL,
    )
    return [
        Usage(kernel, int(n_registers), int(frame), int(stored) + int(loaded))
        for kernel, frame, stored, loaded, n_registers in found
    ]


def variants(source):
    """Return the macros of every variant of a source.

    A line `// variants: ROW=0..5 COSINE=0,1` is all of their combinations; several such lines add
    up. Without one it has every type of rows where it reads rows, and both metrics where it asks.
    """
    lines = re.findall(r"^// variants:(.*)$", source, re.MULTILINE)
    if not lines:
        rows = "ROW=0..5" if re.search(r"\b(row_t|ROW|working)\b", source) else ""
        lines = [rows + (" COSINE=0,1" if re.search(r"\bCOSINE\b", source) else "")]
    return [combination for line in lines for combination in _combinations(line)]


def _combinations(line):
    named = [part.split("=", 1) for part in line.split()]
    choices = [[f"-D{name}={value}" for value in _values(values)] for name, values in named]
    return list(itertools.product(*choices))


def _values(text):
    if ".." in text:
        first, last = text.split("..")
        return list(range(int(first), int(last) + 1))
    return text.split(",")


def targets(source):
    """Return the targets of a source: all, or what `// needs: sm_80` leaves; 90a stands alone."""
    needs = re.search(r"^// needs: (sm_\w+)", source, re.MULTILINE)
    if needs is None:
        return TARGETS
    return ("sm_90a",) if needs[1] == "sm_90a" else TARGETS[TARGETS.index(needs[1]) :]


def common():
    """Return the text that is put before every source."""
    return files("fastcluster._backend.gpu").joinpath("cuda", "common.cuh").read_text()


def text_of(name):
    """Return a source's own text."""
    return _kernels.source_text(name)[len(common()) :]


def ceilings():
    """Return the recorded ceilings, and the one for kernels that are not named."""
    record = tomllib.loads(CEILINGS.read_text())
    return record["kernels"], record["any"]


def renew():
    """Compile everything and write what goes beyond the ceiling of all."""
    _, general = ceilings()
    jobs = [
        (name, target, macros)
        for name in _kernels.SOURCES
        for target, macros in itertools.product(targets(text_of(name)), variants(text_of(name)))
    ]
    most = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(_usages_of, jobs):
            for usage in found:
                most[usage.kernel] = max(most.get(usage.kernel, 0), usage.n_registers)
    above = [f"{kernel} = {n // 8 * 8 + 16}\n" for kernel, n in sorted(most.items()) if n > general]
    CEILINGS.write_text(HEAD + "".join(above))
    for kernel, n_registers in sorted(most.items()):
        print(f"{kernel:24} {n_registers:4} registers")  # noqa: T201 - a command


def _usages_of(job):
    name, target, macros = job
    status, log, _ = compiled(_kernels.source_text(name), target, macros)
    if status:
        raise SystemExit(f"{name} {target} {macros}:\n{log}")
    return usages(log)


if __name__ == "__main__":
    renew()
