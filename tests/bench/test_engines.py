"""Each adapter keeps the contract."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from fastcluster.bench import engines
from fastcluster.bench.contract import NotAvailable, Settings


def engine(name):
    found = engines.load(name)
    if isinstance(found, engines.Absent):
        pytest.skip(found.reason)
    return found


@pytest.fixture
def blobs():
    draw = np.random.default_rng(0)
    X = draw.normal(size=(300, 40)).astype(np.float32)
    X.flags.writeable = False
    return X, X[:5].copy()


@pytest.mark.parametrize("name", engines.KMEANS)
@pytest.mark.parametrize("task", ["assign", "lloyd", "fit", "minibatch", "hierarchical"])
def test_a_task_labels_every_row_by_its_centers(name, task, blobs):
    X, centers = blobs
    module = engine(name)
    if not hasattr(module, task):
        pytest.skip(f"{name} has no task {task!r}")
    given = centers if task in ("assign", "lloyd") else None
    settings = Settings(n_clusters=5, max_iter=3, tol=0.0, n_threads=1)
    with module.threads(1):
        try:
            outcome = getattr(module, task)(X, given, settings)
        except NotAvailable as reason:
            pytest.skip(str(reason))
    assert outcome.labels.shape == (300,)
    final = centers if outcome.centers is None else outcome.centers
    assert final.shape == (5, 40)
    distances = np.square(X[:, np.newaxis] - final).sum(axis=2)
    assert (outcome.labels == distances.argmin(axis=1)).all()
    if task == "lloyd":
        assert outcome.n_iter == 3


@pytest.mark.parametrize("name", engines.MODULES)
def test_an_engine_names_itself_and_its_version(name):
    module = engine(name)
    shown = engines.NAMES.get(name, name)
    assert shown == module.NAME
    assert engines.describe(module)["version"][0].isdigit()


def test_threads_of_scikit_learn_are_limited_and_set_free():
    before = [pool["num_threads"] for pool in threadpool_info()]
    with engine("scikit-learn").threads(1):
        assert {pool["num_threads"] for pool in threadpool_info()} == {1}
    assert [pool["num_threads"] for pool in threadpool_info()] == before


def test_threads_of_faiss_are_set_and_set_back():
    module = engine("faiss")
    before = module.faiss.omp_get_max_threads()
    with module.threads(before + 1):
        assert module.faiss.omp_get_max_threads() == before + 1
    assert module.faiss.omp_get_max_threads() == before


@pytest.mark.parametrize("name", ["faiss", "faiss-superkmeans", "superkmeans"])
@pytest.mark.parametrize("settings", [Settings(5, max_iter=3, tol=0.1), Settings(5, tol=0.0)])
def test_a_tolerance_that_would_be_ignored_is_refused(name, settings, blobs):
    X, centers = blobs
    with pytest.raises(ValueError, match=r"must be 0 and max_iter=.* a number"):
        engine(name).lloyd(X, centers, settings)


@pytest.mark.parametrize("name", engines.KMEANS)
def test_who_draws_its_own_start_says_so(name, blobs):
    """The order of the start centers is that of the final ones, or does not matter at all."""
    X, centers = blobs
    module = engine(name)
    settings = Settings(5, max_iter=3, tol=0.0, n_threads=1)
    with module.threads(1):
        one = module.lloyd(X, centers, settings).centers
        other = module.lloyd(X, centers[::-1].copy(), settings).centers
    own_start = "lloyd" in getattr(module, "OWN_START", ())
    np.testing.assert_allclose(other, one if own_start else one[::-1], atol=1e-4)
    assert own_start == ("lloyd" in getattr(module, "REMARKS", {}))
    assert not np.allclose(one, one[::-1], atol=1e-2)


def test_the_last_iteration_is_told_by_this_librarys_own_clock(blobs):
    X, centers = blobs
    module = engine("fastcluster")
    outcome = module.lloyd(X, centers, Settings(5, max_iter=2, tol=0.0, n_threads=1))
    assert outcome.stages["last_iteration"] > 0
    assert 0 < outcome.counts["share_scored_last"] <= 1
    once = module.lloyd(X, centers, Settings(5, max_iter=1, tol=0.0, n_threads=1))
    assert (once.stages, once.counts) == ({}, {})


def test_an_old_faiss_has_no_superkmeans(blobs, monkeypatch):
    X, centers = blobs
    module = engine("faiss-superkmeans")
    monkeypatch.delattr(module.faiss, "SuperKmeans")
    with pytest.raises(NotAvailable, match=r"has no SuperKmeans: 1\.15 is the first"):
        module.lloyd(X, centers, Settings(5, max_iter=1, tol=0.0))
