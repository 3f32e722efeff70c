"""HDBSCAN: scikit-learn's labels, its own definition, and what one fit answers later."""

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.cluster import DBSCAN
from sklearn.cluster import HDBSCAN as SklearnHDBSCAN  # noqa: N811
from sklearn.cluster._hdbscan import hdbscan as sklearn_hdbscan
from sklearn.exceptions import NotFittedError
from sklearn.metrics import pairwise_distances

import fastcluster
import oracle_hdbscan
from fastcluster import HDBSCAN, load_model
from fastcluster.cluster import _hdbscan_distances

RNG = np.random.default_rng(3)
CENTERS = np.array([[0.0, 0.0, 0.0], [3.0, 3.0, 0.0], [0.0, 4.0, 4.0]])
X = np.concatenate(
    [center + 0.4 * RNG.standard_normal((50, 3)) for center in CENTERS]
    + [RNG.uniform(-3, 7, (30, 3))]
)
NEW = RNG.uniform(-3, 7, (60, 3))


def heaps(seed, n=120, d=3):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)) + rng.uniform(0, 4) * rng.integers(0, 3, (n, 1))


def same_partition(left, right):
    """Say whether two labellings differ in their numbers alone."""
    if not np.array_equal(left < 0, right < 0):
        return False
    pairs = set(zip(left[left >= 0].tolist(), right[right >= 0].tolist(), strict=True))
    return len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


@pytest.mark.parametrize("method", ["eom", "leaf"])
@pytest.mark.parametrize("seed", range(12))
def test_the_labels_of_scikit_learn_where_nothing_ties(seed, method):
    rows = heaps(seed)
    options = {
        "min_samples": 1,
        "min_cluster_size": 3 + seed % 5,
        "cluster_selection_method": method,
        "allow_single_cluster": seed % 4 == 0,
        "alpha": [1.0, 1.4][seed % 2],
    }
    ours = HDBSCAN(**options).fit(rows)
    theirs = SklearnHDBSCAN(**options, copy=True, algorithm="kd_tree").fit(rows)
    np.testing.assert_array_equal(ours.labels_, theirs.labels_)
    np.testing.assert_allclose(ours.probabilities_, theirs.probabilities_, rtol=1e-12)
    for cut in (0.3, 0.6, 1.0):
        np.testing.assert_array_equal(
            ours.dbscan_clustering(cut, 3), theirs.dbscan_clustering(cut, 3)
        )


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "manhattan"])
def test_heights_are_those_of_scikit_learn_whatever_ties(metric):
    ours = HDBSCAN(metric=metric).fit(X)
    theirs = SklearnHDBSCAN(metric=metric, copy=True).fit(X)
    np.testing.assert_allclose(
        ours.single_linkage_tree_.distance, theirs._single_linkage_tree_["value"], rtol=1e-9
    )


