"""DBSCAN beside scikit-learn's, to the last label."""

import warnings

import numpy as np
import pytest
import scipy.sparse
import sklearn.cluster
from hypothesis import given
from hypothesis import strategies as st
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.metrics import pairwise_distances

import fastcluster as fc
from dbscan_verifier import assert_dbscan


def assert_same(X, *, sample_weight=None, predicts=True, **parameters):
    """Compare labels, core rows, components and predictions with scikit-learn's labels."""
    theirs = sklearn.cluster.DBSCAN(**parameters).fit(X, sample_weight=sample_weight)
    ours = fc.DBSCAN(**parameters).fit(X, sample_weight=sample_weight)
    np.testing.assert_array_equal(ours.labels_, theirs.labels_)
    np.testing.assert_array_equal(ours.core_sample_indices_, theirs.core_sample_indices_)
    assert ours.labels_.dtype == theirs.labels_.dtype == np.intp
    assert ours.core_sample_indices_.dtype == theirs.core_sample_indices_.dtype
    assert ours.components_.shape == theirs.components_.shape
    if predicts:
        np.testing.assert_array_equal(ours.predict(X), ours.labels_)
    return ours


def groups(seed, n=300, d=2):
    rng = np.random.default_rng(seed)
    centers = rng.normal(size=(5, d)) * 3
    return centers[rng.integers(5, size=n)] + rng.normal(size=(n, d))


@pytest.mark.parametrize("d", [1, 2, 5, 20])
@pytest.mark.parametrize("min_samples", [1, 2, 5, 12, 1000])
def test_labels_on_continuous_data(d, min_samples):
    for seed in range(2):
        X = groups(seed, d=d)
        for eps in (0.1, 0.5, 1.5, 5.0):
            assert_same(X, eps=eps, min_samples=min_samples)


@given(
    seed=st.integers(0, 10**6),
    d=st.integers(1, 4),
    squared=st.sampled_from([1, 2, 3, 4, 5, 6, 8, 9, 10]),
    min_samples=st.integers(1, 9),
    algorithm=st.sampled_from(["brute", "kd_tree", "ball_tree"]),
)
def test_labels_where_distances_equal_eps(seed, d, squared, min_samples, algorithm):
    rng = np.random.default_rng(seed)
    X = rng.integers(0, [20, 9, 6, 5][d - 1], size=(120, d)).astype(float)
    assert_same(X, eps=np.sqrt(squared), min_samples=min_samples, algorithm=algorithm)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_duplicates(metric):
    X = np.repeat(groups(3, 40), 7, axis=0)
    eps = 1e-9 if metric == "cosine" else 1e-300
    for min_samples in (1, 7, 8):
        assert_same(X, eps=eps, min_samples=min_samples, metric=metric)


def test_cosine():
    for seed in range(6):
        X = groups(seed, d=6)
        for eps in (0.01, 0.05, 0.3):
            assert_same(X, eps=eps, min_samples=4, metric="cosine")


def test_rows_of_zeros_under_cosine_are_alone():
    X = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 0.1], [0.0, 0.0]])
    for min_samples, labels in ((2, [-1, 0, 0, -1]), (1, [0, 1, 1, 2])):
        model = fc.DBSCAN(eps=0.1, min_samples=min_samples, metric="cosine").fit(X)
        assert model.labels_.tolist() == labels


WEIGHTS = {
    "integers": lambda rng, n: rng.integers(1, 4, size=n),
    "zeros among them": lambda rng, n: rng.integers(0, 4, size=n),
    "quarters": lambda rng, n: rng.integers(0, 9, size=n) / 4,
    "negative ones": lambda rng, n: rng.integers(-2, 4, size=n),
    "random": lambda rng, n: rng.random(n),
    "one for all": lambda _rng, _n: 2.5,
}


@pytest.mark.parametrize("kind", WEIGHTS)
def test_weights(kind):
    for seed in range(10):
        rng = np.random.default_rng(seed)
        weights = WEIGHTS[kind](rng, 300)
        assert_same(groups(seed), eps=0.5, min_samples=4, sample_weight=weights)


@pytest.mark.parametrize("d", [33, 70])
def test_a_block_whose_first_row_is_not_core_is_not_skipped(d):
    # Rows of little weight ask for three passes; all but the first of each 16 are core.
    X = np.zeros((1600, d))
    X[:, 0] = np.arange(1600) % 2 * 0.4
    X[::16] += 50.0 * (1 + np.arange(100))[:, np.newaxis]
    model = assert_same(X, eps=0.5, min_samples=4, sample_weight=np.full(1600, 0.5))
    assert np.bincount(model.labels_ + 1).tolist() == [100, 1500]


