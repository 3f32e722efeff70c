"""MiniBatchKMeans: batches, counts, starts, stopping, partial_fit."""

import logging
import pickle

import numpy as np
import pytest
from sklearn.cluster import MiniBatchKMeans as SklearnMiniBatchKMeans

import oracle
from fastcluster import KMeans, MiniBatchKMeans, config_context


# One random start in 26 has a row of each of five groups; greedy ones nearly always do.
@pytest.mark.parametrize(("init", "n_init"), [("k-means++", 3), ("k-means||", 3), ("random", 200)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_finds_groups_that_stand_apart(init, n_init, dtype):
    X, groups = oracle.blobs(5, 8, 200, dtype=dtype)
    model = MiniBatchKMeans(5, init=init, n_init=n_init, batch_size=128, random_state=0).fit(X)
    assert len(set(zip(groups, model.labels_, strict=True))) == 5
    assert model.cluster_centers_.dtype == (np.float64 if dtype == np.float64 else np.float32)


def test_labels_are_exact_for_the_centers_found():
    X = np.random.default_rng(0).normal(size=(2000, 12)).astype(np.float32)
    model = MiniBatchKMeans(40, batch_size=256, random_state=0).fit(X)
    distances = oracle.squared_distances(X, model.cluster_centers_)
    oracle.assert_nearest(model.labels_, distances)
    np.testing.assert_allclose(model.inertia_, distances.min(axis=1).sum(), rtol=1e-9)
    assert (model.predict(X) == model.labels_).all()


def test_comes_close_to_the_exact_algorithm():
    X, _ = oracle.blobs(6, 8, 300, seed=2)
    exact = KMeans(12, n_init=5, random_state=0).fit(X).inertia_
    assert MiniBatchKMeans(12, n_init=5, random_state=0).fit(X).inertia_ < 1.1 * exact


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_any_number_of_threads_gives_the_same_bits(metric):
    X = np.random.default_rng(5).normal(size=(2000, 19)).astype(np.float32)
    fits = [
        MiniBatchKMeans(30, n_init=2, metric=metric, random_state=0, n_jobs=n_jobs).fit(X)
        for n_jobs in (1, 2, 7)
    ]
    for other in fits[1:]:
        assert (other.labels_ == fits[0].labels_).all()
        assert other.cluster_centers_.tobytes() == fits[0].cluster_centers_.tobytes()
        assert other.inertia_ == fits[0].inertia_
        assert other.n_steps_ == fits[0].n_steps_


def test_verbose_changes_no_result(capsys):
    X = np.random.default_rng(5).normal(size=(500, 3))
    quiet, loud = (
        MiniBatchKMeans(9, verbose=v, batch_size=50, random_state=0).fit(X) for v in (0, 1)
    )
    assert (quiet.cluster_centers_ == loud.cluster_centers_).all()
    assert capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "last"),
    [
        ({"tol": 1e-2, "max_no_improvement": None}, "Converged (small centers change) at step "),
        ({"max_no_improvement": 3}, "Converged (lack of improvement in inertia) at step "),
    ],
)
def test_verbose_prints_scikit_learns_lines(capsys, arguments, last):
    X, groups = oracle.blobs(3, 4, 100)
    start = oracle.first_of_each(X, groups)
    model = MiniBatchKMeans(3, init=start, batch_size=60, random_state=0, verbose=1, **arguments)
    model.fit(X)
    lines = capsys.readouterr().out.splitlines()
    n_steps = 100 * 300 // 60
    assert lines[0].startswith("Init 1/1 with method [[")
    inertia = [line for line in lines if line.startswith("Inertia for init 1/1: ")]
    assert len(inertia) == 1
    steps = [line for line in lines if line.startswith("Minibatch step")]
    assert steps[0].startswith(f"Minibatch step 1/{n_steps}: mean batch inertia: ")
    assert "ewa" not in steps[0]
    assert steps[1].startswith(f"Minibatch step 2/{n_steps}: mean batch inertia: ")
    assert ", ewa inertia: " in steps[1]
    assert len(steps) == model.n_steps_ > 1
    assert lines[-1] == f"{last}{model.n_steps_}/{n_steps}"


