"""Rows and centers that are hard to tell apart in 16 bits, or that leave their range."""

import numpy as np

__all__ = ["CASES", "DTYPES", "typed"]

DTYPES = ("float32", "float64", "float16", "bfloat16", "int8", "uint8")


def typed(X, dtype):
    """Return X in one of the dtypes; integers get a range of their own."""
    if dtype == "bfloat16":
        import ml_dtypes

        return X.astype(ml_dtypes.bfloat16)
    if dtype in ("int8", "uint8"):
        low = 0 if dtype == "uint8" else -128
        spread = max(float(np.abs(X).max()), 1e-300)
        return np.clip(np.round((X / spread + (dtype == "uint8")) * 100), low, 255 + low).astype(
            dtype
        )
    return X.astype(dtype)


def _blobs(rng):
    X = rng.normal(size=(300, 24)) + 4 * rng.normal(size=(12, 24))[rng.integers(0, 12, 300)]
    return X, X[rng.choice(300, 12, replace=False)]


def _near_ties(rng):
    X = rng.normal(size=(200, 40))
    centers = X[:30] + 1e-7 * rng.normal(size=(30, 40))
    return X, np.concatenate([centers, centers, X[:10] + 1e-12])


def _exact_ties(rng):
    X = rng.integers(-2, 3, (200, 9)).astype(float)
    return X, rng.integers(-2, 3, (50, 9)).astype(float)


def _duplicates(rng):
    X = np.repeat(rng.normal(size=(5, 17)), 40, axis=0)
    return X, np.repeat(X[::40], 7, axis=0)[::-1]


def _outlier_features(rng):
    X = rng.normal(size=(200, 33))
    X[:, 5] *= 1000
    X[:, 17] += 300
    return X, X[rng.choice(200, 20, replace=False)]


def _huge_norms(rng):
    X = rng.normal(size=(150, 20)) * np.exp(3 * rng.normal(size=(150, 1)))
    return X, X[rng.choice(150, 25, replace=False)]


def _one_immense_value(rng):
    X = rng.normal(size=(150, 20))
    X[70, 3] = 1e30
    return X, X[rng.choice(70, 10, replace=False)]


def _one_immense_center(rng):
    X, centers = _one_immense_value(rng)
    return X, np.concatenate([centers, X[70:71]])


def _far_from_the_origin(rng):
    X = rng.normal(size=(150, 20)) + 4096
    return X, X[rng.choice(150, 10, replace=False)]


def _denormals(rng):
    X = rng.normal(size=(120, 12)) * 1e-41
    return X, X[rng.choice(120, 10, replace=False)]


def _extreme_scale(rng):
    X = rng.normal(size=(120, 12)) * 1e30
    return X, X[rng.choice(120, 10, replace=False)]


def _constant(rng):
    X = np.full((100, 11), 0.3)
    return X, np.repeat(X[:1], 6, axis=0)


def _equal_centers(rng):
    X = rng.normal(size=(100, 11))
    return X, np.repeat(X[:1], 9, axis=0)


def _zeros_among_rows_and_centers(rng):
    X = rng.normal(size=(150, 20))
    X[::7] = 0
    centers = X[rng.choice(150, 20, replace=False)]
    centers[[3, 11]] = 0
    return X, centers


def _opposite(rng):
    X = np.abs(rng.normal(size=(100, 10))) + 1
    centers = -X[:8]
    centers[5] = 0
    return X, centers


CASES = {
    make.__name__[1:]: make
    for make in (
        _blobs,
        _near_ties,
        _exact_ties,
        _duplicates,
        _outlier_features,
        _huge_norms,
        _one_immense_value,
        _one_immense_center,
        _far_from_the_origin,
        _denormals,
        _extreme_scale,
        _constant,
        _equal_centers,
        _zeros_among_rows_and_centers,
        _opposite,
    )
}
"""By name: what makes rows and centers, in float64, from a generator."""
