"""Code that calls the older package, found in the wild, works with this one."""

import matplotlib as mpl
import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster
from scipy.cluster.hierarchy import linkage as scipy_linkage
from scipy.spatial.distance import pdist

import fastcluster

mpl.use("Agg")


@pytest.fixture
def spy(monkeypatch):
    """Count the calls of fastcluster's linkage functions by name."""
    calls = {"linkage": 0, "linkage_vector": 0}

    def counted(name, function):
        def call(*args, **kwargs):
            calls[name] += 1
            return function(*args, **kwargs)

        return call

    for name in calls:
        monkeypatch.setattr(fastcluster, name, counted(name, getattr(fastcluster, name)))
    return calls


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    ("method", "metric", "function"),
    [
        ("average", "euclidean", "linkage"),
        ("complete", "cosine", "linkage"),
        ("ward", "euclidean", "linkage_vector"),
        ("centroid", "euclidean", "linkage_vector"),
        ("single", "cityblock", "linkage_vector"),
        ("single", "jensenshannon", "linkage_vector"),
    ],
)
def test_seaborn_clustermap(spy, method, metric, function):
    seaborn = pytest.importorskip("seaborn")
    data = np.random.default_rng(0).random((12, 5))

    grid = seaborn.clustermap(data, method=method, metric=metric)

    mpl.pyplot.close(grid.figure)
    assert spy == {**dict.fromkeys(spy, 0), function: 2}, "seaborn used SciPy instead"
    for found, rows in (
        (grid.dendrogram_row.linkage, data),
        (grid.dendrogram_col.linkage, data.T),
    ):
        expected = scipy_linkage(pdist(rows, metric), method)
        np.testing.assert_array_equal(found[:, [0, 1, 3]], expected[:, [0, 1, 3]])
        np.testing.assert_allclose(found[:, 2], expected[:, 2], rtol=1e-12)


def test_token_pooling():
    """Ward on condensed cosine distances of float32 token vectors, then a cut into clusters."""
    tokens = np.random.default_rng(1).normal(size=(64, 16)).astype(np.float32)
    tokens /= np.linalg.norm(tokens, axis=1, keepdims=True)
    distances = (1 - tokens @ tokens.T)[np.triu_indices(64, 1)]

    merges = fastcluster.linkage(distances, method="ward")

    groups = fcluster(merges, t=32, criterion="maxclust")
    expected = scipy_linkage(distances, method="ward")
    np.testing.assert_array_equal(groups, fcluster(expected, t=32, criterion="maxclust"))


def test_names_of_the_older_package():
    names = [
        "linkage", "linkage_vector", "single", "complete", "average", "weighted", "ward",
        "centroid", "median",
    ]  # fmt: skip
    assert [name for name in names if not callable(getattr(fastcluster, name, None))] == []
