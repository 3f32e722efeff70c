"""KMeans: small cases by hand, agreement with the textbook and with scikit-learn."""

import logging
import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans as SklearnKMeans
from sklearn.exceptions import ConvergenceWarning, NotFittedError

import fastcluster as fc
import oracle
from fastcluster import KMeans


def test_a_case_by_hand():
    X = [[0, 0], [0.5, 0], [0.5, 1], [1, 1]]
    model = KMeans(2, init=[[0, 0], [1, 1]]).fit(X, sample_weight=[3, 1, 1, 3])
    assert model.labels_.tolist() == [0, 0, 1, 1]
    assert model.cluster_centers_.tolist() == [[0.125, 0], [0.875, 1]]
    assert model.inertia_ == 0.375
    assert model.n_iter_ == 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("tol", [0, 1e-4, 1e-1])
@pytest.mark.parametrize("weighted", [False, True])
def test_agrees_with_the_textbook(dtype, tol, weighted):
    X, groups = oracle.blobs(7, 12, 40, dtype=dtype)
    weights = np.random.default_rng(1).uniform(0.5, 2, len(X)) if weighted else None
    start = oracle.first_of_each(X, groups)
    model = KMeans(7, init=start, tol=tol).fit(X, sample_weight=weights)
    labels, centers, inertia, n_iter = oracle.lloyd(
        X, start, tol=tol, sample_weight=weights, dtype=dtype
    )
    assert model.labels_.tolist() == labels.tolist()
    np.testing.assert_allclose(
        model.cluster_centers_, centers, rtol=1e-6 if dtype == "f4" else 1e-9
    )
    np.testing.assert_allclose(model.inertia_, inertia, rtol=1e-6)
    assert model.n_iter_ == n_iter


@pytest.mark.parametrize("n_clusters", [2, 17, 100])
def test_agrees_with_scikit_learn_from_the_same_start(n_clusters):
    X = np.random.default_rng(0).normal(size=(1500, 24))
    start = X[:n_clusters]
    arguments = {"init": start, "n_init": 1, "max_iter": 8, "tol": 0}
    ours = KMeans(n_clusters, **arguments).fit(X)
    theirs = SklearnKMeans(n_clusters, **arguments).fit(X)
    assert (ours.labels_ == theirs.labels_).all()
    np.testing.assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ours.inertia_, theirs.inertia_, rtol=1e-9)
    assert ours.n_iter_ == theirs.n_iter_


@pytest.mark.parametrize("n_clusters", [1, 2, 63, 64, 65, 300])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8, np.uint8])
def test_labels_are_those_of_a_float64_search(n_clusters, dtype):
    rng = np.random.default_rng(n_clusters)
    X = (rng.normal(size=(900, 33)) * 20).clip(-100, 100)
    X = (np.abs(X) if dtype == np.uint8 else X).astype(dtype)
    model = KMeans(n_clusters, init="random", n_init=1, max_iter=3, random_state=0).fit(X)
    new = X[::-3]
    for rows, labels in [(X, model.labels_), (new, model.predict(new))]:
        oracle.assert_nearest(labels, oracle.squared_distances(rows, model.cluster_centers_))


def test_predict_repeats_the_labels_of_the_fit_and_one_row_is_as_good_as_all():
    X = np.random.default_rng(3).normal(size=(400, 16)).astype(np.float32)
    model = KMeans(20, random_state=0).fit(X)
    assert (model.predict(X) == model.labels_).all()
    assert [model.predict(row[None])[0] for row in X[:50]] == model.labels_[:50].tolist()
    assert (model.predict(model.cluster_centers_) == np.arange(20)).all()