@pytest.mark.parametrize("seed", range(40))
def test_everything_after_the_edges_is_that_of_scikit_learn(seed, monkeypatch):
    """On the edges that scikit-learn found, ties in whatever order it left them."""
    from fastcluster import _core

    found = []

    def kept(mst):
        found.append(mst[np.argsort(mst["distance"])])
        return process(mst)

    process = sklearn_hdbscan._process_mst
    monkeypatch.setattr(sklearn_hdbscan, "_process_mst", kept)
    rows = np.round(2 * heaps(seed)) if seed % 4 == 0 else heaps(seed)
    options = {
        "min_cluster_size": 2 + seed % 7,
        "max_cluster_size": [None, 30, 8][seed % 3],
        "allow_single_cluster": seed % 5 == 0,
        "cluster_selection_method": ["eom", "leaf"][seed % 2],
    }
    theirs = SklearnHDBSCAN(
        min_samples=1 + seed % 6,
        copy=True,
        algorithm=["kd_tree", "brute"][seed // 2 % 2],
        **options,
    )
    try:
        theirs.fit(rows)
    except KeyError:
        pytest.skip("a cluster of scikit-learn's has no label")
    mst = found[0]
    low = np.minimum(mst["current_node"], mst["next_node"]).astype(np.uint32)
    high = np.maximum(mst["current_node"], mst["next_node"]).astype(np.uint32)
    edges = low, high, np.ascontiguousarray(mst["distance"])
    method = options.pop("cluster_selection_method")
    cut = _core.hdbscan_cut(
        edges, len(rows), method=method, epsilon=0.0, merge_ties=False, **options
    )
    np.testing.assert_array_equal(cut.labels, theirs.labels_)
    np.testing.assert_allclose(cut.probabilities, theirs.probabilities_, rtol=1e-12)
    for height in (0.3, 0.8):
        flat = _core.hdbscan_cut_at(edges, len(rows), height=height, min_cluster_size=3)
        np.testing.assert_array_equal(flat, theirs.dbscan_clustering(height, 3))


@given(
    st.integers(0, 10_000), st.integers(5, 20), st.integers(1, 4), st.integers(2, 5), st.booleans()
)
def test_merged_ties_are_the_parts_at_every_height(seed, n, min_samples, size, lattice):
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 5, (n, 2)) if lattice else rng.standard_normal((n, 2))
    distances = np.sqrt(((rows[:, None] - rows[None]) ** 2.0).sum(axis=2))
    reach, cores = oracle_hdbscan.mutual_reachability(distances, min_samples)
    model = HDBSCAN(size, min_samples, ties="merge").fit(rows)
    np.testing.assert_array_equal(model.core_distances_, cores)
    labels, margin = oracle_hdbscan.labels_of(reach, size)
    assume(not margin < 1e-9)
    assert same_partition(model.labels_, labels)


def test_eight_rows_in_any_order():
    """The rows of hdbscan's issue 265 in kind: one order must not turn two clusters into noise."""
    rows = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [3, 0], [3, 1], [4, 0], [4, 1]])
    partitions = set()
    for seed in range(30):
        order = np.random.default_rng(seed).permutation(8)
        labels = np.empty(8, dtype=int)
        labels[order] = HDBSCAN(3, 2, ties="merge").fit_predict(rows[order])
        first = {label: row for row, label in reversed(list(enumerate(labels))) if label >= 0}
        partitions.add(tuple(first.get(label, -1) for label in labels))
    assert partitions == {(0, 0, 0, 0, 4, 4, 4, 4)}


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "manhattan"])
@pytest.mark.parametrize("min_samples", [1, 4])
def test_every_radius_is_dbscan(metric, min_samples):
    model = HDBSCAN(min_samples=min_samples, metric=metric).fit(X)
    # scikit-learn rounds otherwise: only eps between two different distances is told from both.
    heights = np.unique(model.minimum_spanning_tree_.distance.round(9))
    between = (heights[1:] + heights[:-1]) / 2
    for eps in between[::6]:
        expected = DBSCAN(eps=eps, min_samples=min_samples, metric=metric).fit_predict(X)
        np.testing.assert_array_equal(model.dbscan_labels(eps), expected)


@pytest.mark.parametrize("eps", [1.0, np.sqrt(2), np.sqrt(3), 2.0, np.sqrt(5), np.sqrt(6), 3.0])
def test_radii_at_the_distances_of_a_lattice(eps):
    rows = np.random.default_rng(0).integers(0, 9, (150, 3))
    model = HDBSCAN(min_samples=4).fit(rows)
    expected = DBSCAN(eps=eps, min_samples=4).fit_predict(rows)
    np.testing.assert_array_equal(model.dbscan_labels(eps), expected)


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "manhattan"])
def test_training_rows_get_what_they_have(metric):
    model = HDBSCAN(metric=metric).fit(X)
    labels, probabilities = model.approximate_predict(X)
    np.testing.assert_array_equal(labels, model.labels_)
    np.testing.assert_array_equal(probabilities, model.probabilities_)
    np.testing.assert_array_equal(model.outlier_scores(X), model.outlier_scores_)
    np.testing.assert_allclose(
        model.membership_vector(X), model.all_points_membership_vectors(), rtol=1e-9
    )