def test_weights_are_repetition():
    rng = np.random.default_rng(2)
    X, counts = groups(2), rng.integers(1, 5, size=300)
    weighted = fc.DBSCAN(min_samples=9).fit(X, sample_weight=counts)
    repeated = fc.DBSCAN(min_samples=9).fit(np.repeat(X, counts, axis=0))
    assert len(set(weighted.labels_)) > 2
    np.testing.assert_array_equal(np.repeat(weighted.labels_, counts), repeated.labels_)


def test_weights_are_summed_exactly():
    # In this order 0.7 + 0.1 + 0.2 is less than 1 in float64.
    X, weights = np.zeros((3, 1)), [0.7, 0.1, 0.2]
    orders = ([0, 1, 2], [1, 2, 0], [2, 0, 1])
    for order in orders:
        model = fc.DBSCAN(min_samples=1).fit(X, sample_weight=np.array(weights)[order])
        assert model.labels_.tolist() == [0, 0, 0]


@pytest.mark.parametrize("dtype", ["f4", "f2", "i1", "u1", "i8", "bool", "csr"])
def test_dtypes(dtype):
    rows = np.clip(groups(5, d=3).round() + 20, 0, 1 if dtype == "bool" else 100)
    if dtype == "csr":
        rows = rows - 18
        model = fc.DBSCAN(1.5, min_samples=6).fit(scipy.sparse.csr_array(rows))
        assert scipy.sparse.issparse(model.components_)
        assert (model.predict(scipy.sparse.csr_matrix(rows)) == model.labels_).all()
        np.testing.assert_array_equal(model.predict(rows), model.labels_)
    else:
        model = fc.DBSCAN(1.5, min_samples=6).fit(rows.astype(dtype))
        np.testing.assert_array_equal(model.predict(rows), model.labels_)
    right = sklearn.cluster.DBSCAN(1.5, min_samples=6).fit(rows.astype(np.float64))
    np.testing.assert_array_equal(model.labels_, right.labels_)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_wide_sparse_rows(metric):
    rng = np.random.default_rng(6)
    X = scipy.sparse.random_array((120, 2_000), density=0.004, rng=rng, format="csr")
    X = scipy.sparse.vstack([X, X * 1.001]).tocsr()
    model = assert_same(X, eps=0.01, min_samples=2, metric=metric)
    assert model.labels_.max() > 90
    dense = fc.DBSCAN(0.01, min_samples=2, metric=metric).fit(X.toarray())
    np.testing.assert_array_equal(dense.labels_, model.labels_)
    np.testing.assert_array_equal(dense.predict(X), model.labels_)


@pytest.mark.parametrize("n_jobs", [1, 2, 3, 7])
def test_any_number_of_threads(n_jobs):
    X = groups(7, 2_000)
    alone = fc.DBSCAN(0.2, n_jobs=1).fit(X)
    for _ in range(3):
        again = fc.DBSCAN(0.2, n_jobs=n_jobs).fit(X)
        np.testing.assert_array_equal(again.labels_, alone.labels_)
        np.testing.assert_array_equal(again.predict(X[::-1]), alone.labels_[::-1])


def test_order_of_rows_changes_numbers_and_borders_only():
    X = groups(8, 600)
    order = np.random.default_rng(8).permutation(600)
    plain, mixed = fc.DBSCAN(0.3).fit(X), fc.DBSCAN(0.3).fit(X[order])
    core = np.zeros(600, dtype=bool)
    core[plain.core_sample_indices_] = True
    np.testing.assert_array_equal(np.flatnonzero(core[order]), mixed.core_sample_indices_)
    pairs = {*zip(plain.labels_[order][core[order]], mixed.labels_[core[order]], strict=True)}
    assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs}) > 3
    np.testing.assert_array_equal(plain.labels_[order] == -1, mixed.labels_ == -1)


def test_moving_a_lattice_changes_nothing():
    X = np.random.default_rng(9).integers(0, 15, size=(200, 2)).astype(np.float64)
    plain = fc.DBSCAN(np.sqrt(2), min_samples=4).fit(X).labels_
    for offset in (1e6, -(2.0**40)):
        moved = fc.DBSCAN(np.sqrt(2), min_samples=4).fit(X + offset).labels_
        np.testing.assert_array_equal(moved, plain)


@pytest.mark.parametrize("scale", [1e-200, 1e-30, 1e30, 1e200])
def test_extreme_magnitudes(scale):
    X = groups(10)
    plain = fc.DBSCAN(0.5).fit(X).labels_
    np.testing.assert_array_equal(fc.DBSCAN(0.5 * scale).fit(X * scale).labels_, plain)


@pytest.mark.parametrize("d", [2, 3, 8])
def test_many_rows_by_the_definition(d):
    X = groups(11, 5_000, d)
    eps = {2: 0.1, 3: 0.3, 8: 1.5}[d]
    model = fc.DBSCAN(eps, min_samples=8).fit(X)
    assert 0 < len(model.core_sample_indices_) < 5_000
    assert_dbscan(X, model.labels_, model.core_sample_indices_, eps=eps, min_samples=8)


