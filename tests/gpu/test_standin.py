"""The stand-in for a GPU is itself right, and as strict as what it stands for.

On a real GPU (FASTCLUSTER_TEST_GPU=1) those tests of it run that hold for both.
"""

import numpy as np
import pytest
from kernels_of_tests import SOURCE

from fastcluster._backend.gpu.runtime import _gemm, _kernels

OPTIONS = _kernels.OPTIONS


@pytest.fixture
def cp(standin):
    import cupy

    return cupy


@pytest.fixture
def kernels(cp):
    """Return a function that gives a kernel of the tests by its name."""
    return cp.RawModule(code=common_source() + SOURCE, options=OPTIONS).get_function


def common_source():
    from importlib.resources import files

    return files("fastcluster._backend.gpu").joinpath("cuda", "common.cuh").read_text()


# --- kernels


@pytest.mark.parametrize("order", [0, 1, 12345])
def test_a_vector_is_added(cp, standin, kernels, order):
    standin.state.order = order
    x = np.arange(1000, dtype=np.float32)
    total = cp.empty(1000, cp.float32)
    _kernels.launch(kernels("add"), 4, 256, cp.asarray(x), cp.asarray(x[::-1].copy()), total, 1000)
    assert (total.get() == 999).all()


def test_launches_are_counted(cp, played, kernels):
    x = cp.zeros(64, cp.float32)
    for _ in range(3):
        _kernels.launch(kernels("add"), 2, 32, x, x, x, 64)
    assert played.state.counts.launches == {"add": 3}


@pytest.mark.parametrize("order", [0, 7])
def test_lanes_of_a_warp_add_their_parts(cp, standin, kernels, order):
    standin.state.order = order
    x = np.random.default_rng(0).integers(-50, 50, (13, 77)).astype(np.float64)
    sums = cp.empty(13)
    _kernels.launch(kernels("row_sums"), 4, 128, cp.asarray(x), sums, 13, 77)
    assert (sums.get() == x.sum(axis=1)).all()


@pytest.mark.parametrize("order", [0, 7])
def test_a_barrier_holds_all_threads_of_a_block(cp, standin, kernels, order):
    standin.state.order = order
    x = np.arange(1024, dtype=np.int32)
    y = cp.empty(1024, cp.int32)
    _kernels.launch(kernels("reversed"), 4, 256, cp.asarray(x), y)
    assert (y.get() == x.reshape(4, 256)[:, ::-1].ravel()).all()


def test_dynamic_shared_memory_has_the_size_that_was_asked_for(cp, kernels):
    x, y = cp.arange(96, dtype=cp.int32), cp.empty(96, cp.int32)
    kernels("reversed_dynamic")((1,), (96,), (x, y, 0), shared_mem=96 * 4)
    assert (y.get() == np.arange(95, -1, -1)).all()


def test_a_write_behind_dynamic_shared_memory_is_found(cp, played, kernels):
    x, y = cp.zeros(96, cp.int32), cp.empty(96, cp.int32)
    with pytest.raises(RuntimeError, match="a write behind the 384 bytes of dynamic shared memory"):
        kernels("reversed_dynamic")((1,), (96,), (x, y, 1), shared_mem=96 * 4)


@pytest.mark.parametrize("order", [0, 3])
def test_atomics_lose_nothing(cp, standin, kernels, order):
    standin.state.order = order
    x = np.random.default_rng(1).integers(0, 5, 3000).astype(np.int32)
    counts, least = cp.zeros(5, cp.uint64), cp.full(1, 99, cp.int32)
    _kernels.launch(kernels("histogram"), 12, 256, cp.asarray(x), counts, least, 3000)
    assert (counts.get() == np.bincount(x)).all()
    assert int(least[0]) == x.min()
    count = cp.zeros(1, cp.int32)
    _kernels.launch(kernels("swaps"), 3, 64, count)
    assert count.get()[0] == 192


def test_votes_see_the_whole_warp(cp, kernels):
    x = np.random.default_rng(2).integers(-9, 10, 96).astype(np.int32)
    x[64:] = 5
    out = cp.empty(96, cp.int32)
    _kernels.launch(kernels("votes"), 1, 96, cp.asarray(x), out)
    warps = x.reshape(3, 32)
    before = np.cumsum(warps > 0, axis=1) - (warps > 0)
    expected = before + 100 * (warps > 8).any(axis=1, keepdims=True)
    expected = expected + 1000 * (warps > 0).all(axis=1, keepdims=True)
    expected = expected + 10000 * warps.reshape(3, 16, 2)[:, :, ::-1].reshape(3, 32)
    assert (out.get() == expected.ravel()).all()


