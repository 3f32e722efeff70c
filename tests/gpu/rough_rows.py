"""Rows that filters are most easily wrong about."""

import numpy as np

__all__ = ["ROWS", "rows_of"]


def _drawn(seed, n, d):
    return np.random.default_rng(seed).standard_normal((n, d))


def _clumps(n, d):
    """Gaussian clumps, far apart and far from the origin."""
    rng = np.random.default_rng(1)
    centers = rng.standard_normal((5, d)) * 20 + 100
    return centers[rng.integers(5, size=n)] + rng.standard_normal((n, d))


def _copies(n, d):
    """Every row many times, so that whole lists tie."""
    return _drawn(2, 3, d)[np.arange(n) % 3]


def _lattice(n, d):
    """Small integers: many equal distances."""
    return np.random.default_rng(3).integers(0, 3, size=(n, d)).astype(np.float64)


def _lone_giants(n, d):
    """A few rows whose norms are a million times the others'."""
    rows = _drawn(4, n, d)
    rows[::29] *= 1e6
    return rows


def _loud_feature(n, d):
    """One feature that drowns all others."""
    rows = _drawn(5, n, d)
    rows[:, d // 2] *= 1e4
    return rows


def _near_ties(n, d):
    """Rows that differ by less than float16 can tell, around one point."""
    return 3.0 + 1e-5 * _drawn(6, n, d)


def _zeros_among(n, d):
    """Rows of zeros, which have no direction."""
    rows = _drawn(7, n, d)
    rows[::4] = 0.0
    return rows


def _huge(n, d):
    """Magnitudes whose squares leave float32."""
    return _drawn(8, n, d) * 1e25


def _tiny(n, d):
    """Magnitudes whose squares leave float32 at the other end."""
    return _drawn(9, n, d) * 1e-30


ROWS = {
    "clumps": _clumps,
    "copies": _copies,
    "huge": _huge,
    "lattice": _lattice,
    "lone giants": _lone_giants,
    "loud feature": _loud_feature,
    "near ties": _near_ties,
    "tiny": _tiny,
    "zeros among": _zeros_among,
}
"""By name: functions of the number of rows and features."""


def rows_of(name, n, d, dtype=np.float32):
    """Return rows of that kind."""
    return np.ascontiguousarray(ROWS[name](n, d).astype(dtype))