@pytest.mark.parametrize("init", ["k-means++", "k-means||", "random"])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_number_of_threads_gives_the_same_bits(init, metric, dtype):
    X = np.random.default_rng(5).normal(size=(3000, 19)).astype(dtype)
    weights = np.random.default_rng(6).uniform(0, 2, len(X))
    models = [
        KMeans(
            30, init=init, n_init=2, max_iter=15, metric=metric, random_state=0, n_jobs=n_jobs
        ).fit(X, sample_weight=weights)
        for n_jobs in (1, 2, 7)
    ]
    first = models[0]
    for other in models[1:]:
        assert (other.labels_ == first.labels_).all()
        assert other.cluster_centers_.tobytes() == first.cluster_centers_.tobytes()
        assert other.inertia_ == first.inertia_
        assert other.score(X) == first.score(X)
        assert other.transform(X[:100]).tobytes() == first.transform(X[:100]).tobytes()
        for name in ("inertia", "center_shift", "n_changed"):
            assert (other.history_[name] == first.history_[name]).all()


def test_the_same_seed_gives_the_same_model_and_another_seed_another():
    X = np.random.default_rng(5).normal(size=(500, 4))
    same = [KMeans(9, random_state=s, max_iter=2).fit(X).cluster_centers_ for s in (3, 3, 4)]
    assert (same[0] == same[1]).all()
    assert (same[0] != same[2]).any()
    state = np.random.RandomState(3)
    once, twice = (KMeans(9, random_state=state, max_iter=2).fit(X).inertia_ for _ in range(2))
    assert once != twice


@pytest.mark.parametrize("init", ["k-means++", "k-means||"])
def test_a_good_start_finds_groups_that_stand_apart(init):
    X, groups = oracle.blobs(8, 10, 50)
    model = KMeans(8, init=init, random_state=0).fit(X)
    assert len(set(zip(groups, model.labels_, strict=True))) == 8


def test_more_starts_are_never_worse():
    X = np.random.default_rng(0).normal(size=(300, 3))
    fit = [
        KMeans(10, init="random", n_init=n, max_iter=3, random_state=0).fit(X).inertia_
        for n in (1, 5, 20)
    ]
    assert fit[0] >= fit[1] >= fit[2]
    assert fit[0] > fit[2]


def test_the_best_of_several_callable_starts_is_kept():
    X = np.random.default_rng(0).normal(size=(200, 2))
    starts = [X[i : i + 7] for i in range(0, 35, 7)]
    asked = []

    def init(X_, n_clusters, random_state):
        asked.append((X_.shape, n_clusters, type(random_state)))
        return starts[len(asked) - 1]

    model = KMeans(7, init=init, n_init=5).fit(X)
    assert asked == [(X.shape, 7, np.random.RandomState)] * 5
    each = [KMeans(7, init=start).fit(X).inertia_ for start in starts]
    assert model.inertia_ == min(each) < each[0]


@pytest.mark.parametrize(
    ("init", "runs"),
    [
        ("k-means++", 1),
        ("k-means||", 1),
        ("random", 10),
        (lambda X, k, random_state: X[random_state.permutation(len(X))[:k]], 10),
        (np.eye(3), 1),
    ],
)
def test_auto_number_of_runs(init, runs):
    X = np.random.default_rng(0).normal(size=(60, 3))
    assert KMeans(3, init=init).fit(X)._n_init == runs


def test_given_centers_allow_one_run():
    with pytest.warns(
        RuntimeWarning,
        match="Explicit initial center position passed: performing only one init in KMeans instead",
    ) as caught:
        KMeans(2, init=[[0.0], [1.0]], n_init=4).fit([[0.0], [1.0], [2.0]])
    assert caught[0].filename == __file__


def test_elkan_is_the_same_exact_algorithm():
    X = np.random.default_rng(0).normal(size=(300, 3))
    lloyd, elkan = (KMeans(5, algorithm=a, random_state=0).fit(X) for a in ("lloyd", "elkan"))
    assert (lloyd.labels_ == elkan.labels_).all()
    assert lloyd.inertia_ == elkan.inertia_


def test_elkan_with_one_cluster_warns():
    with pytest.warns(RuntimeWarning, match="'elkan' doesn't make sense for a single cluster") as w:
        KMeans(1, algorithm="elkan").fit([[0.0], [1.0]])
    assert w[0].filename == __file__


