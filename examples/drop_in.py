"""Code that was written for scikit-learn, run as it is: first by scikit-learn, then by fastcluster.

usage: python examples/drop_in.py
"""

import time
from pathlib import Path

import numpy as np
import sklearn.cluster  # noqa: F401 - loaded before the clock starts

import fastcluster as fc

DATA = Path(__file__).parent / "data" / "clinc150"


def written_for_scikit_learn(X, start):
    """Cluster rows from given centers; return the estimator."""
    from sklearn.cluster import KMeans

    return KMeans(n_clusters=len(start), init=start, n_init=1, max_iter=20).fit(X)


def timed(X, start):
    """Run it and print who did the work."""
    started = time.perf_counter()
    model = written_for_scikit_learn(X, start)
    seconds = time.perf_counter() - started
    print(f"{type(model).__module__:40} {seconds:6.2f} s   inertia {model.inertia_:.6f}")
    return model


X = np.load(DATA / "vectors.npy").astype(np.float32)
start = X[np.random.default_rng(0).choice(len(X), 150, replace=False)]

theirs = timed(X, start)
fc.patch_sklearn()
ours = timed(X, start)
fc.unpatch_sklearn()

assert np.isclose(ours.inertia_, theirs.inertia_, rtol=1e-6)
print(f"same labels: {np.mean(ours.labels_ == theirs.labels_):.2%} of the rows")