def test_rows_are_predicted_one_by_one_or_together():
    model = HDBSCAN().fit(X)
    labels, probabilities = model.approximate_predict(NEW)
    alone = [model.approximate_predict(row[None]) for row in NEW]
    np.testing.assert_array_equal(labels, np.concatenate([found[0] for found in alone]))
    np.testing.assert_array_equal(probabilities, np.concatenate([found[1] for found in alone]))
    assert set(labels) >= {-1, 0, 1, 2}
    np.testing.assert_array_equal(model.predict(CENTERS) >= 0, [True] * 3)


def test_new_rows_of_given_distances():
    vectors, distances = HDBSCAN().fit(X), pairwise_distances(X)
    given = HDBSCAN(metric="precomputed").fit(distances)
    assert same_partition(vectors.labels_, given.labels_)
    new = pairwise_distances(NEW, X)
    np.testing.assert_array_equal(given.predict(new), vectors.predict(NEW))
    np.testing.assert_allclose(
        given.membership_vector(new), vectors.membership_vector(NEW), rtol=1e-6
    )
    assert [len(rows) for rows in given.exemplar_indices_] == [len(e) for e in vectors.exemplars_]
    with pytest.raises(AttributeError, match="exemplar_indices_"):
        _ = given.exemplars_
    with pytest.raises(ValueError, match="membership_vector"):
        given.all_points_membership_vectors()


CHANGES = [
    {"min_cluster_size": 12},
    {"cluster_selection_method": "leaf"},
    {"cluster_selection_epsilon": 0.7},
    {"cluster_selection_epsilon": 0.7, "cluster_selection_method": "leaf"},
    {"max_cluster_size": 40},
    {"allow_single_cluster": True, "min_cluster_size": 100},
    {"ties": "merge"},
    {"store_centers": "both"},
]


@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_a_recut_is_a_fresh_fit(changes):
    model = HDBSCAN(min_samples=4).fit(X)
    before = model.labels_.copy()
    recut = model.recut(**changes)
    fresh = clone(model).set_params(**changes).fit(X)
    for name in ("labels_", "probabilities_", "outlier_scores_"):
        np.testing.assert_array_equal(getattr(recut, name), getattr(fresh, name))
    np.testing.assert_array_equal(recut.predict(NEW), fresh.predict(NEW))
    np.testing.assert_array_equal(
        recut.condensed_tree_.to_numpy(), fresh.condensed_tree_.to_numpy()
    )
    if "store_centers" in changes:
        np.testing.assert_array_equal(recut.medoids_, fresh.medoids_)
    np.testing.assert_array_equal(model.labels_, before)


def test_min_samples_stays_when_the_cluster_size_changes():
    recut = HDBSCAN(min_cluster_size=4).fit(X).recut(min_cluster_size=20)
    fresh = HDBSCAN(min_cluster_size=20, min_samples=4).fit(X)
    assert recut.min_samples == 4
    np.testing.assert_array_equal(recut.labels_, fresh.labels_)


def test_epsilon_keeps_clusters_whole():
    """scikit-learn 1.9 raises a TypeError here with NumPy 2.4, so the rule itself is compared."""
    model = HDBSCAN(3, min_samples=2, cluster_selection_method="leaf").fit(X)
    fine = model.labels_.max()
    wide = model.recut(cluster_selection_epsilon=1.0)
    assert 0 < wide.labels_.max() < fine
    tree = wide.condensed_tree_
    for cluster in tree.selected:
        born = tree.lambda_val[tree.child == cluster]
        assert tree.parent[tree.child == cluster] == 210 - 30 or 1 / born >= 1.0


