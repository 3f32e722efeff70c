"""`linkage_vector`: its metrics, the extra argument, and what it refuses."""

import inspect

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from fastcluster.hierarchy import linkage, linkage_vector, mtridx

BOOLEAN_METRICS = {
    # a, b, c, d: columns true in both, in one only, in the other only, in neither
    "jaccard": lambda a, b, c, d: (b + c) / (a + b + c) if a + b + c else 0,
    "yule": lambda a, b, c, d: 2 * b * c / (a * d + b * c) if b * c else 0,
    "matching": lambda a, b, c, d: (b + c) / (a + b + c + d),
    "sokalmichener": lambda a, b, c, d: (b + c) / (a + b + c + d),
    "dice": lambda a, b, c, d: (b + c) / (2 * a + b + c) if a + b + c else 0,
    "rogerstanimoto": lambda a, b, c, d: 2 * (b + c) / (a + d + 2 * (b + c)),
    "russellrao": lambda a, b, c, d: (b + c + d) / (a + b + c + d),
    "sokalsneath": lambda a, b, c, d: 2 * (b + c) / (a + 2 * (b + c)) if a + b + c else 0,
    "kulsinski": lambda a, b, c, d: (b / (a + b) + c / (a + c)) / 2,
}
OTHER_METRICS = [
    "euclidean", "sqeuclidean", "seuclidean", "mahalanobis", "cityblock", "chebychev",
    "chebyshev", "cosine", "correlation", "canberra", "braycurtis", "hamming",
]  # fmt: skip


def vectors(seed=0, n=15, d=4):
    return np.random.default_rng(seed).normal(size=(n, d))


def truth_values(*, empty_rows):
    rows = np.random.default_rng(1).random((12, 6)) < 0.4
    rows[:, 0] |= ~rows.any(axis=1)
    if empty_rows:
        rows[[2, 7]] = False
    return rows


@pytest.mark.parametrize("method", ["single", "centroid", "median", "ward"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8, bool])
def test_equals_linkage(method, dtype):
    X = (vectors(n=40, d=9) * 40).astype(dtype)
    merges, expected = linkage_vector(X, method), linkage(X, method)
    if dtype not in (np.int8, bool):  # no ties
        np.testing.assert_array_equal(merges[:, [0, 1, 3]], expected[:, [0, 1, 3]])
    if dtype is not bool:
        np.testing.assert_allclose(merges[:, 2], expected[:, 2], rtol=1e-12)
    assert merges.shape == expected.shape


@pytest.mark.parametrize("kind", ["different", "copies", "grid"])
def test_single_linkage_of_many_vectors_equals_linkage(kind):
    # Whole numbers, of which all distances are exact: ties are the same in both, merges equal.
    rng = np.random.default_rng(3)
    X = rng.integers(0, 5 if kind == "grid" else 10**6, size=(700, 3)).astype(np.float64)
    if kind == "copies":
        X = X[rng.integers(0, 400, size=700)]
    np.testing.assert_array_equal(linkage_vector(X), linkage(pdist(X)))


@pytest.mark.parametrize("metric", OTHER_METRICS)
def test_metrics_of_numbers_are_scipys(metric):
    distances = pdist(vectors(), metric)
    np.testing.assert_allclose(
        linkage_vector(vectors(), metric=metric), linkage(distances), rtol=1e-12
    )


@pytest.mark.parametrize("as_type", [bool, np.float64, np.int8])
@pytest.mark.parametrize("metric", sorted(BOOLEAN_METRICS))
def test_metrics_of_truth_values(metric, as_type):
    rows = truth_values(empty_rows=metric != "kulsinski")

    def by_hand(u, v):
        u, v = u.astype(bool), v.astype(bool)
        counts = (u & v).sum(), (u & ~v).sum(), (~u & v).sum(), (~u & ~v).sum()
        return BOOLEAN_METRICS[metric](*map(int, counts))

    np.testing.assert_allclose(
        linkage_vector(rows.astype(as_type), metric=metric),
        linkage(rows, metric=by_hand),
        rtol=1e-14,
    )


@pytest.mark.parametrize("metric", sorted(BOOLEAN_METRICS))
def test_numbers_are_read_as_truth_values(metric):
    rows = truth_values(empty_rows=False)
    np.testing.assert_array_equal(
        linkage_vector(rows * -3.5, metric=metric), linkage_vector(rows, metric=metric)
    )


def test_hamming_compares_numbers_but_matching_truth_values():
    rows = [[0.0, 1.0], [0.0, 2.0]]
    assert linkage_vector(rows, metric="hamming")[0, 2] == 0.5
    assert linkage_vector(rows, metric="matching")[0, 2] == 0


