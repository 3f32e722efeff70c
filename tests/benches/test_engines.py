"""Each adapter keeps the contract."""

import numpy as np
import pytest
from benches.end_to_end import engines
from benches.end_to_end.contract import Settings
from threadpoolctl import threadpool_info


def engine(name):
    found = engines.load(name)
    if isinstance(found, engines.Absent):
        pytest.skip(found.reason)
    return found


@pytest.fixture
def blobs():
    draw = np.random.default_rng(0)
    X = draw.normal(size=(300, 6)).astype(np.float32)
    X.flags.writeable = False
    return X, X[:5].copy()


@pytest.mark.parametrize("name", engines.MODULES)
@pytest.mark.parametrize("task", ["assign", "lloyd", "fit", "minibatch"])
def test_a_task_labels_every_row_by_its_centers(name, task, blobs):
    X, centers = blobs
    module = engine(name)
    if not hasattr(module, task):
        pytest.skip(f"{name} has no task {task!r}")
    given = centers if task in ("assign", "lloyd") else None
    settings = Settings(n_clusters=5, max_iter=3, tol=0.0, n_threads=1)
    with module.threads(1):
        outcome = getattr(module, task)(X, given, settings)
    assert outcome.labels.shape == (300,)
    final = centers if outcome.centers is None else outcome.centers
    assert final.shape == (5, 6)
    distances = np.square(X[:, np.newaxis] - final).sum(axis=2)
    assert (outcome.labels == distances.argmin(axis=1)).all()
    if task == "lloyd":
        assert outcome.n_iter == 3


@pytest.mark.parametrize("name", engines.MODULES)
def test_an_engine_names_itself_and_its_version(name):
    module = engine(name)
    assert module.NAME.lower() == name
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


def test_faiss_refuses_a_tolerance_that_it_would_ignore(blobs):
    X, centers = blobs
    with pytest.raises(ValueError, match=r"tol=0\.1 must be 0"):
        engine("faiss").lloyd(X, centers, Settings(5, max_iter=3, tol=0.1))
