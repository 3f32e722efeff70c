"""Rows of the GPU path are those of the CPU, bit for bit, wherever they lie."""

import threading
from collections import deque

import hostile
import numpy as np
import pytest
import shadow_oracle as oracle

from fastcluster._backend._cpu import CpuBackend
from fastcluster._backend.gpu.rows import _ring, _rows, _sources
from fastcluster._backend.gpu.rows._centers import Centers
from fastcluster._backend.gpu.rows._rows import Rows, power_of_two
from fastcluster._backend.gpu.scores._shadow import widened


@pytest.fixture
def cp(standin):
    import cupy

    return cupy


def lane_norms(X):
    """Return 1/‖x‖ with the CPU's order of sums; rows of ordinary norms only."""
    return 1.0 / np.sqrt(oracle.squared_distances(X, np.zeros((1, X.shape[1])))[:, 0])


@pytest.mark.parametrize("d", [1, 15, 16, 17, 40, 129])
@pytest.mark.parametrize("dtype", hostile.DTYPES)
def test_inverse_norms_have_the_order_of_the_distances(cp, dtype, d):
    X = hostile.typed(np.random.default_rng(d).normal(size=(37, d)) + 2, dtype)
    rows = Rows.of(cp.asarray(X), cosine=True)
    assert (rows.inverse_norms.get() == lane_norms(X.astype(np.float64))).all()


def test_rows_whose_squares_leave_float64_have_inverse_norms(cp):
    X = np.zeros((5, 20))
    X[0, 3], X[1, 3], X[2], X[3, 0] = 1e200, 1e-100, 3e-170, 5e-324
    rows = Rows.of(cp.asarray(X), cosine=True)
    assert rows.scale == power_of_two(1e200)
    working = widened(rows, next(iter(rows.blocks()))).get()
    norms = np.linalg.norm(working, axis=1)
    assert norms[:2] == pytest.approx(1.0, rel=1e-15)
    # Beside 1e200 the others are zeros, as on the CPU.
    assert (rows.inverse_norms.get()[2:] == 0.0).all()
    alone = Rows.of(cp.asarray(X[2:4]), cosine=True)
    working = widened(alone, next(iter(alone.blocks()))).get()
    assert np.linalg.norm(working, axis=1) == pytest.approx(1.0, rel=1e-15)


@pytest.mark.parametrize("largest", [0.0, 1.0, 2.0**40, 2.0**41, 1e30, 1e300, 5e-324, 2.0**-41])
def test_the_scale_brings_a_largest_magnitude_into_the_ordinary_range(cp, largest):
    scale = power_of_two(largest)
    assert np.frexp(scale)[0] == 0.5
    if largest > 1e-290:
        assert 2.0**-40 <= largest * scale < 2.0**41
    rows = Rows.of(cp.asarray(np.array([[largest, -largest / 2]])), cosine=False)
    assert rows.largest == largest
    assert rows.scale == scale
    assert rows.including(1e35).scale == power_of_two(max(largest, 1e35))


def message_of(call):
    with pytest.raises(ValueError, match="as far apart as") as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize("huge", [1e165, -1.5e180, 1e300])
def test_magnitudes_too_far_apart_are_refused_as_on_the_cpu(cp, huge):
    X = np.random.default_rng(0).normal(size=(300, 3))
    X[7, 2], X[8] = huge, 0.0
    expected = message_of(lambda: CpuBackend(1, "the twin").assign(X, X[:2], metric="euclidean"))
    for held in (cp.asarray(X), X):
        assert message_of(lambda held=held: Rows.of(held, cosine=False)) == expected
    Rows.of(cp.asarray(X), cosine=True)
    # Beside zeros, and beside values of its kind.
    Rows.of(cp.asarray(np.array([[0.0, huge], [0.0, -huge]])), cosine=False)
    Rows.of(cp.asarray(np.array([[1e180, 3e180], [1e100, 2e180]])), cosine=False)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.uint8])