def test_kulsinski_of_an_empty_row_is_not_a_number():
    with pytest.raises(FloatingPointError, match="got NaN for rows 0 and 2"):
        linkage_vector(truth_values(empty_rows=True), metric="kulsinski")


def test_every_metric_of_the_older_package_is_known():
    extra = {"minkowski": 3}
    for metric in set(mtridx) - {"USER"}:
        rows = truth_values(empty_rows=False) if metric in BOOLEAN_METRICS else vectors()
        assert linkage_vector(rows, "single", metric, extra.get(metric)).shape[1] == 4


@pytest.mark.parametrize("p", [0.5, 1, 2, 3.5, np.inf])
def test_minkowski_exponent(p):
    np.testing.assert_allclose(
        linkage_vector(vectors(), "single", "minkowski", p),
        linkage(pdist(vectors(), "minkowski", p=p)),
    )


def test_extraarg_of_seuclidean_is_the_variance():
    expected = linkage(vectors() / np.sqrt([1.0, 2.0, 3.0, 4.0]))
    merges = linkage_vector(vectors(), "single", "seuclidean", [1, 2, 3, 4])
    np.testing.assert_allclose(merges, expected)


def test_extraarg_of_mahalanobis_is_the_inverse_covariance():
    expected = linkage(vectors() * np.sqrt([1.0, 2.0, 3.0, 4.0]))
    merges = linkage_vector(vectors(), "single", "mahalanobis", np.diag([1.0, 2.0, 3.0, 4.0]))
    np.testing.assert_allclose(merges, expected)


def test_metric_may_be_a_function():
    merges = linkage_vector(vectors(), metric=lambda u, v: abs(u - v).max())
    np.testing.assert_allclose(merges, linkage_vector(vectors(), metric="chebychev"))


def test_function_may_handle_nan():
    X = vectors()
    X[3, 1] = np.nan
    merges = linkage_vector(X, metric=lambda u, v: np.nansum(abs(u - v)))
    assert np.isfinite(merges).all()


@pytest.mark.parametrize("metric", ["euclidean", "hamming", "jaccard", "dice"])
def test_nan_for_a_named_metric(metric):
    X = vectors()
    X[3, 1] = np.nan
    with pytest.raises(FloatingPointError, match="row 3, column 1\nhint: "):
        linkage_vector(X, metric=metric)


def test_one_vector_has_no_merges():
    assert linkage_vector([[1.0, 2.0]], metric="seuclidean").shape == (0, 4)


@pytest.mark.parametrize("shape", [(), (6,), (2, 3, 4), (0, 3), (3, 0)])
def test_wrong_shape(shape):
    with pytest.raises(ValueError, match="X must have") as caught:
        linkage_vector(np.ones(shape))
    assert isinstance(caught.value, AssertionError)


@pytest.mark.parametrize("method", ["centroid", "median", "ward"])
def test_only_single_linkage_takes_other_metrics(method):
    with pytest.raises(
        ValueError, match=f"'euclidean' for method='{method}', got 'cosine'\nhint: linkage"
    ):
        linkage_vector(vectors(), method, "cosine")


@pytest.mark.parametrize("method", ["complete", "average", "weighted"])
def test_method_that_needs_distances(method):
    with pytest.raises(ValueError, match=f"got '{method}'\nhint: linkage"):
        linkage_vector(vectors(), method)


@pytest.mark.parametrize(("method", "metric"), [("foo", "euclidean"), ("single", "USER")])
def test_unknown_name(method, metric):
    with pytest.raises(ValueError, match="must be") as caught:
        linkage_vector(vectors(), method, metric)
    assert isinstance(caught.value, KeyError)


@pytest.mark.parametrize("metric", ["euclidean", "correlation", lambda u, v: 1.0])
def test_extraarg_that_nobody_reads(metric):
    with pytest.raises(ValueError, match=r"extraarg must be None .*, got 3\nhint: "):
        linkage_vector(vectors(), "single", metric, 3)


def test_minkowski_without_exponent():
    with pytest.raises(ValueError, match=r"extraarg must be the exponent .* got None\nhint: "):
        linkage_vector(vectors(), "single", "minkowski")


def test_signature_is_the_older_packages():
    parameters = inspect.signature(linkage_vector).parameters
    assert [(name, p.default) for name, p in parameters.items()] == [
        ("X", inspect.Parameter.empty),
        ("method", "single"),
        ("metric", "euclidean"),
        ("extraarg", None),
    ]
