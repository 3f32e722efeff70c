"""`linkage_batch`: each problem as `linkage` solves it."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from fastcluster import config_context
from fastcluster.hierarchy import _batch, linkage, linkage_batch, mthidx


def sets(dtype=np.float64):
    rng = np.random.default_rng(0)
    return [rng.normal(size=(n, 4)).astype(dtype) for n in (1, 2, 30, 5, 41, 3)]


@pytest.mark.parametrize("n_jobs", [1, 3])
@pytest.mark.parametrize("method", sorted(mthidx))
def test_distances(method, n_jobs):
    problems = [pdist(X) for X in sets()[1:]]
    kept = [problem.copy() for problem in problems]
    found = linkage_batch(problems, method, n_jobs=n_jobs)
    for merges, problem, before in zip(found, problems, kept, strict=True):
        np.testing.assert_array_equal(merges, linkage(before, method))
        np.testing.assert_array_equal(problem, before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("metric", ["euclidean", "cosine", "cityblock"])
def test_vectors(metric, dtype):
    problems = sets(dtype)
    for merges, X in zip(linkage_batch(problems, "average", metric), problems, strict=True):
        expected = linkage(X, "average", metric)
        np.testing.assert_array_equal(merges[:, [0, 1, 3]], expected[:, [0, 1, 3]])
        np.testing.assert_allclose(merges[:, 2], expected[:, 2], rtol=1e-6)


def test_problems_are_taken_in_parts(monkeypatch):
    monkeypatch.setattr(_batch, "_HELD", 10)
    found = linkage_batch(iter(sets()), "ward")
    assert [len(merges) for merges in found] == [0, 1, 29, 4, 40, 2]
    np.testing.assert_allclose(found[4], linkage(sets()[4], "ward"), rtol=1e-12)


def test_no_problems():
    assert linkage_batch([]) == []


@pytest.mark.parametrize(
    ("problem", "error"),
    [
        ([1.0, 2.0], ValueError),
        (np.ones((0, 3)), ValueError),
        ([np.nan], FloatingPointError),
        ([[0.0, 1.0], [0.0, 0.0]], FloatingPointError),
    ],
)
def test_a_wrong_problem_is_refused(problem, error):
    with pytest.raises(error, match=r"X (must|as)"):
        linkage_batch([[1.0], problem], "average", "cosine")


def test_memory_limit_is_of_one_problem():
    with config_context(memory_limit=8 * 41 * 20):
        linkage_batch(sets(), "average")
    with config_context(memory_limit=8 * 41 * 20 - 1), pytest.raises(MemoryError, match="41 rows"):
        linkage_batch(sets(), "average")