def test_rows_that_are_not_finite_are_set_apart():
    rows = X.copy()
    rows[3, 1], rows[10, 0], rows[11] = np.inf, np.nan, [np.inf, -np.inf, np.nan]
    rows[20] = [np.inf, -np.inf, 0]
    finite = np.isfinite(rows).all(axis=1)
    model, clean = HDBSCAN(store_centers="both").fit(rows), HDBSCAN().fit(rows[finite])
    np.testing.assert_array_equal(model.labels_[finite], clean.labels_)
    assert model.labels_[[3, 10, 11, 20]].tolist() == [-2, -3, -3, -2]
    np.testing.assert_array_equal(model.probabilities_[[3, 10]], [0, np.nan])
    np.testing.assert_array_equal(model.outlier_scores_[[3, 10]], [1, np.nan])
    np.testing.assert_array_equal(model.core_distances_[[3, 10]], [np.inf, np.nan])
    np.testing.assert_array_equal(model.dbscan_labels(0.8)[[3, 10]], [-2, -3])
    labels, _ = model.approximate_predict(rows)
    np.testing.assert_array_equal(labels, model.labels_)
    assert model.membership_vector(rows).shape == (len(rows), 3)
    assert np.isnan(model.all_points_membership_vectors()[10]).all()
    for indices, exemplars in zip(model.exemplar_indices_, model.exemplars_, strict=True):
        np.testing.assert_array_equal(rows[indices], exemplars)
    linkage = model.single_linkage_tree_
    assert len(linkage) == len(rows) - 1
    assert sorted([*linkage.left, *linkage.right]) == list(range(2 * len(rows) - 2))
    edges = model.minimum_spanning_tree_
    assert set(edges.from_row) | set(edges.to_row) == set(np.flatnonzero(finite))
    children = model.condensed_tree_.child
    assert set(children[children < len(rows)]) == set(np.flatnonzero(finite))
    assert model.condensed_tree_.parent.min() == len(rows)


def test_new_rows_may_all_be_missing():
    model = HDBSCAN().fit(X)
    assert model.predict(np.full((2, 3), np.nan)).tolist() == [-3, -3]


def test_sparse_rows_are_the_dense_ones():
    dense = np.where(np.abs(X) < 0.3, 0, X)
    dense[4, 0] = np.nan
    model = HDBSCAN(store_centers="both").fit(dense)
    sparse = HDBSCAN(store_centers="both").fit(scipy.sparse.csr_array(dense))
    np.testing.assert_array_equal(sparse.labels_, model.labels_)
    np.testing.assert_allclose(sparse.centroids_, model.centroids_, rtol=1e-12)
    np.testing.assert_array_equal(sparse.medoids_, model.medoids_)
    new = scipy.sparse.csr_array(NEW)
    np.testing.assert_array_equal(sparse.predict(new), model.predict(NEW))


def test_a_graph_counts_the_row_itself():
    distances = pairwise_distances(X)
    near = np.where(distances <= np.quantile(distances, 0.95), distances, 0)
    graph = scipy.sparse.csr_array(near)
    # scikit-learn counts what is stored, and zeros are not.
    theirs = SklearnHDBSCAN(metric="precomputed", min_samples=4, copy=True).fit(graph.copy())
    ours = HDBSCAN(metric="precomputed", min_samples=5).fit(graph)
    np.testing.assert_allclose(
        ours.single_linkage_tree_.distance, theirs._single_linkage_tree_["value"], rtol=1e-12
    )
    dense = HDBSCAN(metric="precomputed", min_samples=5).fit(distances)
    np.testing.assert_array_equal(ours.core_distances_, dense.core_distances_)


