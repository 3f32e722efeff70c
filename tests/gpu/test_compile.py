"""Every CUDA source is compiled by NVIDIA's compiler for every target: the text that a GPU runs."""

import hashlib
import json
import os
import re
from concurrent.futures import ThreadPoolExecutor

import nvrtc
import pytest
from kernels_of_tests import SOURCE

from fastcluster._backend.gpu.runtime import _kernels

pytestmark = pytest.mark.skipif(
    nvrtc.library() is None, reason="needs the wheel nvidia-cuda-nvrtc (the extra [test])"
)


FURTHER = 3
"""Variants of a source beside the first that `make test` compiles: a compilation takes 0.2 s."""


def cases(slow):
    """Return source, target and macros: what `make test` compiles, or what it leaves out.

    It takes the first variant for every target, and `FURTHER` others for one target each.
    """
    found = []
    for name in _kernels.SOURCES:
        own = nvrtc.text_of(name)
        targets, variants = nvrtc.targets(own), nvrtc.variants(own)
        step = -(-len(variants) // FURTHER)
        for i, macros in enumerate(variants):
            few = targets if i == 0 else [targets[i % len(targets)]] if i % step == step - 1 else []
            found += [(name, target, macros) for target in targets if (target in few) != slow]
    return found


def named(case):
    name, target, macros = case
    return "-".join([name, target, *(macro.removeprefix("-D") for macro in macros)])


@pytest.fixture(scope="module")
def compiled(request, kept_folder):
    """Return a function that gives what the compiler said of a case; all are begun at once."""
    kept = kept_folder("nvrtc")
    chosen = {
        item.callspec.params["case"]: None
        for item in request.session.items
        if item.path == request.path and "case" in getattr(item, "fixturenames", ())
    }
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        begun = {case: pool.submit(remembered, kept, *case) for case in chosen}
        yield lambda case: begun[case].result()


def remembered(folder, name, target, macros):
    """Compile, unless an earlier session did."""
    source = _kernels.source_text(name)
    key = "\0".join([source, target, *macros, *_kernels.OPTIONS, *nvrtc.CUPYS, nvrtc.version()])
    path = folder / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.json"
    if not path.is_file():
        # Whole or not at all, should the session end here.
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps(nvrtc.compiled(source, target, macros)))
        fresh.replace(path)
    return json.loads(path.read_text())


@pytest.mark.parametrize("case", cases(slow=False), ids=named)
def test_sources_compile_without_spilling(compiled, case):
    check(*compiled(case))


@pytest.mark.slow
@pytest.mark.parametrize("case", cases(slow=True), ids=named)
def test_every_variant_compiles_for_every_target(compiled, case):
    check(*compiled(case))


@pytest.mark.parametrize(
    ("name", "macros"),
    [
        ("rows.cu", ("-DROW=0", "-DCOSINE=1")),
        ("rows.cu", ("-DROW=3", "-DCOSINE=1")),
        ("moments.cu", ("-DROW=0",)),
        ("update.cu", ("-DROW=0",)),
        ("centers.cu", ("-DCOSINE=1", "-DDOUBLE=0")),
        ("transform.cu", ("-DROW=0", "-DDOUBLE=0")),
    ],
)
def test_denormals_are_read_and_written_as_they_are(name, macros):
    text = nvrtc.assembly(_kernels.source_text(name), macros)
    assert ".visible .entry" in text
    assert re.findall(r"cvt[.\w]*\.ftz\.f64\.f32|cvt[.\w]*\.ftz\.f32\.f64", text) == []


def test_without_care_denormals_become_zeros():
    source = 'extern "C" __global__ void k(float *x, double *y) { y[0] = x[0]; x[1] = y[1]; }'
    text = nvrtc.assembly(source, ())
    assert "cvt.ftz.f64.f32" in text
    assert "cvt.rn.ftz.f32.f64" in text


def check(status, log, n_code_bytes):
    assert status == 0, log
    assert n_code_bytes > 0
    found = nvrtc.usages(log)
    assert len(found) == log.count("Compiling entry function")
    ceilings, general = nvrtc.ceilings()
    for usage in found:
        # Arrays that the compiler cannot keep in registers lie in memory, too.
        assert (usage.n_frame_bytes, usage.n_spilled_bytes) == (0, 0), usage
        assert usage.n_registers <= ceilings.get(usage.kernel, general), (
            f"{usage}: make it need fewer, or record it by `python tests/gpu/nvrtc.py`"
        )


def test_the_assembler_is_read_right():
    source = """
extern "C" __global__ void small(float *x) { x[threadIdx.x] = 1.0f; }
extern "C" __global__ void __launch_bounds__(1024) spilling(const double *x, double *y)
{
    double held[64];
    #pragma unroll
    for (int i = 0; i < 64; i++) held[i] = x[i * 1024 + threadIdx.x];
    __syncthreads();
    #pragma unroll
    for (int i = 0; i < 64; i++) {
        y[(63 - i) * 1024 + threadIdx.x] = held[i] * held[(i * 7 + 3) % 64];
    }
}
"""
    status, log, _ = nvrtc.compiled(source, "sm_80", ())
    assert status == 0, log
    small, spilling = sorted(nvrtc.usages(log), key=lambda usage: usage.kernel)
    assert small.n_spilled_bytes == 0
    assert 0 < small.n_registers <= 32
    assert spilling.n_spilled_bytes > 0


@pytest.mark.parametrize("target", nvrtc.TARGETS)
def test_kernels_of_other_tests_are_cuda(target):
    source = nvrtc.common() + SOURCE
    check(*nvrtc.compiled(source, target, ()))


def test_what_is_no_cuda_is_refused():
    status, log, _ = nvrtc.compiled(
        'extern "C" __global__ void f(float *x) { x[0] = unknown; }', "sm_80", ()
    )
    assert status != 0
    assert "unknown" in log


def test_variants_are_read_from_the_first_lines():
    both = nvrtc.variants("// variants: ROW=0..2 COSINE=0,1\n// variants: ROW=5\n")
    assert len(both) == 7
    assert ("-DROW=2", "-DCOSINE=1") in both
    assert both[-1] == ("-DROW=5",)
    assert nvrtc.variants("void f(float *x)") == [()]
    assert len(nvrtc.variants("void f(const row_t *x)\n#if COSINE")) == 12
    assert nvrtc.targets("// needs: sm_90a\n") == ("sm_90a",)
    assert nvrtc.targets("// needs: sm_80\n")[0] == "sm_80"
