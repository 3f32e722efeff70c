"""The bound on scores holds for any order of the sums, and shadows say what they lost."""

import hostile
import numpy as np
import pytest
import shadow_oracle as oracle

from fastcluster._backend.gpu.rows._centers import Centers
from fastcluster._backend.gpu.rows._rows import Rows
from fastcluster._backend.gpu.scores._bands import columns
from fastcluster._backend.gpu.scores._shadow import (
    Frame,
    frame_of,
    shadow,
    shadow_of_centers,
    widened,
)

METRICS = ("euclidean", "cosine")


@pytest.fixture
def cp(standin):
    import cupy

    return cupy


class Prepared:
    """Rows and centers of a case: on the device, and what the kernels made of them, in NumPy."""

    def __init__(self, cp, name, metric, dtype="float32", frame=None):
        X, centers = hostile.CASES[name](np.random.default_rng(1))
        X, centers = hostile.typed(X, dtype), centers.astype(np.float32)
        largest = float(np.abs(centers).max())
        self.rows = Rows.of(cp.asarray(X), cosine=metric == "cosine").including(largest)
        self.centers = Centers.of(cp.asarray(centers), self.rows)
        self.frame = frame_of(self.rows, self.centers) if frame is None else frame(cp, self.rows)
        (block,) = self.rows.blocks()
        self.working = widened(self.rows, block).get()
        self.origin = self.frame.origin.get()
        self.of_rows = shadow(self.rows, block, self.frame)
        of_centers = shadow_of_centers(self.centers, self.frame)
        self.of_centers, self.columns = of_centers, columns(of_centers)

    def truth(self):
        """Return factor²·D and ‖y‖², in extended precision."""
        distances = oracle.squared_distances(self.working, self.centers.working.get())
        distances[:, self.centers.void.get() == 1] = 2.0
        moved = self.working.astype(np.longdouble) - self.origin.astype(np.longdouble)
        squares = ((moved * np.longdouble(self.frame.factor)) ** 2).sum(axis=1)
        return distances.astype(np.longdouble) * np.longdouble(self.frame.factor) ** 2, squares


def around_zero(cp, rows):
    return Frame(cp.zeros(rows.n_features), 1.0)


def far_off(cp, rows):
    return Frame(cp.full(rows.n_features, 0.37), 2.0**9)


@pytest.mark.parametrize("frame", [None, around_zero, far_off])
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("name", hostile.CASES)
def test_shadows_are_the_nearest_float16_and_say_what_they_lost(cp, name, metric, frame):
    found = Prepared(cp, name, metric, frame=frame)
    expected = oracle.shadow(found.working, found.origin, found.frame.factor)
    values = found.of_rows.values.get()
    d = found.working.shape[1]
    assert (values[:, :d].view(np.uint16) == expected.view(np.uint16)).all()
    assert (values[:, d:] == 0).all()
    norms, lost, squares = oracle.exact_norms(
        found.working, found.origin, found.frame.factor, expected
    )
    kept = found.of_rows.norms.get()
    assert (kept >= norms).all()
    assert (kept <= norms * (1 + 1e-5)).all()
    off = found.of_rows.lost.get()
    assert (off >= lost).all()
    assert (off <= lost * (1 + 1e-5) + 1e-14 * np.sqrt(squares) + 1e-37).all()
    with np.errstate(over="ignore"):
        rounded = squares.astype(np.float32)
    assert np.allclose(found.of_rows.squares.get(), rounded, rtol=2e-7, atol=0)


@pytest.mark.parametrize("step", [None, 4, 16])
@pytest.mark.parametrize("frame", [None, around_zero, far_off])
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("name", hostile.CASES)
def test_no_score_is_farther_from_the_truth_than_its_band(cp, name, metric, frame, step):
    found = Prepared(cp, name, metric, frame=frame)
    # Rows of zeros under cosine are labelled without scores.
    rows = (
        np.flatnonzero(np.abs(found.working).max(axis=1) > 0) if metric == "cosine" else slice(None)
    )
    distances, squares = found.truth()
    got = oracle.scores(
        found.of_rows.values.get(), found.of_centers.values.get(), found.columns.squares.get(), step
    )
    bands = oracle.half_widths(
        found.of_rows.norms.get(),
        found.of_rows.lost.get(),
        found.columns.reach.get(),
        found.columns.rate.get()[0],
    )
    assert not np.isnan(bands).any()
    off = np.abs((distances - squares[:, None]) - got.astype(np.longdouble))
    assert (off[rows] <= bands[rows]).all()
    with np.errstate(over="ignore", invalid="ignore"):
        with_squares = got + found.of_rows.squares.get()[:, None]
        off = np.abs(distances - with_squares.astype(np.longdouble))
    settled = np.isfinite(with_squares)
    assert (off[rows] <= bands[rows])[settled[rows]].all()
    assert (bands[~settled] > 1e20).all()


@pytest.mark.parametrize("d", [64, 768])
def test_bands_are_narrow_enough_to_prove_most_rows(cp, d):
    # A band of a whole distance would be as true: this one is a few thousandths of the norms.
    rng = np.random.default_rng(0)
    X = rng.normal(size=(64, d)).astype(np.float32)
    rows = Rows.of(cp.asarray(X), cosine=True)
    centers = Centers.of(cp.asarray(X[:32]), rows)
    frame = frame_of(rows, centers)
    (block,) = rows.blocks()
    of_rows, of_centers = shadow(rows, block, frame), shadow_of_centers(centers, frame)
    found = columns(of_centers)
    bands = oracle.half_widths(
        of_rows.norms.get(), of_rows.lost.get(), found.reach.get(), found.rate.get()[0]
    )
    products = np.outer(of_rows.norms.get(), of_centers.norms.get())
    # 2^-12 or so a shadow is lost, and 2^-22 a column in the sums; the product counts twice.
    assert (bands < (4 * 2.0**-11.5 + 2 * d * 2.0**-22) * products).all()


def test_a_center_far_out_of_the_frame_does_not_widen_the_bands_of_others(cp):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(64, 24)).astype(np.float32)
    rates = []
    for far in (1.0, 1e6):
        published = X[:8].copy()
        published[3] *= far
        rows = Rows.of(cp.asarray(X), cosine=False).including(float(np.abs(published).max()))
        centers = Centers.of(cp.asarray(published), rows)
        frame = Frame(cp.zeros(24), 64.0)
        found = columns(shadow_of_centers(centers, frame))
        rates.append(float(found.rate.get()[0]))
        reach = found.reach.get()
        assert np.isfinite(reach).all()
        assert (np.delete(reach, 3) < 64 * 12).all()
    assert rates[1] < 3 * rates[0]