def test_others_too_far_from_the_rows_are_refused_as_on_the_cpu(cp, dtype):
    X, far = np.array([[1.0, 2.0], [3.0, 0.0]]), np.full((1, 2), 1e200)
    expected = message_of(lambda: CpuBackend(1, "the twin").assign(X, far, metric="euclidean"))
    X = X.astype(dtype)
    near = Rows.of(cp.asarray(X), cosine=False)
    assert message_of(lambda: near.including(1e200)) == expected
    assert near.including(1e150).scale == power_of_two(1e150)
    assert Rows.of(cp.asarray(X), cosine=True).including(1e200).scale == 1.0


@pytest.mark.parametrize("dtype", hostile.DTYPES)
def test_small_dtypes_are_in_the_ordinary_range_unread(cp, standin, dtype):
    X = hostile.typed(np.random.default_rng(0).normal(size=(50, 6)), dtype)
    on_device = cp.asarray(X)
    standin.state.counts.launches.clear()
    rows = Rows.of(on_device, cosine=False)
    unread = dtype in ("float16", "int8", "uint8")
    assert ("largest_magnitude" not in standin.state.counts.launches) == unread
    assert rows.largest == (1.0 if unread else np.abs(X.astype(np.float64)).max())


@pytest.mark.parametrize("cosine", [False, True])
@pytest.mark.parametrize("dtype", hostile.DTYPES)
def test_working_values_are_scaled_and_normalised_one_after_the_other(cp, dtype, cosine):
    X = hostile.typed(np.random.default_rng(0).normal(size=(50, 6)) + 1, dtype)
    rows = Rows.of(cp.asarray(X), cosine=cosine).including(1e30)
    expected = X.astype(np.float64) * rows.scale
    if cosine:
        expected *= lane_norms(X.astype(np.float64))[:, None]
    (block,) = rows.blocks()
    assert (widened(rows, block).get() == expected).all()
    some = np.array([3, 3, 49])
    assert (widened(rows, rows.take(some)).get() == expected[some]).all()
    part = block.part(10, 20)
    assert (part.start, part.stop) == (10, 20)
    assert (widened(rows, part).get() == expected[10:20]).all()


def test_centers_are_derived_from_what_is_published(cp):
    X = np.random.default_rng(0).normal(size=(50, 6))
    published = X[:4].astype(np.float32)
    published[2] = 0
    for dtype in (np.float32, np.float64):
        rows = Rows.of(cp.asarray(X), cosine=True)
        centers = Centers.of(cp.asarray(published.astype(dtype)), rows)
        assert centers.void.get().tolist() == [0, 0, 1, 0]
        kept = [0, 1, 3]
        expected = published.astype(np.float64)[kept]
        assert (centers.working.get()[kept] == expected * lane_norms(expected)[:, None]).all()
        assert (centers.working.get()[2] == 0).all()
        rows = Rows.of(cp.asarray(X), cosine=False).including(1e30)
        centers = Centers.of(cp.asarray(published.astype(dtype)), rows)
        assert (centers.working.get() == published.astype(np.float64) * rows.scale).all()
        assert not centers.void.get().any()


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("n_rows", [1, 63, 64, 65, 1000])
def test_streamed_rows_come_in_blocks_that_begin_at_multiples(cp, monkeypatch, n_rows, order):
    monkeypatch.setattr(_rows, "BLOCK_ROWS", 128)
    monkeypatch.setattr(_sources, "_SMALLEST_BLOCK", 64)
    X = np.asarray(np.random.default_rng(0).normal(size=(n_rows, 7)), order=order)
    rows = Rows.of(X, cosine=True, budget=0)
    assert not rows.is_resident
    for _ in range(2):
        stop = 0
        for block in rows.blocks():
            assert block.start == stop
            assert block.start % 64 == 0
            stop = block.stop
            assert (block.values.get() == X[block.start : stop]).all()
            norms = block.inverse_norms.get()
            assert (norms == rows.inverse_norms.get()[block.start : stop]).all()
        assert stop == n_rows


