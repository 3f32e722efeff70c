"""The examples in the docstrings run and print what they say."""

import doctest
import importlib
import pkgutil

import pytest

import fastcluster

MODULES = [
    module.name
    for module in pkgutil.walk_packages(fastcluster.__path__, "fastcluster.")
    if not module.name.endswith("._core")
]
PEERS = {"dbscan", "evoc", "faiss", "fast_hdbscan", "hdbscan", "numba", "sklearnex", "superkmeans"}
"""What the extra `[bench]` brings: an engine's module imports its peer."""


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name):
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if not (name.startswith("fastcluster.bench.engines.") and error.name in PEERS):
            raise
        pytest.skip(f"needs {error.name}")
    failed, _ = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert failed == 0


def test_the_estimators_have_examples():
    finder = doctest.DocTestFinder()
    for name in (
        "KMeans",
        "MiniBatchKMeans",
        "BalancedKMeans",
        "DBSCAN",
        "HDBSCAN",
        "AgglomerativeClustering",
        "NearestCentroid",
        "nearest_centroids",
    ):
        found = finder.find(getattr(fastcluster, name), name)
        assert any(test.examples for test in found), name