def test_the_mean_inertia_of_a_batch_is_that_of_a_row(capsys):
    X, groups = oracle.blobs(3, 4, 100)
    start = oracle.first_of_each(X, groups)
    model = MiniBatchKMeans(3, init=start, batch_size=100, random_state=0, max_iter=3).fit(X)
    mean = oracle.squared_distances(X, start).min(axis=1).mean()
    np.testing.assert_allclose(model.history_["batch_inertia"][0], mean, rtol=0.5)


def test_without_a_stopping_rule_every_step_is_done():
    X = np.random.default_rng(0).normal(size=(100, 3))
    model = MiniBatchKMeans(
        3, batch_size=30, max_no_improvement=None, max_iter=10, random_state=0
    ).fit(X)
    assert model.n_steps_ == 10 * 100 // 30
    assert model.n_iter_ == 10
    assert {len(values) for values in model.history_.values()} == {model.n_steps_}


@pytest.mark.parametrize("batch_size", [200, 600])
def test_without_labels_the_inertia_is_an_estimate(batch_size):
    X, groups = oracle.blobs(3, 4, 200)
    arguments = {"init": oracle.first_of_each(X, groups), "batch_size": batch_size}
    exact = MiniBatchKMeans(3, random_state=0, **arguments).fit(X).inertia_
    # With batches of all rows, one pass is one step, which has no smoothed inertia yet.
    estimate = MiniBatchKMeans(3, random_state=0, compute_labels=False, max_iter=1, **arguments)
    estimate.fit(X)
    assert not hasattr(estimate, "labels_")
    assert exact / 2 < estimate.inertia_ < 4 * exact
    single = estimate.inertia_
    double = estimate.fit(X, sample_weight=np.full(len(X), 2.0)).inertia_
    np.testing.assert_allclose(double, 2 * single, rtol=0.5)


def test_rows_without_weight_are_never_drawn():
    X, groups = oracle.blobs(4, 5, 100)
    X[groups == 3] += 1e6
    weights = (groups != 3).astype(float)
    model = MiniBatchKMeans(3, batch_size=50, init_size=60, random_state=0, n_init=5)
    model.fit(X, sample_weight=weights)
    assert np.abs(model.cluster_centers_).max() < 1e5
    assert len(set(zip(groups[groups != 3], model.labels_[groups != 3], strict=True))) == 3


def test_init_size_smaller_than_n_clusters_warns():
    X = np.random.default_rng(0).normal(size=(100, 3))
    with pytest.warns(
        RuntimeWarning,
        match=r"init_size=10 should be larger than n_clusters=20. Setting it to min\(3\*n_clusters",
    ) as caught:
        model = MiniBatchKMeans(20, init_size=10, random_state=0).fit(X)
    assert caught[0].filename == __file__
    assert model._init_size == 60


@pytest.mark.parametrize(
    ("arguments", "size"),
    [({"batch_size": 5}, 15), ({"batch_size": 1}, 30), ({"init_size": 101}, 100), ({}, 100)],
)
def test_init_size(arguments, size):
    X = np.random.default_rng(0).normal(size=(100, 3))
    assert MiniBatchKMeans(10, random_state=0, **arguments).fit(X)._init_size == size


def test_centers_of_little_weight_are_moved():
    X, _ = oracle.blobs(4, 5, 100)
    # Three of the four centers start so far away that they never win a row.
    start = np.concatenate([X[:1], np.full((3, 5), 1e4) + np.arange(3)[:, None]])
    stuck = MiniBatchKMeans(4, init=start, reassignment_ratio=0, random_state=0).fit(X)
    moved = MiniBatchKMeans(4, init=start, random_state=0).fit(X)
    assert len(np.unique(stuck.labels_)) == 1
    assert len(np.unique(moved.labels_)) > 1


