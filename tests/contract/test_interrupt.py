"""Promise 5: Ctrl-C stops a long fit, and the process goes on.

How much CPU time a fit took to stop is printed (pytest -s); only a generous bound is asserted.
"""

import pytest

from interrupts import BOUND_CPU_SECONDS, interrupt_script, needs_proc

pytestmark = needs_proc

SCRIPT = """
X = np.random.default_rng(0).normal(size=({n_samples}, 32)).astype(np.float32)
small = X[:2_000]
estimator = {estimator}
before = fc.KMeans(5, random_state=0).fit(small).labels_
interrupted(lambda: estimator.fit(X))
after = fc.KMeans(5, random_state=0).fit(small).labels_
refitted = estimator.set_params({quick}).fit(small)
print((after == before).all(), refitted.labels_.max() == {last_label})
"""

QUICK = ("n_clusters=5, n_init=1, max_iter=5", 4)
"""What makes an estimator quick, and the largest label that it then gives."""

# Fits that would take minutes to hours of CPU time, with any number of threads.
ESTIMATORS = {
    "k-means++": "fc.KMeans(50_000)",
    "k-means||": "fc.KMeans(10_000, init='k-means||', n_init=100, tol=0)",
    "lloyd": "fc.KMeans(500, init='random', n_init=1_000_000, tol=0)",
    "balanced": (
        "fc.BalancedKMeans(500, size_min=150, size_max=400, init='random', n_init=1_000_000, tol=0)"
    ),
    "mini-batch": (
        "fc.MiniBatchKMeans(500, init='random', n_init=1, max_iter=10_000_000, tol=0,"
        " max_no_improvement=None)"
    ),
}


# Few rows, but very many runs or steps: their size alone does not tell that they are long.
SMALL_BUT_LONG = {
    "lloyd, few rows": "fc.KMeans(50, init='random', n_init=10_000_000, tol=0, n_jobs=1)",
    "mini-batch, few rows": (
        "fc.MiniBatchKMeans(50, init='random', n_init=1, max_iter=100_000_000, tol=0,"
        " max_no_improvement=None, n_jobs=1)"
    ),
}


def test_ctrl_c_stops_dbscan():
    # Too many rows are within eps to leave pairs out, and too few to join all at once. With the
    # small eps no two rows of the small data are near, so that each is a cluster.
    refit = ("eps=0.001, min_samples=1", 1_999)
    assert_stops("dbscan", "fc.DBSCAN(eps=4.0)", 0.5, 400_000, refit)


@pytest.mark.parametrize("after", [0.5, pytest.param(2.0, marks=pytest.mark.slow)])
@pytest.mark.parametrize("phase", ESTIMATORS)
def test_ctrl_c_stops_a_fit(phase, after):
    assert_stops(phase, ESTIMATORS[phase], after, 100_000)


@pytest.mark.parametrize("phase", SMALL_BUT_LONG)
def test_ctrl_c_stops_a_long_fit_of_few_rows(phase):
    assert_stops(phase, SMALL_BUT_LONG[phase], 0.3, 2_000)


def test_ctrl_c_stops_hdbscan():
    refit = ("min_cluster_size=1_500, min_samples=5, allow_single_cluster=True", 0)
    assert_stops("hdbscan", "fc.HDBSCAN()", 0.5, 300_000, refit)


def assert_stops(phase, estimator, after, n_samples, refit=QUICK):
    quick, last_label = refit
    script = SCRIPT.format(
        estimator=estimator, n_samples=n_samples, quick=quick, last_label=last_label
    )
    seconds, words = interrupt_script(script, after)
    assert words == ["True", "True"]
    print(f"{phase}: stopped {seconds * 1000:.0f} ms of CPU time after Ctrl-C")  # noqa: T201
    assert seconds < BOUND_CPU_SECONDS