def test_too_few_distinct_rows_warn_and_every_center_is_finite():
    X = [[0, 0], [0, 1], [1, 0], [1, 0]]
    with pytest.warns(
        ConvergenceWarning,
        match=r"Number of distinct clusters \(3\) found smaller than n_clusters \(4\). "
        r"Possibly due to duplicate points in X\.",
    ) as caught:
        model = KMeans(4, random_state=0).fit(X)
    assert caught[0].filename == __file__
    assert np.isfinite(model.cluster_centers_).all()
    assert model.inertia_ == 0


def test_empty_clusters_take_the_farthest_rows():
    X = [[0, 0], [0.5, 0], [0.5, 1], [1, 1]]
    model = KMeans(2, init=[[0.5, 0.5], [3, 3]]).fit(X)
    assert model.inertia_ == 0.25
    assert model.n_iter_ == 3


def test_rows_without_weight_get_a_label_and_move_nothing():
    X = np.array([[0.0], [1.0], [9.0], [10.0], [400.0]])
    weights = [1, 1, 1, 1, 0]
    model = KMeans(2, init=[[0.0], [10.0]]).fit(X, sample_weight=weights)
    assert model.cluster_centers_.tolist() == [[0.5], [9.5]]
    assert model.labels_.tolist() == [0, 0, 1, 1, 1]
    assert model.inertia_ == 1.0


def test_history_tells_the_iterations():
    X = np.random.default_rng(0).normal(size=(500, 6))
    model = KMeans(12, random_state=0, tol=0).fit(X)
    history = model.history_
    assert set(history) >= {"inertia", "center_shift", "n_changed", "n_rechecked", "seconds"}
    assert {len(values) for values in history.values()} == {model.n_iter_}
    assert (np.diff(history["inertia"]) <= 1e-9 * history["inertia"][0]).all()
    assert history["n_changed"][-1] == 0
    np.testing.assert_allclose(history["inertia"][-1], model.inertia_)


def test_transform_gives_distances_and_score_the_inertia():
    X = np.random.default_rng(0).normal(size=(200, 7))
    weights = np.random.default_rng(1).uniform(size=200)
    model = KMeans(5, random_state=0).fit(X)
    distances = np.sqrt(oracle.squared_distances(X, model.cluster_centers_))
    np.testing.assert_allclose(model.transform(X), distances, rtol=1e-12)
    assert (np.diag(model.transform(model.cluster_centers_)) == 0).all()
    np.testing.assert_allclose(KMeans(5, random_state=0).fit_transform(X), distances, rtol=1e-12)
    np.testing.assert_allclose(model.score(X), -model.inertia_)
    nearest = distances.min(axis=1) ** 2
    np.testing.assert_allclose(model.score(X, sample_weight=weights), -(weights * nearest).sum())


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_set_output_and_feature_names(container):
    frames = pytest.importorskip(container)
    X, _ = oracle.blobs(3, 4)
    frame = frames.DataFrame(dict(zip("abcd", X.T, strict=True)))
    model = KMeans(3, random_state=0).set_output(transform=container)
    out = model.fit_transform(frame)
    assert type(out).__module__.startswith(container)
    assert list(out.columns) == ["kmeans0", "kmeans1", "kmeans2"]
    assert model.feature_names_in_.tolist() == list("abcd")
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame.rename({"a": "e"}) if container == "polars" else frame[list("bacd")])


def test_verbose_prints_what_scikit_learn_prints(capsys):
    X = np.random.default_rng(0).normal(size=(500, 6))
    start = X[:9]
    for tol in (0, 0.3):
        said = []
        for estimator in (KMeans, SklearnKMeans):
            estimator(9, init=start, n_init=1, tol=tol, max_iter=30, verbose=1).fit(X)
            said.append([line[:22] for line in capsys.readouterr().out.splitlines()])
        assert said[0] == said[1]
        assert len(said[0]) > 3