def test_the_verifier_sees_each_kind_of_error():
    X = groups(12)
    model = fc.DBSCAN(0.4).fit(X)
    labels, core = model.labels_, model.core_sample_indices_
    assert_dbscan(X, labels, core, eps=0.4, min_samples=5)
    noise, border = np.flatnonzero(labels == -1)[0], np.setdiff1d(np.flatnonzero(labels + 1), core)
    for row, label in ((noise, 0), (border[0], -1), (core[0], labels.max() + 1)):
        wrong = labels.copy()
        wrong[row] = label
        with pytest.raises(AssertionError):
            assert_dbscan(X, wrong, core, eps=0.4, min_samples=5)
    with pytest.raises(AssertionError):
        assert_dbscan(X, labels, core[1:], eps=0.4, min_samples=5)


def test_real_sentences(data_folder):
    X = np.load(data_folder / "text" / "clinc150.npy", mmap_mode="r")[:1_200].astype(np.float64)
    model = assert_same(X, eps=0.4, metric="cosine")
    assert len(set(model.labels_)) > 2


@pytest.mark.parametrize("container", [np.asarray, scipy.sparse.csr_array, scipy.sparse.lil_matrix])
def test_precomputed(container):
    for seed in range(5):
        X = groups(seed, 120)
        distances = pairwise_distances(X)
        for eps in (0.3, 0.6):
            # Absent entries of the sparse matrix are the diagonal, which counts all the same.
            fitted = assert_same(
                container(distances), eps=eps, metric="precomputed",
                predicts=container is np.asarray,
            )  # fmt: skip
            np.testing.assert_array_equal(fitted.labels_, fc.DBSCAN(eps).fit(X).labels_)


def test_precomputed_takes_the_matrix_as_it_is():
    for seed in range(10):
        rng = np.random.default_rng(seed)
        distances = rng.integers(0, 9, size=(60, 60)).astype(float)
        weights = rng.integers(0, 4, size=60) / 2
        for matrix in (distances, scipy.sparse.csr_array(distances)):
            for sample_weight in (None, weights):
                assert_same(
                    matrix, eps=2, min_samples=12, metric="precomputed",
                    sample_weight=sample_weight, predicts=False,
                )  # fmt: skip


@pytest.mark.parametrize(
    "parameters",
    [
        {"metric": "manhattan"},
        {"metric": "cityblock", "algorithm": "ball_tree", "leaf_size": 5},
        {"metric": "chebyshev"},
        {"metric": "l2"},
        {"metric": "minkowski", "p": 2},
        {"metric": "minkowski", "p": 3},
        {"metric": "minkowski", "metric_params": {"p": 2}},
        {"metric": "minkowski", "metric_params": {"p": 1}},
        {"metric": "minkowski", "p": 2, "metric_params": {"w": np.array([1.0, 4.0])}},
        {"metric": "canberra"},
        {"metric": "sqeuclidean", "algorithm": "brute"},
        {"metric": lambda x, y: np.abs(x - y).max()},
    ],
    ids=str,
)
def test_metrics(parameters):
    X = groups(14, 150)
    rng = np.random.default_rng(14)
    for sample_weight in (None, rng.integers(0, 4, size=150) / 2):
        assert_same(X, eps=0.4, min_samples=4, sample_weight=sample_weight, **parameters)


def test_no_power_of_minkowski_is_2():
    X, weighted = groups(14, 150), {"w": np.array([1.0, 4.0])}
    for params in (None, weighted):
        plain = fc.DBSCAN(0.4, metric="minkowski", metric_params=params).fit(X)
        with_p = sklearn.cluster.DBSCAN(0.4, metric="minkowski", metric_params=params, p=2).fit(X)
        np.testing.assert_array_equal(plain.labels_, with_p.labels_)


def test_truth_values():
    X = np.random.default_rng(15).random((100, 12)) < 0.4
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataConversionWarning)
        assert_same(X, eps=0.4, min_samples=4, metric="jaccard")


def test_many_neighborhoods_come_in_parts(monkeypatch):
    monkeypatch.setattr(fc.cluster._neighborhoods, "_ENTRIES", 20_000)
    assert_same(groups(16), eps=0.6, metric="manhattan")
    assert_same(groups(16), eps=0.6, metric="manhattan", min_samples=1_000)


def test_new_rows():
    model = fc.DBSCAN(eps=1, min_samples=2).fit([[0.0], [1.0], [5.0], [6.0], [20.0]])
    assert model.predict([[2.0], [2.5], [4.0], [20.0]]).tolist() == [0, -1, 1, -1]
    assert model.predict(np.float32([[-1.0]])).tolist() == [0]


