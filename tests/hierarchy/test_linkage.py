"""`linkage` from distances and from vectors: values, forms of input, and what it refuses."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster import hierarchy as scipy_hierarchy
from scipy.spatial.distance import pdist

from fastcluster import config_context, hierarchy
from fastcluster.hierarchy import linkage, mthidx
from fastcluster.hierarchy._naive import linkage_naive

METHODS = sorted(mthidx)


def vectors(seed, n, d=3):
    return np.random.default_rng(seed).normal(size=(n, d))


@pytest.mark.parametrize("method", METHODS)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 30))
def test_merges_are_the_textbook_algorithms(method, seed, n):
    distances = pdist(vectors(seed, n))

    merges = linkage(distances, method)
    expected = linkage_naive(distances, n, method)

    np.testing.assert_array_equal(merges[:, [0, 1, 3]], expected[:, [0, 1, 3]])
    np.testing.assert_allclose(merges[:, 2], expected[:, 2], rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_scipy_gives_the_same(method):
    distances = pdist(vectors(0, 200))
    merges, expected = linkage(distances, method), scipy_hierarchy.linkage(distances, method)
    np.testing.assert_array_equal(merges[:, [0, 1, 3]], expected[:, [0, 1, 3]])
    np.testing.assert_allclose(merges[:, 2], expected[:, 2], rtol=1e-13)


@pytest.mark.parametrize("method", METHODS)
def test_form_is_scipys(method):
    merges = linkage(vectors(1, 20), method)

    assert merges.shape == (19, 4)
    assert merges.dtype == np.float64
    assert (merges[:, 0] < merges[:, 1]).all()
    assert scipy_hierarchy.is_valid_linkage(merges, throw=True)


@pytest.mark.parametrize("metric", ["cosine", "cityblock", "chebychev", "chebyshev", "jaccard"])
@pytest.mark.parametrize("method", METHODS)
def test_vectors_go_by_way_of_their_distances(method, metric):
    X = vectors(2, 12)
    np.testing.assert_array_equal(linkage(X, method, metric), linkage(pdist(X, metric), method))


def test_metric_may_be_a_function():
    X = vectors(3, 10)
    merges = linkage(X, "average", lambda u, v: abs(u - v).sum())
    np.testing.assert_allclose(merges, linkage(X, "average", "cityblock"))


def test_metric_is_ignored_for_distances():
    distances = pdist(vectors(4, 6))
    np.testing.assert_array_equal(linkage(distances, metric="nonsense"), linkage(distances))


def test_a_square_matrix_is_read_as_vectors():
    square = np.array([[0.0, 1.0], [1.0, 0.0]])
    np.testing.assert_allclose(linkage(square), [[0, 1, np.sqrt(2), 2]])


def test_one_vector_has_no_merges():
    assert linkage([[1.0, 2.0]]).shape == (0, 4)


def test_no_columns_are_distances_of_zero():
    np.testing.assert_array_equal(linkage(np.empty((3, 0)))[:, 2], [0, 0])


@pytest.mark.parametrize("method", METHODS)
def test_input_is_preserved_unless_it_may_be_used_up(method):
    distances = pdist(vectors(5, 15))
    kept = distances.copy()
    merges = linkage(distances, method)
    np.testing.assert_array_equal(distances, kept)
    np.testing.assert_array_equal(linkage(distances, method, preserve_input=False), merges)
    assert method == "single" or (distances != kept).any()


@pytest.mark.parametrize("X", [[[0.0], [1.0], [5.0]], np.float32([[0], [1], [5]])])
def test_vectors_are_always_preserved(X):
    kept = np.array(X)
    linkage(X, "ward", preserve_input=False)
    np.testing.assert_array_equal(X, kept)


def test_distances_of_another_type_are_preserved():
    distances = pdist(vectors(5, 15)).astype(np.float32)
    kept = distances.copy()
    linkage(distances, "ward", preserve_input=False)
    np.testing.assert_array_equal(distances, kept)


def test_single_linkage_needs_no_copy_of_distances():
    distances = pdist(vectors(5, 15))
    kept = distances.copy()
    expected = linkage(distances.tolist(), "single")
    distances.flags.writeable = False
    with config_context(memory_limit=1):
        np.testing.assert_array_equal(linkage(distances, "single"), expected)
    np.testing.assert_array_equal(distances, kept)


def test_distances_that_do_not_fit_are_refused():
    with config_context(memory_limit=8 * 45):
        linkage(vectors(5, 10), "average")
        linkage(pdist(vectors(5, 10)), "average")
        linkage(pdist(vectors(5, 11)), "average", preserve_input=False)
        with pytest.raises(MemoryError, match="the distances of all pairs of 11 rows"):
            linkage(vectors(5, 11), "average")
        with pytest.raises(MemoryError, match="a copy of the distances"):
            linkage(pdist(vectors(5, 11)), "average")


@pytest.mark.parametrize("factor", [2.0**-1040, 2.0**-500])
@pytest.mark.parametrize("method", ["single", "complete"])
def test_tiny_distances(method, factor):
    distances = np.random.default_rng(11).integers(1, 9, size=45).astype(float)
    tiny, merges = linkage(distances * factor, method), linkage(distances, method)
    np.testing.assert_array_equal(tiny, merges * [1, 1, factor, 1])


@pytest.mark.parametrize(
    "form",
    [
        list,
        lambda d: d.astype(object),
        lambda d: d.astype(">f8"),
        lambda d: np.repeat(d, 2)[::2],
        lambda d: np.ma.masked_array(d, mask=d > 1),
    ],
    ids=["list", "object", "big-endian", "strided", "masked"],
)
def test_forms_of_distances(form):
    distances = pdist(vectors(6, 8))
    np.testing.assert_array_equal(
        linkage(form(distances), "average"), linkage(distances, "average")
    )


def test_read_only_distances():
    distances = pdist(vectors(6, 8))
    distances.setflags(write=False)
    assert linkage(distances, "ward", preserve_input=False).shape == (7, 4)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int64, np.uint8, bool])
@pytest.mark.parametrize("n_dimensions", [1, 2])
def test_other_types_are_read_as_float64(dtype, n_dimensions):
    shape = (6,) if n_dimensions == 1 else (4, 3)
    X = np.random.default_rng(7).integers(0, 2, size=shape).astype(dtype)
    np.testing.assert_array_equal(linkage(X), linkage(X.astype(np.float64)))


@pytest.mark.parametrize("method", METHODS)
def test_infinite_distance_joins_last(method):
    distances = [1.0, np.inf, np.inf, np.inf, np.inf, 2.0]
    np.testing.assert_array_equal(
        linkage(distances, method), [[0, 1, 1, 2], [2, 3, 2, 2], [4, 5, np.inf, 4]]
    )


@pytest.mark.parametrize("method", ["single", "complete", "average", "weighted"])
def test_all_infinite_distances(method):
    np.testing.assert_array_equal(linkage([np.inf] * 6, method)[:, 2], [np.inf] * 3)


@pytest.mark.parametrize("method", ["ward", "centroid", "median"])
@pytest.mark.parametrize("distances", [[np.inf] * 6, [1e200, 1.5e200, 2e200]])
def test_update_that_is_not_a_number(method, distances):
    with pytest.raises(FloatingPointError, match="needs distances that stay numbers"):
        linkage(distances, method)


@pytest.mark.parametrize("method", ["single", "complete", "average", "weighted"])
def test_huge_distances_scale(method):
    distances = pdist(vectors(8, 10))
    huge = linkage(distances * 2.0**900, method)
    merges = linkage(distances, method)
    np.testing.assert_array_equal(huge[:, [0, 1, 3]], merges[:, [0, 1, 3]])
    np.testing.assert_allclose(huge[:, 2], merges[:, 2] * 2.0**900)


@pytest.mark.parametrize("method", METHODS)
def test_nan_distance(method):
    distances = pdist(vectors(9, 6))
    distances[7] = np.nan
    with pytest.raises(FloatingPointError, match="got NaN for rows 1 and 4"):
        linkage(distances, method)


def test_nan_beside_infinity():
    with pytest.raises(FloatingPointError, match="rows 1 and 2"):
        linkage([np.inf, -np.inf, np.nan])


def test_nan_in_vectors():
    X = vectors(9, 6)
    X[2, 1] = np.nan
    with pytest.raises(FloatingPointError, match="rows 0 and 2"):
        linkage(X)


@pytest.mark.parametrize("length", [0, 2, 5, 11])
def test_wrong_length(length):
    with pytest.raises(ValueError, match=f"got {length} values\nhint: "):
        linkage(np.ones(length))


@pytest.mark.parametrize("shape", [(), (2, 3, 4)])
def test_wrong_number_of_dimensions(shape):
    with pytest.raises(ValueError, match="X must have two dimensions") as caught:
        linkage(np.ones(shape))
    assert isinstance(caught.value, AssertionError)


def test_no_rows():
    with pytest.raises(ValueError, match="at least one row"):
        linkage(np.ones((0, 3)))


@pytest.mark.parametrize("shape", [(3,), (3, 2)])
def test_complex(shape):
    with pytest.raises(ValueError, match="X must be real, got dtype complex128\nhint: "):
        linkage(np.ones(shape, dtype=complex))


@pytest.mark.parametrize("X", [np.ones(3), np.ones((3, 2)), np.ones((1, 2))])
def test_unknown_method(X):
    with pytest.raises(
        ValueError, match=r"method must be one of single, .*, got 'wards'"
    ) as caught:
        linkage(X, "wards")
    assert isinstance(caught.value, KeyError)
    assert str(caught.value).startswith("method must")


def test_unknown_metric():
    with pytest.raises(ValueError, match=r"metric must be .*, got 'euclidian'\nhint: ") as caught:
        linkage(np.ones((3, 2)), metric="euclidian")
    assert isinstance(caught.value, KeyError)


def test_error_of_a_metric_function_is_passed_on():
    def metric(u, v):
        raise OSError("from the metric")

    with pytest.raises(OSError, match="from the metric"):
        linkage(np.ones((3, 2)), metric=metric)


def test_signatures_are_the_older_packages():
    ours = {"linkage", "linkage_batch", "linkage_vector"}
    assert set(METHODS) | ours == set(hierarchy.__all__)
    assert all(list(inspect.signature(getattr(hierarchy, n)).parameters) == ["D"] for n in METHODS)
    parameters = inspect.signature(linkage).parameters
    assert {name: p.default for name, p in parameters.items() if name != "X"} == {
        "method": "single",
        "metric": "euclidean",
        "preserve_input": True,
    }
    assert next(iter(parameters)) == "X"


@pytest.mark.parametrize("method", METHODS)
def test_alias_is_the_method(method):
    distances = pdist(vectors(10, 9))
    np.testing.assert_array_equal(getattr(hierarchy, method)(distances), linkage(distances, method))