def test_nothing_is_printed_by_default(capfd):
    KMeans(2, random_state=0).fit([[0.0], [1.0], [9.0]])
    assert capfd.readouterr() == ("", "")


def test_one_info_line_tells_what_ran(caplog):
    X = np.zeros((10, 3), dtype=np.float16)
    X[5:] = 1
    with caplog.at_level(logging.INFO, logger="fastcluster"):
        KMeans(2, random_state=0, n_jobs=2).fit(X)
    (record,) = caplog.records
    assert record.levelno == logging.INFO
    for word in ("KMeans", "cpu", "float16", "threads", "(10, 3)"):
        assert word in record.getMessage()


def test_a_fitted_model_pickles_small_and_predicts_the_same():
    X = np.random.default_rng(0).normal(size=(5000, 30))
    model = KMeans(4, random_state=0).fit(X)
    stored = pickle.dumps(model)
    results = [model.cluster_centers_, model.labels_, *model.history_.values()]
    assert len(stored) < sum(array.nbytes for array in results) + 5000
    assert (pickle.loads(stored).predict(X) == model.labels_).all()


def test_clone_gives_an_unfitted_model_with_the_same_parameters():
    model = KMeans(3, init=np.eye(3), metric="cosine", n_jobs=2).fit(np.eye(3))
    copy = clone(model)
    assert copy.get_params().keys() == model.get_params().keys()
    with pytest.raises(NotFittedError):
        copy.predict(np.eye(3))


def test_a_failed_fit_leaves_the_model_as_it_was():
    X = np.random.default_rng(0).normal(size=(50, 3))
    model = KMeans(4, random_state=0).fit(X)
    before = model.labels_.copy()
    model.set_params(n_clusters=51)
    with pytest.raises(ValueError, match="n_samples=50 should be >= n_clusters=51"):
        model.fit(X)
    assert (model.labels_ == before).all()
    assert (model.predict(X) == before).all()


def test_an_exception_from_stdout_stops_the_fit(monkeypatch):
    class Broken:
        def write(self, text):
            raise OSError("no space left")

    monkeypatch.setattr("sys.stdout", Broken())
    with pytest.raises(OSError, match="no space left"):
        KMeans(2, verbose=1, random_state=0).fit(np.random.default_rng(0).normal(size=(50, 2)))


def test_center_dtype_can_differ_from_the_data_at_predict():
    X = np.random.default_rng(0).normal(size=(100, 5))
    model = KMeans(6, random_state=0).fit(X)
    for dtype in (np.float16, np.float32, np.float64):
        new = X.astype(dtype)
        oracle.assert_nearest(
            model.predict(new), oracle.squared_distances(new, model.cluster_centers_)
        )


def test_parameters_come_in_scikit_learns_order_and_ours_are_keyword_only():
    ours, theirs = KMeans().get_params(), SklearnKMeans().get_params()
    assert {name: ours[name] for name in theirs} == theirs
    assert set(ours) - set(theirs) == {"metric", "n_jobs", "device"}
    with pytest.raises(TypeError, match="positional"):
        KMeans(8, "random")


def test_a_fit_that_needs_more_than_the_memory_limit_is_refused():
    X = np.random.default_rng(0).normal(size=(2000, 32)).astype(np.float32)
    fit = KMeans(40, random_state=0, max_iter=3).fit(X)
    with (
        fc.config_context(memory_limit="1kB"),
        pytest.raises(MemoryError, match=r"memory_limit=1000 bytes is below .*\nhint: raise"),
    ):
        KMeans(40, random_state=0).fit(X)
    with fc.config_context(memory_limit="1GiB"):
        again = KMeans(40, random_state=0, max_iter=3).fit(X)
    assert (again.labels_ == fit.labels_).all()


def test_no_warning_where_nothing_is_wrong():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        KMeans(3, n_init=3, random_state=0).fit(np.arange(12.0).reshape(-1, 2))
