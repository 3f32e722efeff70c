"""Counts beyond any machine integer mean "no limit"."""

import numpy as np

from fastcluster import KMeans, MiniBatchKMeans, kmeans_plusplus

X = np.repeat(np.eye(3, dtype=np.float32), 4, axis=0)
HUGE = 2**70


def test_huge_counts_are_no_overflow():
    assert KMeans(3, init=X[::4], max_iter=HUGE, n_jobs=HUGE).fit(X).inertia_ == 0
    model = MiniBatchKMeans(3, init=X[::4], batch_size=HUGE, max_iter=HUGE, tol=1e-3)
    model.fit(X)
    model.set_params(max_no_improvement=HUGE).fit(X)
    assert model.inertia_ == 0
    _, rows = kmeans_plusplus(X, 3, n_local_trials=HUGE, random_state=0)
    assert sorted(rows // 4) == [0, 1, 2]