def test_parts_of_a_graph_stay_apart():
    distances = pairwise_distances(X)
    part = np.arange(len(X)) % 2
    apart = np.where(part[:, None] == part[None], distances, np.inf)
    stored = scipy.sparse.csr_array(np.where(np.isfinite(apart), apart, 0))
    for matrix in (apart, stored):
        model = HDBSCAN(metric="precomputed").fit(matrix)
        assert len(model.minimum_spanning_tree_) == len(X) - 2
        assert model.single_linkage_tree_.distance[-1] == np.inf
        for side in (0, 1):
            alone = HDBSCAN(metric="precomputed").fit(distances[part == side][:, part == side])
            assert same_partition(model.labels_[part == side], alone.labels_)
        assert not set(model.labels_[part == 0]) & set(model.labels_[part == 1]) - {-1}


def test_a_stand_in_for_distances_that_are_missing():
    near = np.where(pairwise_distances(X) < 0.5, pairwise_distances(X), 0)
    graph = scipy.sparse.csr_array(near)
    with pytest.raises(ValueError, match=r"There exists points with fewer than 5 neighbors"):
        HDBSCAN(metric="precomputed").fit(graph)
    model = HDBSCAN(metric="precomputed", metric_params={"max_distance": 20.0}).fit(graph)
    assert model.core_distances_.max() == 20.0


def test_the_given_distances_stay_as_they_are():
    distances = pairwise_distances(X)
    before = distances.copy()
    distances.flags.writeable = False
    HDBSCAN(metric="precomputed", copy=False, alpha=2.0).fit(distances)
    np.testing.assert_array_equal(distances, before)


@pytest.mark.parametrize(
    ("metric", "params", "algorithm"),
    [
        ("manhattan", None, "auto"),
        ("minkowski", {"p": 3}, "ball_tree"),
        ("seuclidean", {"V": np.array([1.0, 2.0, 3.0])}, "auto"),
        ("correlation", None, "brute"),
        (lambda a, b: np.abs(a - b).max(), None, "auto"),
    ],
)
def test_other_metrics_at_once_or_row_by_row(metric, params, algorithm, monkeypatch):
    options = {"metric": metric, "metric_params": params, "algorithm": algorithm}
    rows, new = X[::4], NEW[:10]
    model = HDBSCAN(store_centers="medoid", **options).fit(rows)
    distances = pairwise_distances(rows, metric=metric, **(params or {}))
    given = HDBSCAN(metric="precomputed").fit(distances)
    assert same_partition(model.labels_, given.labels_)
    monkeypatch.setattr(_hdbscan_distances, "_MATRIX_BYTES", 0)
    monkeypatch.setattr(_hdbscan_distances, "_BLOCK_BYTES", 2_000)
    by_row = HDBSCAN(store_centers="medoid", **options).fit(rows)
    assert same_partition(by_row.labels_, model.labels_)
    np.testing.assert_allclose(by_row.core_distances_, model.core_distances_, rtol=1e-12)
    np.testing.assert_array_equal(by_row.medoids_, model.medoids_)
    np.testing.assert_array_equal(by_row.predict(new), model.predict(new))


def test_what_a_metric_raises_comes_out():
    calls = []

    def metric(a, b):
        calls.append(1)
        if len(calls) > 100:
            raise ZeroDivisionError
        return np.abs(a - b).sum()

    with pytest.raises(ZeroDivisionError), fastcluster.config_context(memory_limit=5_000):
        HDBSCAN(metric=metric).fit(X[:60])


def test_zero_rows_under_cosine_are_at_distance_1():
    rows = np.vstack([X[:60] + 5, np.zeros((2, 3))])
    model = HDBSCAN(metric="cosine", min_samples=2).fit(rows)
    np.testing.assert_array_equal(model.core_distances_[-2:], [1.0, 1.0])
    distances = 1 - np.clip(_unit(rows) @ _unit(rows).T, -1, 1)
    np.fill_diagonal(distances, 0)
    np.testing.assert_allclose(np.sort(distances, axis=1)[:, 1], model.core_distances_, atol=1e-12)