def test_a_new_row_between_clusters_joins_the_first():
    X = [[2.0], [3.0], [0.0], [-1.0]]
    model = fc.DBSCAN(eps=1.0, min_samples=2).fit(X)
    assert model.labels_.tolist() == [0, 0, 1, 1]
    assert model.predict([[1.0]]).tolist() == [0]
    assert fc.DBSCAN(eps=1.0, min_samples=2).fit(X[::-1]).predict([[1.0]]).tolist() == [0]


def test_predict_without_clusters():
    model = fc.DBSCAN(min_samples=9).fit([[0.0], [1.0]])
    assert model.components_.shape == (0, 1)
    assert model.predict([[0.0]]).tolist() == [-1]
    with pytest.raises(NotFittedError):
        fc.DBSCAN().predict([[0.0]])


def test_predict_with_given_distances():
    X, new = groups(17, 100), groups(18, 40)
    model = fc.DBSCAN(0.6, metric="precomputed").fit(pairwise_distances(X))
    found = model.predict(pairwise_distances(new, X))
    np.testing.assert_array_equal(found, fc.DBSCAN(0.6).fit(X).predict(new))


def test_function():
    X = groups(19)
    core, labels = fc.dbscan(X, 0.5, min_samples=4)
    expected = sklearn.cluster.dbscan(X, 0.5, min_samples=4)
    np.testing.assert_array_equal(core, expected[0])
    np.testing.assert_array_equal(labels, expected[1])


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "manhattan"])
def test_saved_and_loaded(tmp_path, metric):
    X, new = groups(20), groups(21)
    model = fc.DBSCAN(0.3 if metric != "cosine" else 0.01, metric=metric).fit(X)
    model.save(tmp_path / "model")
    loaded = fc.load_model(tmp_path / "model")
    np.testing.assert_array_equal(loaded.labels_, model.labels_)
    np.testing.assert_array_equal(loaded.predict(new), model.predict(new))


@pytest.mark.parametrize(
    "container",
    [
        scipy.sparse.csr_array,
        scipy.sparse.csr_matrix,
        scipy.sparse.csc_array,
    ],
)
@pytest.mark.parametrize("eps", [0.3, 1e-9])
def test_sparse_rows_are_saved_and_loaded(tmp_path, container, eps):
    X = container(np.where(np.abs(groups(20)) < 0.5, 0.0, groups(20)))
    model = fc.DBSCAN(eps).fit(X)
    model.save(tmp_path / "model")
    loaded = fc.load_model(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    assert type(loaded.components_) is type(model.components_)
    assert loaded.components_.shape == model.components_.shape


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"eps": 0}, "'eps' parameter of DBSCAN must be a float in the range \\(0.0, inf\\)"),
        ({"eps": -1.0}, "'eps' parameter"),
        ({"eps": float("nan")}, "'eps' parameter"),
        ({"eps": float("inf")}, "'eps' parameter"),
        ({"min_samples": 0}, "'min_samples' parameter"),
        ({"min_samples": 2.5}, "'min_samples' parameter"),
        ({"metric": "euclid"}, "metric='euclid' must be .*\nhint: 'euclidean'"),
        ({"metric": 3}, "'metric' parameter"),
        ({"p": -1}, "'p' parameter"),
        ({"metric": "precomputed"}, "Precomputed matrix must be square. Input is a 4x2 matrix"),
    ],
)
def test_wrong_parameters(parameters, says):
    model = fc.DBSCAN(**parameters)
    with pytest.raises(ValueError, match=says):
        model.fit(np.zeros((4, 2)))
    assert not hasattr(model, "labels_")


@pytest.mark.parametrize("container", [np.asarray, scipy.sparse.csr_array])
def test_negative_distances(container):
    matrix = container(np.array([[0.0, -1.0], [1.0, 0.0]]))
    with pytest.raises(ValueError, match=r"Negative values in data.* row 0, column 1 is -1"):
        fc.DBSCAN(metric="precomputed").fit(matrix)


@pytest.mark.parametrize(
    "weights", [[1.0], [1.0] * 5, [1.0, 1.0, 1.0, np.nan], [[1.0]] * 4, np.nan]
)
def test_wrong_weights(weights):
    with pytest.raises(ValueError, match=r"sample_weight|Sample weights"):
        fc.DBSCAN().fit(np.zeros((4, 2)), sample_weight=weights)


def test_memory_limit():
    with fc.config_context(memory_limit=10), pytest.raises(MemoryError, match="memory_limit=10"):
        fc.DBSCAN().fit(groups(22))
    with fc.config_context(memory_limit=24 * 300):
        assert_same(groups(22), eps=0.5, min_samples=40)


def test_huge_counts():
    assert (fc.DBSCAN(min_samples=2**70).fit(groups(23)).labels_ == -1).all()