class TestPartialFit:
    def test_a_step_is_the_running_mean(self):
        X = np.array([[0.0], [1.0], [9.0]])
        model = MiniBatchKMeans(2, init=[[0.0], [10.0]], reassignment_ratio=0).partial_fit(X)
        assert model.cluster_centers_.tolist() == [[0.5], [9.0]]
        assert model._counts.tolist() == [2, 1]
        model.partial_fit([[2.0], [12.0]], sample_weight=[2.0, 1.0])
        assert model.cluster_centers_.tolist() == [[1.25], [10.5]]
        assert model._counts.tolist() == [4, 2]
        assert model._counts.dtype == np.float64
        assert model.n_steps_ == 2

    def test_labels_are_those_of_the_last_batch(self):
        X, _ = oracle.blobs(3, 4, 50)
        model = MiniBatchKMeans(3, random_state=0).partial_fit(X)
        assert model.partial_fit(X[:7]) is model
        assert (model.labels_ == model.predict(X[:7])).all()
        assert not hasattr(
            MiniBatchKMeans(3, compute_labels=False, random_state=0).partial_fit(X), "labels_"
        )

    @pytest.mark.parametrize("n_jobs", [2, 7])
    def test_the_same_batches_give_the_same_bits(self, n_jobs):
        X = np.random.default_rng(0).normal(size=(600, 5)).astype(np.float32)
        models = [MiniBatchKMeans(9, random_state=0, n_jobs=n) for n in (1, n_jobs)]
        for batch in np.split(X, 6):
            for model in models:
                model.partial_fit(batch)
        assert models[0].cluster_centers_.tobytes() == models[1].cluster_centers_.tobytes()

    def test_the_first_batch_tries_several_starts(self):
        X, groups = oracle.blobs(5, 8, 60)
        model = MiniBatchKMeans(5, init="random", n_init=200, random_state=0).partial_fit(X)
        assert len(set(zip(groups, model.labels_, strict=True))) == 5

    def test_goes_on_after_fit_and_after_pickling(self):
        X, _ = oracle.blobs(3, 4, 50)
        model = MiniBatchKMeans(3, random_state=0).fit(X)
        twin = pickle.loads(pickle.dumps(model))
        steps = model.n_steps_
        for each in (model, twin):
            each.partial_fit(X[:20])
        assert model.n_steps_ == steps + 1
        assert (model.cluster_centers_ == twin.cluster_centers_).all()

    def test_the_first_batch_decides_the_dtype(self):
        X, _ = oracle.blobs(3, 4, 50, dtype=np.float32)
        model = MiniBatchKMeans(3, random_state=0).partial_fit(X).partial_fit(X.astype(np.float64))
        assert model.cluster_centers_.dtype == np.float32

    def test_the_first_batch_needs_enough_rows_and_later_ones_the_same_width(self):
        model = MiniBatchKMeans(3, random_state=0)
        with pytest.raises(ValueError, match="n_samples=2 should be >= n_clusters=3"):
            model.partial_fit(np.eye(3)[:2])
        model.partial_fit(np.eye(3)).partial_fit(np.eye(3)[:1])
        with pytest.raises(
            ValueError, match="X has 2 features, but MiniBatchKMeans is expecting 3"
        ):
            model.partial_fit(np.eye(2))

    def test_fit_forgets_what_partial_fit_learned(self):
        X, _ = oracle.blobs(3, 4, 50)
        fresh = MiniBatchKMeans(3, random_state=0).fit(X)
        used = MiniBatchKMeans(3, random_state=0).partial_fit(-100 * X).fit(X)
        assert (fresh.cluster_centers_ == used.cluster_centers_).all()
        assert fresh.n_steps_ == used.n_steps_


def test_one_info_line_tells_what_ran(caplog):
    with caplog.at_level(logging.INFO, logger="fastcluster"):
        MiniBatchKMeans(2, random_state=0).fit(np.eye(9, dtype=np.float32))
    (record,) = caplog.records
    assert "MiniBatchKMeans" in record.getMessage()
    assert "float32" in record.getMessage()


def test_a_memory_map_is_drawn_in_blocks(tmp_path):
    X = np.random.default_rng(3).normal(size=(3000, 6)).astype(np.float32)
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")

    def centers(X, **arguments):
        model = MiniBatchKMeans(8, batch_size=100, random_state=0, **arguments).fit(X)
        return model.cluster_centers_.tobytes()

    rows, blocks = centers(X, sampling="rows"), centers(X, sampling="blocks")
    assert rows != blocks
    assert centers(X) == rows
    assert centers(mapped) == centers(mapped[:]) == blocks
    assert centers(mapped, sampling="rows") == rows