def _unit(rows):
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(norms == 0, 1, norms)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int8, np.uint8])
def test_types_are_read_as_they_are(dtype):
    rows = (10 * X + 40).astype(dtype)
    narrow, wide = HDBSCAN().fit(rows), HDBSCAN().fit(rows.astype(np.float64))
    np.testing.assert_array_equal(narrow.labels_, wide.labels_)
    np.testing.assert_array_equal(narrow.core_distances_, wide.core_distances_)


def test_any_number_of_threads():
    one, four = HDBSCAN(n_jobs=1).fit(X), HDBSCAN(n_jobs=4).fit(X)
    np.testing.assert_array_equal(one.labels_, four.labels_)
    np.testing.assert_array_equal(one.membership_vector(NEW), four.membership_vector(NEW))
    np.testing.assert_array_equal(one.outlier_scores(NEW), four.outlier_scores(NEW))


def test_centers_are_those_of_scikit_learn():
    ours = HDBSCAN(min_samples=1, store_centers="both").fit(X)
    theirs = SklearnHDBSCAN(min_samples=1, store_centers="both", copy=True).fit(X)
    np.testing.assert_allclose(ours.centroids_, theirs.centroids_, rtol=1e-12)
    np.testing.assert_array_equal(ours.medoids_, theirs.medoids_)
    assert not hasattr(ours.recut(store_centers=None), "centroids_")


def test_equal_rows_are_one_cluster_if_one_is_allowed():
    rows = np.ones((20, 2))
    assert set(HDBSCAN().fit_predict(rows)) == {-1}
    for ties in ("binary", "merge"):
        model = HDBSCAN(allow_single_cluster=True, ties=ties).fit(rows)
        assert set(model.labels_) == {0}
        assert set(model.outlier_scores_) == {0.0}
        np.testing.assert_array_equal(model.membership_vector(rows), 1.0)


def test_memberships_are_shares_of_a_probability():
    model = HDBSCAN(min_cluster_size=8).fit(X)
    memberships = model.all_points_membership_vectors()
    clustered = model.labels_ >= 0
    assert memberships.min() >= 0
    assert memberships.sum(axis=1).max() <= 1 + 1e-12
    np.testing.assert_array_equal(memberships[clustered].argmax(axis=1), model.labels_[clustered])
    with fastcluster.config_context(memory_limit=100), pytest.raises(MemoryError):
        model.membership_vector(NEW)


def test_no_clusters_no_memberships():
    model = HDBSCAN(min_cluster_size=150).fit(X)
    assert set(model.labels_) == {-1}
    assert model.membership_vector(NEW).shape == (60, 0)
    assert model.exemplars_ == model.exemplar_indices_ == []
    assert set(model.predict(NEW)) == {-1}


def test_a_saved_model_answers_the_same(tmp_path):
    rows = X.copy()
    rows[0, 0] = np.nan
    for number, data in enumerate((rows, scipy.sparse.csr_array(X))):
        model = HDBSCAN(store_centers="both").fit(data)
        model.save(tmp_path / str(number))
        loaded = load_model(tmp_path / str(number))
        np.testing.assert_array_equal(loaded.labels_, model.labels_)
        np.testing.assert_array_equal(loaded.membership_vector(NEW), model.membership_vector(NEW))
        np.testing.assert_array_equal(loaded.dbscan_labels(0.9), model.dbscan_labels(0.9))
        recut = {"min_cluster_size": 9}
        np.testing.assert_array_equal(loaded.recut(**recut).labels_, model.recut(**recut).labels_)


def test_trees_as_tables_and_plots():
    pandas = pytest.importorskip("pandas")
    model = HDBSCAN().fit(X)
    for tree in (model.condensed_tree_, model.single_linkage_tree_, model.minimum_spanning_tree_):
        frame, lines = tree.to_pandas(), tree.to_numpy()
        assert isinstance(frame, pandas.DataFrame)
        assert list(frame.columns) == list(lines.dtype.names)
        assert len(frame) == len(lines) == len(tree)
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    assert model.condensed_tree_.plot().containers
    assert model.single_linkage_tree_.plot().collections
    assert model.minimum_spanning_tree_.plot(X).collections
    matplotlib.pyplot.close("all")