def test_a_stream_may_be_left_and_begun_again(cp, monkeypatch):
    monkeypatch.setattr(_rows, "BLOCK_ROWS", 64)
    monkeypatch.setattr(_sources, "_SMALLEST_BLOCK", 64)
    X = np.random.default_rng(0).normal(size=(1000, 7))
    rows = Rows.of(X, cosine=False, budget=0)
    for block in rows.blocks():
        if block.start == 128:
            break
    assert (np.concatenate([block.values.get() for block in rows.blocks()]) == X).all()


def test_a_block_on_its_way_does_not_overwrite_one_that_is_worked_on(cp, standin, monkeypatch):
    monkeypatch.setattr(_ring, "_PIECE_BYTES", 100)
    X = np.random.default_rng(0).normal(size=(640, 5))
    ring = _ring.Ring(X, 64)
    sums = cp.zeros(5)
    seen = []
    for start, stop, values in ring.blocks():
        sums += values.sum(axis=0)
        seen.append((start, stop))
    assert seen == [(start, start + 64) for start in range(0, 640, 64)]
    assert sums.get() == pytest.approx(X.sum(axis=0))


def test_host_rows_that_fit_are_uploaded_once(cp, standin):
    X = np.random.default_rng(0).normal(size=(300, 7)).astype(np.float32)
    rows = Rows.of(X, cosine=False)
    assert rows.is_resident
    sent = standin.state.counts.uploaded_bytes
    for _ in range(3):
        (block,) = rows.blocks()
        assert (block.values.get() == X).all()
    assert standin.state.counts.uploaded_bytes == sent


def test_rows_that_were_uploaded_are_taken_off_a_budget(cp):
    X = np.random.default_rng(0).normal(size=(300, 7)).astype(np.float32)
    uploaded = Rows.of(X, cosine=False)
    assert uploaded.left_of(10_000, X) == 10_000 - X.nbytes
    assert uploaded.left_of(100, X) == 0
    assert uploaded.left_of(None, X) is None
    streamed = Rows.of(X, cosine=False, budget=1000)
    assert streamed.left_of(1000, X) == 1000
    there = cp.asarray(X)
    assert Rows.of(there, cosine=False).left_of(1000, there) == 1000


def test_a_failing_reader_is_an_error_of_the_caller(cp):
    class Unreadable(np.ndarray):
        def __getitem__(self, index):
            raise OSError("the file is gone")

    X = np.zeros((100, 3)).view(Unreadable)
    with pytest.raises(OSError, match="the file is gone"):
        list(_ring.Ring(X, 10).blocks())


def test_an_interrupt_leaves_no_copy_on_its_way(cp, played, monkeypatch):
    filled, go_on, copy = threading.Event(), threading.Event(), _ring._copy

    def slow(*parts):
        copy(*parts)
        filled.set()
        go_on.wait(10)

    class Interrupted(deque):
        def popleft(self):
            super().popleft()
            assert filled.wait(10)
            threading.Timer(0.1, go_on.set).start()
            raise KeyboardInterrupt

    monkeypatch.setattr(_ring, "_copy", slow)
    monkeypatch.setattr(_ring, "deque", Interrupted)
    ring = _ring.Ring(np.ones((40, 3)), 10)
    with pytest.raises(KeyboardInterrupt):
        next(ring.blocks())
    # Its buffers are free from now on.
    assert ring._copies.done


def test_page_locked_memory_has_few_sizes(cp, played, monkeypatch):
    asked, alloc = [], cp.cuda.alloc_pinned_memory
    monkeypatch.setattr(cp.cuda, "alloc_pinned_memory", lambda n: asked.append(n) or alloc(n))
    for n_rows in (1, 100, 101, 127, 128):
        for _, _, values in _ring.Ring(np.ones((n_rows, 4)), 1000).blocks():
            assert (values.get() == 1).all()
    # CuPy's pool keeps every size for itself.
    assert asked == [32, 4096, 4096, 4096, 4096]