def test_blocks_find_what_rows_find():
    X, groups = oracle.blobs(5, 8, 400)
    # In order of their groups: a block holds one group only.
    X = X[np.argsort(groups, kind="stable")]
    model = MiniBatchKMeans(5, n_init=3, batch_size=256, sampling="blocks", random_state=0).fit(X)
    assert len(set(zip(np.sort(groups), model.labels_, strict=True))) == 5


@pytest.mark.parametrize("sampling", ["row", None, 64])
def test_a_wrong_sampling_is_refused(sampling):
    with pytest.raises(ValueError, match=r"The 'sampling' parameter .* must be a str among .*"):
        MiniBatchKMeans(2, sampling=sampling).fit(np.eye(4))


def test_verbose_tells_what_is_reassigned(capsys):
    X, _ = oracle.blobs(4, 5, 100)
    start = np.concatenate([X[:1], np.full((3, 5), 1e4) + np.arange(3)[:, None]])
    arguments = {"init": start, "random_state": 0, "verbose": 1}
    line = "[MiniBatchKMeans] Reassigning 3 cluster centers."
    MiniBatchKMeans(4, **arguments).fit(X)
    assert line in capsys.readouterr().out.splitlines()
    MiniBatchKMeans(4, **arguments).partial_fit(X)
    assert line in capsys.readouterr().out.splitlines()
    MiniBatchKMeans(4, reassignment_ratio=0, **arguments).fit(X).partial_fit(X)
    assert "Reassigning" not in capsys.readouterr().out


def test_many_clusters_do_not_stay_single_rows():
    # In many dimensions a center that is a single row lies too far from all others to win any.
    X, _ = oracle.blobs(40, 64, 100, seed=4)
    X += np.random.default_rng(0).normal(scale=3.0, size=X.shape)
    sizes = np.bincount(MiniBatchKMeans(200, random_state=0).fit(X).labels_, minlength=200)
    theirs = SklearnMiniBatchKMeans(200, random_state=0, n_init=1).fit(X).labels_
    assert (sizes > 1).sum() > (np.bincount(theirs, minlength=200) > 1).sum()


def test_parameters_are_scikit_learns_and_ours():
    ours, theirs = MiniBatchKMeans().get_params(), SklearnMiniBatchKMeans().get_params()
    assert {name: ours[name] for name in theirs} == theirs
    assert set(ours) - set(theirs) == {"sampling", "batch_growth", "metric", "n_jobs", "device"}


@pytest.mark.parametrize("arguments", [{}, {"batch_growth": 2.0}, {"init": "random"}])
def test_a_fit_that_needs_more_than_the_memory_limit_is_refused(arguments):
    X = np.random.default_rng(0).normal(size=(6000, 32)).astype(np.float32)
    model = MiniBatchKMeans(40, random_state=0, **arguments)
    free = model.fit(X).cluster_centers_.tobytes()
    with (
        config_context(memory_limit="1kB"),
        pytest.raises(MemoryError, match=r"memory_limit=1000 bytes is below .*\nhint: raise"),
    ):
        model.fit(X)
    # Far less than the copies of all rows that an estimate by rows would ask for.
    with config_context(memory_limit="3MB"):
        assert model.fit(X).cluster_centers_.tobytes() == free


def test_a_partial_fit_that_needs_more_than_the_memory_limit_is_refused():
    X = np.random.default_rng(0).normal(size=(300, 32)).astype(np.float32)
    model = MiniBatchKMeans(4, init=X[:4], random_state=0).partial_fit(X)
    before = model.cluster_centers_.tobytes()
    with (
        config_context(memory_limit="1kB"),
        pytest.raises(MemoryError, match=r"memory_limit=1000 bytes is below .*\nhint: raise"),
    ):
        model.partial_fit(X)
    assert model.cluster_centers_.tobytes() == before
    assert model.n_steps_ == 1