def test_the_linkage_is_one_of_scipy():
    from scipy.cluster.hierarchy import fcluster, is_valid_linkage

    model = HDBSCAN(min_samples=1).fit(X)
    joins = model.single_linkage_tree_.to_linkage()
    assert is_valid_linkage(joins)
    flat = fcluster(joins, 0.8, "distance")
    assert same_partition(model.dbscan_clustering(np.nextafter(0.8, 1), 1), flat)


def test_parameters_of_the_hdbscan_package():
    model = HDBSCAN.from_hdbscan(
        {"min_cluster_size": 7, "min_samples": 3, "core_dist_n_jobs": 2, "prediction_data": True}
    )
    assert (model.min_cluster_size, model.min_samples, model.n_jobs) == (7, 4, 2)
    assert HDBSCAN.from_hdbscan({}).min_samples == 6
    assert HDBSCAN.from_hdbscan({"metric": "minkowski", "p": 3}).metric_params == {"p": 3}
    with pytest.raises(ValueError, match="p=3 needs metric='minkowski'"):
        HDBSCAN.from_hdbscan({"p": 3})
    with pytest.raises(ValueError, match=r"does not have: \['match_reference_implementation'\]"):
        HDBSCAN.from_hdbscan({"match_reference_implementation": True})


WRONG = [
    ({"min_cluster_size": 1}, X, "The 'min_cluster_size' parameter of HDBSCAN"),
    ({"min_samples": 0}, X, "The 'min_samples' parameter of HDBSCAN"),
    ({"min_samples": 181}, X, r"min_samples \(181\) must be at most the number of samples"),
    ({"alpha": 0.0}, X, "The 'alpha' parameter of HDBSCAN"),
    ({"ties": "first"}, X, "The 'ties' parameter of HDBSCAN"),
    ({"metric": "euklid"}, X, "metric='euklid' must be callable or one of"),
    ({"metric": "cosine", "algorithm": "kd_tree"}, X, "cosine is not a valid metric for a KDTree"),
    ({"metric": "precomputed"}, X, r"expected to be symmetric, however it has shape \(180, 3\)"),
    ({"metric": "precomputed"}, np.triu(np.ones((9, 9))), "values appear to be asymmetric"),
    ({"metric": "precomputed"}, np.full((9, 9), -1.0), "needs distances >= 0"),
    ({"metric": "precomputed"}, np.full((9, 9), np.nan), "np.nan values found"),
    ({"metric": "precomputed", "store_centers": "medoid"}, np.eye(9), "Cannot store centers"),
    ({"metric": "precomputed", "metric_params": {"p": 1}}, np.eye(9), "may only have max_distance"),
    ({"algorithm": "kd_tree"}, scipy.sparse.csr_array(X), "Sparse data matrices only support"),
    ({}, X[:1], "n_samples=1 while HDBSCAN requires more than one sample"),
    ({}, X[:0], r"Found array with 0 sample\(s\)"),
    ({}, np.full((9, 2), np.nan), "n_samples=0 while HDBSCAN requires more than one sample"),
]


@pytest.mark.parametrize(("options", "data", "match"), WRONG)
def test_wrong_input_says_so(options, data, match):
    with pytest.raises(ValueError, match=match):
        HDBSCAN(**options).fit(data)


def test_wrong_questions():
    with pytest.raises(NotFittedError):
        HDBSCAN().predict(X)
    assert not hasattr(HDBSCAN(), "condensed_tree_")
    model = HDBSCAN(alpha=1.5).fit(X)
    with pytest.raises(ValueError, match=r"X has 2 features, but HDBSCAN is expecting 3"):
        model.predict(X[:, :2])
    with pytest.raises(ValueError, match="needs a fit with alpha=1"):
        model.dbscan_labels(1.0)
    with pytest.raises(ValueError, match="eps=0 must be > 0"):
        HDBSCAN().fit(X).dbscan_labels(0)
    with pytest.raises(TypeError, match=r"recut takes .*, got min_samples"):
        model.recut(min_samples=3)
    with pytest.raises(ValueError, match="The 'min_cluster_size' parameter"):
        model.recut(min_cluster_size=1)
    with fastcluster.config_context(memory_limit=1_000), pytest.raises(MemoryError):
        model.fit(X)