def test_float16_bits_are_converted_as_numpy_does(cp, kernels):
    bits = np.arange(1 << 16, dtype=np.uint16)
    wide, again = cp.empty(bits.size, cp.float32), cp.empty(bits.size, cp.uint16)
    _kernels.launch(kernels("halves"), 1, 256, cp.asarray(bits), wide, again, bits.size)
    expected = bits.view(np.float16).astype(np.float32)
    numbers = ~np.isnan(expected)
    assert (wide.get()[numbers] == expected[numbers]).all()
    assert np.isnan(wide.get()[~numbers]).all()
    assert (again.get()[numbers] == bits[numbers]).all()


def test_conversions_round_to_nearest_even_and_up(cp, kernels):
    generator = np.random.default_rng(3)
    exponents = generator.integers(-30, 18, 5000)
    x = np.ldexp(generator.uniform(-2, 2, 5000), exponents).astype(np.float32)
    middles = (np.arange(2000, dtype=np.float32) + 0.5) * np.float32(2.0**-24)
    x = np.concatenate([x, middles, -middles, np.float32([65504, 65519.99, 65520, 1e38, np.inf])])
    y = np.ldexp(generator.uniform(-2, 2, x.size), 3)
    bits, up = cp.empty(x.size, cp.uint16), cp.empty(x.size, cp.float32)
    _kernels.launch(kernels("narrow"), 1, 64, cp.asarray(x), bits, up, cp.asarray(y), x.size)
    with np.errstate(over="ignore"):
        assert (bits.get() == x.astype(np.float16).view(np.uint16)).all()
    nearest = y.astype(np.float32)
    above = np.where(nearest >= y, nearest, np.nextafter(nearest, np.float32(np.inf)))
    assert (up.get() == above).all()


