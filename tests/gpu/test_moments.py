"""Mean, variance and spread of the rows: the bits of the plain loop in runs of 4,096 rows."""

import numpy as np
import pytest

RUN = 4096


def in_runs(terms):
    """Return the sum over the first axis in runs, each and all in order from zero."""
    return in_order(np.stack([in_order(terms[at : at + RUN]) for at in range(0, len(terms), RUN)]))


def in_order(terms):
    return np.add.accumulate(np.concatenate([np.zeros_like(terms[:1]), terms]), axis=0)[-1]


def squared(differences):
    """Return sums of squares over 16 lanes, combined by halving."""
    lanes = np.zeros((len(differences), 16))
    for i in range(differences.shape[1]):
        lanes[:, i % 16] += differences[:, i] * differences[:, i]
    for half in (8, 4, 2, 1):
        lanes = lanes[:, :half] + lanes[:, half:]
    return lanes[:, 0]


def working(X, *, cosine):
    W = X.astype(np.float64)
    if cosine:
        norms = np.sqrt(squared(W))
        with np.errstate(divide="ignore"):
            W = W * np.where(norms > 0, 1 / norms, 0.0)[:, None]
    return W


@pytest.mark.parametrize("cosine", [False, True])
@pytest.mark.parametrize(("n", "d"), [(1, 1), (50, 3), (4097, 2), (9000, 5), (30, 300)])
@pytest.mark.parametrize("is_weighted", [False, True])
def test_moments_have_the_bits_of_the_plain_loop(standin, monkeypatch, n, d, cosine, is_weighted):
    import cupy as cp

    from fastcluster._backend.gpu.rows import _moments
    from fastcluster._backend.gpu.rows._rows import Rows

    rng = np.random.default_rng(0)
    X = (rng.normal(size=(n, d)) * 5 + 100).astype(np.float32)
    X[n // 2] = 0
    weights = rng.random(n) if is_weighted else None
    W = working(X, cosine=cosine)
    deviations = W - W[0]
    means = in_runs(deviations) / n
    variances = np.maximum(in_runs(deviations * deviations) / n - means * means, 0)
    mean_variance = in_order(variances[:, None])[0] / d
    spread = mean_variance * d * n
    if cosine or is_weighted:
        spread = in_runs((1.0 if weights is None else weights) * squared(W - (W[0] + means)))

    monkeypatch.setattr(_moments, "_PARTS_BYTES", 1)  # one run at a time
    rows = Rows.of(cp.asarray(X), cosine=cosine)
    found = _moments.Moments.of(rows)
    np.testing.assert_array_equal(found.mean.get(), W[0] + means)
    assert found.mean_variance == mean_variance
    assert found.spread(rows, None if weights is None else cp.asarray(weights)) == spread