def test_two_rows():
    assert HDBSCAN(2).fit_predict([[0.0], [1.0]]).tolist() == [-1, -1]
    model = HDBSCAN(2, allow_single_cluster=True).fit([[0.0], [1.0]])
    assert model.labels_.tolist() == [0, 0]
    assert model.predict([[0.5], [9.0]]).tolist() == [0, -1]


EXAMPLES = Path(__file__).parents[2] / "examples" / "data" / "clinc150" / "vectors.npy"


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_an_approximate_fit_says_what_it_misses(metric, tmp_path):
    rows = sentences()
    options = {"min_cluster_size": 5, "min_samples": 10, "metric": metric, "n_jobs": 2}
    exact = HDBSCAN(**options).fit(rows)
    model = HDBSCAN(**options, approximate=True).fit(rows)
    told = model.approximation_

    def weight(fitted):
        return fitted.minimum_spanning_tree_.to_numpy()["distance"].sum()

    excess = weight(model) / weight(exact) - 1
    listed = model._reachability["distances"].reshape(len(rows), -1)
    recall = (listed <= exact.core_distances_[:, None]).mean()
    assert told["n_checked"] == 512
    assert told["recall"] == pytest.approx(recall, abs=4 * told["recall_error"] + 1e-4)
    assert told["excess_weight_seen"] <= excess * (1 + 1e-9)
    assert excess <= told["excess_weight"] + 4 * told["excess_weight_error"]
    assert told["excess_weight"] <= 5 * excess + 4 * told["excess_weight_error"] + 1e-6
    assert recall > 0.9
    assert 0 <= excess < 0.03
    assert (model.core_distances_ >= exact.core_distances_).all()
    assert recall < 1  # or the test shows nothing

    model.save(tmp_path / "model")
    loaded = load_model(tmp_path / "model")
    assert loaded.approximate
    assert loaded.approximation_ == told
    assert model.recut(min_cluster_size=9).approximation_ == told
    again = clone(model).set_params(n_jobs=1).fit(rows)
    np.testing.assert_array_equal(again.labels_, model.labels_)
    assert again.approximation_ == told
    assert not hasattr(model.set_params(approximate=False).fit(rows[:500]), "approximation_")


def sentences():
    """As many rows as an approximate fit needs: the example's sentences, and mixtures of them."""
    rows = np.load(EXAMPLES).astype(np.float32)
    rng = np.random.default_rng(0)
    pairs = rng.integers(0, len(rows), (max(0, 6_000 - len(rows)), 2))
    return np.concatenate([rows, 0.5 * rows[pairs].sum(axis=1, dtype=np.float32)])


@pytest.mark.parametrize(
    ("data", "options"),
    [
        (X, {}),
        (RNG.standard_normal((300, 40)), {"metric": "cosine"}),
        (pairwise_distances(X), {"metric": "precomputed"}),
        (X, {"metric": "manhattan"}),
    ],
)
def test_an_approximate_fit_is_exact_where_that_costs_nothing(data, options):
    exact = HDBSCAN(**options).fit(data)
    model = HDBSCAN(**options, approximate=True).fit(data)
    np.testing.assert_array_equal(model.labels_, exact.labels_)
    assert model.approximation_ == {
        "n_checked": len(data),
        "recall": 1.0,
        "recall_error": 0.0,
        "excess_weight": 0.0,
        "excess_weight_seen": 0.0,
        "excess_weight_error": 0.0,
    }