def test_fragments_of_a_warp_product_lie_as_the_instruction_wants(cp, kernels):
    generator = np.random.default_rng(4)
    a = generator.integers(-8, 8, (16, 16)).astype(np.float16)
    b = generator.integers(-8, 8, (16, 8)).astype(np.float16)
    lanes = np.arange(32)
    group, pair = lanes // 4, lanes % 4 * 2
    left = np.empty((32, 4, 2), np.float16)
    right = np.empty((32, 2, 2), np.float16)
    for part in range(2):
        for register in range(4):
            left[:, register, part] = a[group + register % 2 * 8, pair + part + register // 2 * 8]
        for register in range(2):
            right[:, register, part] = b[pair + part + register * 8, group]
    d = cp.empty((32, 4), cp.float32)
    packed = [cp.asarray(part.view(np.uint32)[..., 0]) for part in (left, right)]
    _kernels.launch(kernels("product"), 1, 32, *packed, d)
    out = np.empty((16, 8), np.float32)
    for i in range(4):
        out[group + i // 2 * 8, pair + i % 2] = d.get()[:, i]
    assert (out == a.astype(np.float32) @ b.astype(np.float32)).all()


@pytest.mark.parametrize(
    ("name", "n_threads", "arguments", "message"),
    [
        ("some_never_come", 64, (1,), "__syncthreads is reached after 1 of 64 threads"),
        (
            "half_a_warp",
            32,
            (),
            "wait for one another: some at __shfl_xor_sync, others at __syncthreads",
        ),
        ("half_a_warp", 16, (), "counts on lanes ffff0000, which have exited or do not exist"),
        ("no_such_lane", 16, (), "__shfl_sync with mask 0000ffff reads lane 20"),
        ("different_meetings", 32, (), "are in __ballot_sync and in __shfl_xor_sync"),
        ("some_never_come", 1025, (0,), "invalid configuration: blocks of 1025 x 1 x 1 threads"),
        ("some_never_come", 0, (0,), "invalid configuration"),
    ],
)
def test_what_hangs_or_is_undefined_on_a_gpu_is_an_error(
    cp, played, kernels, name, n_threads, arguments, message
):
    out = cp.zeros(64, cp.int32)
    with pytest.raises(RuntimeError, match=message):
        _kernels.launch(kernels(name), 1, n_threads, out, *arguments)
    _kernels.launch(
        kernels("beside"), 1, 32, cp.zeros(3, cp.float32), 2
    )  # the next launch is sound


def test_shared_memory_has_a_limit_and_more_must_be_asked_for(cp, played, kernels):
    function = kernels("reversed_dynamic")
    x, y = cp.zeros(32, cp.int32), cp.zeros(32, cp.int32)
    with pytest.raises(RuntimeError, match="50000 bytes of shared memory"):
        function((1,), (32,), (x, y, 0), shared_mem=50000)
    function.max_dynamic_shared_size_bytes = 60000
    function((1,), (32,), (x, y, 0), shared_mem=50000)


def test_memory_that_nobody_wrote_is_not_zero(cp, played, kernels):
    assert np.isnan(cp.empty(5, cp.float32).get()).all()
    out = cp.zeros(32, cp.float32)
    _kernels.launch(kernels("never_written"), 1, 32, out)
    assert np.isnan(out.get()).all()


def test_a_write_beside_an_array_is_found(cp, played, kernels):
    for at in (-1, 5):
        with pytest.raises(RuntimeError, match="a write outside of an allocation of 20 bytes"):
            _kernels.launch(kernels("beside"), 1, 32, cp.zeros(5, cp.float32), at)


def test_arguments_of_another_type_are_refused(cp, played, kernels):
    x, y = cp.zeros(4, cp.float32), cp.zeros(4)
    add = kernels("add")
    for arguments in [(x, y, x, 4), (x, x, x, 4.0), (x, x, 4), (x, x, x.get(), 4), (x, x, None, 4)]:
        with pytest.raises(TypeError):
            _kernels.launch(add, 1, 32, *arguments)
    with pytest.raises(TypeError, match="not C-contiguous"):
        _kernels.launch(add, 1, 32, x, x, cp.zeros((4, 2), cp.float32)[:, 0], 4)


def test_a_source_that_does_not_compile_says_why(cp, played):
    broken = 'extern "C" __global__ void f(float *x) { x[0] = unknown; }'
    with pytest.raises(RuntimeError, match="unknown"):
        cp.RawModule(code=broken, options=OPTIONS).get_function("f")
    with pytest.raises(ValueError, match="every kernel is written as"):
        cp.RawModule(code="__global__ void f() {}", options=OPTIONS).get_function("f")


@pytest.mark.slow
def test_other_machines_switch_fibers_by_ucontext(cp, played):
    from standin import _compile

    library = _compile.compiled(common_source() + SOURCE, (), ("-DSTANDIN_UCONTEXT",))
    x = np.arange(512, dtype=np.int32)
    y = np.empty_like(x)
    pointers = [array.ctypes.data_as(_compile.ctypes.c_void_p) for array in (x, y)]
    assert _compile.run(library, "reversed", (2, 1, 1, 256, 1, 1), 0, 0, pointers, 0) is None
    assert (y == x.reshape(2, 256)[:, ::-1].ravel()).all()


# --- products


def test_products_of_float16_have_float32_sums(cp, standin):
    generator = np.random.default_rng(5)
    rows = generator.standard_normal((20, 16)).astype(np.float16)
    columns = generator.standard_normal((7, 16)).astype(np.float16)
    out = cp.empty((20, 7), cp.float32)
    _gemm.scores(cp.asarray(rows), cp.asarray(columns), out)
    exact = -2 * rows.astype(np.float64) @ columns.astype(np.float64).T
    assert np.allclose(out.get(), exact, rtol=0, atol=1e-4)
    standin.state.product_error = 1.0
    _gemm.scores(cp.asarray(rows), cp.asarray(columns), out)
    lengths = np.linalg.norm(rows.astype(float), axis=1)[:, np.newaxis]
    bound = 2 * 16 * 2.0**-22 * lengths * np.linalg.norm(columns.astype(float), axis=1)
    errors = np.abs(out.get() - exact)
    assert (errors < 1.5 * bound).all()
    assert (errors > 0.5 * bound).all()
    assert standin.state.counts.products == 2


def test_a_product_of_more_than_there_is_fails(cp, played):
    rows = cp.zeros((4, 8), cp.float16)
    with pytest.raises(RuntimeError, match="outside of its memory"):
        _gemm.scores(rows, rows, cp.empty((2, 4), cp.float32))


# --- arrays


def test_arrays_do_not_mix_with_numpy(cp, played):
    x, host = cp.arange(4.0), np.arange(4.0)
    with pytest.raises(TypeError, match="Implicit conversion"):
        np.asarray(x)
    for mixed in (
        lambda: x + host, lambda: host + x, lambda: cp.add(x, host), lambda: cp.add(x, [1.0]),
        lambda: cp.concatenate([x, host]), lambda: cp.where(x > 1, host, x),
        lambda: x.__setitem__(slice(None), host),
    ):  # fmt: skip
        with pytest.raises(TypeError):
            mixed()
    with pytest.raises(IndexError):
        x[np.array([1, 2])]
    assert ((2 * x + np.float32(1)).get() == 2 * host + 1).all()
    assert isinstance(np.sqrt(x), cp.ndarray)


def test_slices_are_views_and_reductions_are_arrays(cp):
    x = cp.zeros((4, 6))
    x[1:3, ::2] += 5
    part = x[1]
    part[0] = 7
    assert x.get()[1, 0] == 7
    assert part.data.ptr == x.data.ptr + 48
    assert x[cp.array([1, 1])].data.mem is not x.data.mem
    assert isinstance(x.sum(), cp.ndarray)
    assert x.sum().shape == ()
    assert isinstance(x[1, 0], cp.ndarray)
    assert (x.T.get() == x.get().T).all()
    assert float(x.max()) == 7


def test_a_size_that_only_the_device_knows_is_waited_for(cp, played):
    x = cp.arange(5)
    before = played.state.counts.reads
    cp.flatnonzero(x)
    x.nonzero()
    x[x > 2]
    cp.unique(x)
    assert played.state.counts.reads == before + 4


def test_what_cupy_lacks_is_refused(cp, played):
    x = cp.arange(3)
    for refused in (
        lambda: cp.fft, lambda: cp.ediff1d_of_nothing, lambda: cp.nested_iters, lambda: x.flat,
        lambda: cp.lexsort((x, x)),
    ):  # fmt: skip
        with pytest.raises(AttributeError):
            refused()
    with pytest.raises(ValueError, match="repeats"):
        cp.repeat(x, x)
    with pytest.raises(ValueError, match="kind"):
        x.argsort(kind="mergesort")


def test_interfaces_show_the_same_memory(cp):
    x = cp.arange(6, dtype=cp.float32).reshape(2, 3)

    class Foreign:
        __cuda_array_interface__ = x.__cuda_array_interface__

    for view in (cp.asarray(Foreign()), cp.from_dlpack(x)):
        assert view.data.ptr == x.data.ptr
        assert (view.get() == x.get()).all()
    assert x.__dlpack_device__() == (2, 0)


def test_devices_are_apart(cp, played):
    played.state.n_devices = 2
    x = cp.zeros(3)
    with cp.cuda.Device(1):
        y = cp.ones(3)
        with pytest.raises(ValueError, match="Array device must be same"):
            x + y
    assert y.device.id == 1
    assert cp.cuda.Device().id == 0
    assert cp.cuda.runtime.pointerGetAttributes(y.data.ptr).device == 1
    with pytest.raises(RuntimeError, match="invalid device"), cp.cuda.Device(2):
        pass


def test_the_pool_counts_and_has_a_limit(cp, played):
    pool = cp.get_default_memory_pool()
    before = pool.used_bytes()
    x = cp.zeros(1000, cp.uint8)
    assert pool.used_bytes() == before + 1024
    pool.set_limit(pool.total_bytes() + 2048)
    with pytest.raises(cp.cuda.memory.OutOfMemoryError, match="limit set to"):
        cp.zeros(4096, cp.uint8)
    del x
    assert pool.free_bytes() >= 1024
    free, total = cp.cuda.runtime.memGetInfo()
    pool.free_all_blocks()
    assert pool.free_bytes() == 0
    assert cp.cuda.runtime.memGetInfo()[0] >= free + 1024
    assert total == cp.cuda.runtime.memGetInfo()[1]


def test_a_copy_that_nobody_waited_for_has_not_happened(cp, played):
    import cupyx

    host = cupyx.empty_pinned((4,), np.float32)
    host[:] = 1
    x, copies = cp.zeros(4, cp.float32), cp.cuda.Stream(non_blocking=True)
    x.set(host, stream=copies)
    event = copies.record()
    assert (x.get() == 0).all()
    cp.cuda.get_current_stream().wait_event(event)
    assert (x.get() == 1).all()
    x.set(host, stream=copies)
    host[:] = 3
    copies.synchronize()
    assert (x.get() == 3).all()


def test_the_stand_in_goes_as_it_came(played):
    import sys

    assert sys.modules["cupy"].__version__
    played.remove()
    assert not any(name.startswith("cupy") for name in sys.modules)
    played.install()
