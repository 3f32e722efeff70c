"""`patch_sklearn` and `unpatch_sklearn`: who gets which class, and that all can be undone."""

import pickle
import subprocess
import sys
import textwrap

import pytest
import sklearn.cluster
import sklearn.neighbors
from sklearn.cluster import _kmeans, _spectral

import fastcluster
import fastcluster.cluster
from fastcluster._patch import REPLACED, patch_sklearn, unpatch_sklearn

ORIGINALS = {name: getattr(sys.modules[theirs], name) for name, (theirs, _) in REPLACED.items()}


def exported():
    return {name: getattr(sys.modules[theirs], name) for name, (theirs, _) in REPLACED.items()}


def ours():
    return {name: getattr(fastcluster.cluster, name) for name in REPLACED}


@pytest.fixture(autouse=True)
def _unpatched():
    assert exported() == ORIGINALS
    yield
    unpatch_sklearn()
    assert exported() == ORIGINALS


def test_every_name_is_replaced_and_put_back():
    patch_sklearn()
    assert exported() == ours()
    unpatch_sklearn()
    assert exported() == ORIGINALS


def test_dependents_inside_scikit_learn_use_ours():
    assert _spectral.k_means is ORIGINALS["k_means"]
    patch_sklearn()
    assert _spectral.k_means is fastcluster.cluster.k_means
    unpatch_sklearn()
    assert _spectral.k_means is ORIGINALS["k_means"]


def test_the_defining_module_keeps_its_own():
    fitted_before = sklearn.cluster.KMeans(2)
    patch_sklearn()
    assert _kmeans.KMeans is ORIGINALS["KMeans"]
    assert type(pickle.loads(pickle.dumps(fitted_before))) is ORIGINALS["KMeans"]


def test_patching_twice_is_patching_once():
    assert patch_sklearn().names == tuple(REPLACED)
    assert patch_sklearn().names == ()
    unpatch_sklearn()
    assert exported() == ORIGINALS


def test_unpatching_what_is_not_patched_does_nothing():
    unpatch_sklearn()
    assert exported() == ORIGINALS


def test_chosen_names_only():
    assert patch_sklearn(["KMeans", "KMeans"]).names == ("KMeans",)
    assert exported() == {**ORIGINALS, "KMeans": fastcluster.KMeans}
    assert patch_sklearn("k_means").names == ("k_means",)
    unpatch_sklearn(["KMeans", "MiniBatchKMeans"])
    assert exported() == {**ORIGINALS, "k_means": fastcluster.cluster.k_means}


@pytest.mark.parametrize("function", [patch_sklearn, unpatch_sklearn])
def test_unknown_name_changes_nothing(function):
    with pytest.raises(ValueError, match=r"names must be among Agglomerative.* got 'Birch'"):
        function(["KMeans", "Birch"])
    assert exported() == ORIGINALS


def test_context_manager():
    with patch_sklearn() as patch:
        assert exported() == ours()
        assert "KMeans" in repr(patch)
    assert exported() == ORIGINALS


def test_context_manager_after_an_error():
    with pytest.raises(KeyError), patch_sklearn():
        raise KeyError
    assert exported() == ORIGINALS


def test_inner_context_leaves_the_outer_patch():
    patch_sklearn(["KMeans"])
    with patch_sklearn():
        assert exported() == ours()
    assert exported() == {**ORIGINALS, "KMeans": fastcluster.KMeans}


def run(code):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_modules_first_loaded_while_patched_are_restored():
    same = run("""
        import fastcluster
        fastcluster.patch_sklearn()
        import sklearn.cluster
        import sklearn.cluster.tests.test_k_means as late
        print(late.KMeans is fastcluster.KMeans)
        fastcluster.unpatch_sklearn()
        print(late.KMeans is sklearn.cluster.KMeans)
        print(late.KMeans is not fastcluster.KMeans)
    """)
    assert same == ["True"] * 3


def test_another_modules_import_is_its_own():
    same = run("""
        import types, sys, sklearn.cluster, fastcluster
        user = sys.modules["user"] = types.ModuleType("user")
        user.KMeans = sklearn.cluster.KMeans
        fastcluster.patch_sklearn()
        print(user.KMeans is not sklearn.cluster.KMeans)
    """)
    assert same == ["True"]
