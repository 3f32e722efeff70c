"""MiniBatchKMeans(batch_growth=...): batches that hold the one before."""

import numpy as np
import pytest
from scipy import sparse

import oracle
from fastcluster import KMeans, MiniBatchKMeans, load_model


def overlapping(n_rows=4000, n_features=6, dtype=np.float32):
    rng = np.random.default_rng(8)
    centers = 1.5 * rng.normal(size=(20, n_features))
    noise = rng.normal(size=(n_rows, n_features))
    return (centers[rng.integers(20, size=n_rows)] + noise).astype(dtype)


def grown(X, n_clusters=20, **arguments):
    arguments = {"batch_growth": 2.0, "batch_size": 256, "random_state": 0} | arguments
    weights = arguments.pop("sample_weight", None)
    return MiniBatchKMeans(n_clusters, **arguments).fit(X, sample_weight=weights)


def test_batches_double_until_they_hold_all_rows():
    model = grown(overlapping(), max_no_improvement=None)
    sizes = model.history_["batch_size"]
    assert (np.diff(sizes) >= 0).all()
    assert np.unique(sizes).tolist() == [256, 512, 1024, 2048, 4000]
    assert len(sizes) == model.n_steps_
    assert model.n_iter_ == np.ceil(sizes.sum() / 4000)
    assert model._counts.sum() == 4000


def test_without_growth_every_batch_has_the_same_size():
    model = MiniBatchKMeans(9, batch_size=100, random_state=0).fit(overlapping())
    assert set(model.history_["batch_size"].tolist()) == {100}


def test_a_batch_of_all_rows_is_the_exact_algorithm():
    X = overlapping()
    start = X[:20]
    ours = grown(X, init=start, batch_size=len(X), max_no_improvement=None)
    exact = KMeans(20, init=start, tol=0, random_state=0).fit(X)
    assert (ours.labels_ == exact.labels_).all()
    assert ours.cluster_centers_.tobytes() == exact.cluster_centers_.tobytes()
    assert ours.n_steps_ == exact.n_iter_


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_end_is_a_fixed_point_of_lloyd(metric, weighted, dtype):
    X = overlapping(dtype=dtype)
    X[::500] = 0
    weights = np.random.default_rng(1).integers(4, size=len(X)) / 2 if weighted else None
    model = grown(X, metric=metric, sample_weight=weights, max_no_improvement=None)
    again = KMeans(20, init=model.cluster_centers_, metric=metric, max_iter=1, tol=0)
    again.fit(X, sample_weight=weights)
    assert (again.labels_ == model.labels_).all()
    np.testing.assert_allclose(again.cluster_centers_, model.cluster_centers_, atol=1e-6)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_any_number_of_threads_gives_the_same_bits(metric):
    X = overlapping(n_features=40)
    weights = np.random.default_rng(1).random(len(X))
    first, *others = (
        grown(X, 50, metric=metric, n_jobs=n_jobs, sample_weight=weights) for n_jobs in (1, 2, 7)
    )
    for other in others:
        assert other.cluster_centers_.tobytes() == first.cluster_centers_.tobytes()
        assert (other.labels_ == first.labels_).all()
        assert (other.history_["batch_size"] == first.history_["batch_size"]).all()
        assert (
            other.history_["batch_inertia"].tobytes() == first.history_["batch_inertia"].tobytes()
        )


def test_sparse_rows_give_what_dense_ones_give():
    X = overlapping(dtype=np.float64)
    X[X < 0.5] = 0
    dense, thin = grown(X), grown(sparse.csr_matrix(X))
    assert (thin.labels_ == dense.labels_).all()
    np.testing.assert_allclose(thin.cluster_centers_, dense.cluster_centers_, rtol=1e-12)


def test_a_memory_map_is_drawn_in_blocks(tmp_path):
    X = overlapping()
    np.save(tmp_path / "X.npy", X)
    mapped = grown(np.load(tmp_path / "X.npy", mmap_mode="r"))
    blocks = grown(X, sampling="blocks")
    assert mapped.cluster_centers_.tobytes() == blocks.cluster_centers_.tobytes()


def test_rows_without_weight_are_never_used():
    X, groups = oracle.blobs(4, 5, 200)
    X[groups == 3] += 1e6
    weights = (groups != 3).astype(float)
    model = grown(X, 3, batch_size=50, n_init=5, sample_weight=weights)
    assert np.abs(model.cluster_centers_).max() < 1e5
    assert len(set(zip(groups[groups != 3], model.labels_[groups != 3], strict=True))) == 3
    assert model._counts.sum() == weights.sum()


def test_a_start_far_away_loses_no_cluster():
    X, _ = oracle.blobs(4, 5, 200)
    start = np.concatenate([X[:1], np.full((3, 5), 1e4) + np.arange(3)[:, None]])
    assert len(np.unique(grown(X, 4, init=start, batch_size=50).labels_)) == 4


def test_without_labels_the_inertia_is_that_before_the_last_move():
    X = overlapping()
    exact = grown(X, max_no_improvement=None)
    estimate = grown(X, max_no_improvement=None, compute_labels=False)
    assert not hasattr(estimate, "labels_")
    np.testing.assert_allclose(estimate.inertia_, exact.inertia_, rtol=1e-6)


def test_partial_fit_is_unaffected():
    X = overlapping()
    plain, growing = (
        MiniBatchKMeans(9, batch_growth=growth, random_state=0) for growth in (None, 2.0)
    )
    for batch in np.split(X, 4):
        plain.partial_fit(batch)
        growing.partial_fit(batch)
    assert plain.cluster_centers_.tobytes() == growing.cluster_centers_.tobytes()
    fitted = grown(X)
    assert fitted.partial_fit(X[:100]).n_steps_ == len(fitted.history_["batch_size"]) + 1


def test_the_parameter_is_saved(tmp_path):
    X = overlapping()
    for growth in (None, 1.5, 3):
        model = grown(X, batch_growth=growth)
        model.save(tmp_path / f"{growth}")
        loaded = load_model(tmp_path / f"{growth}")
        assert loaded.batch_growth == growth
        assert (loaded.predict(X) == model.labels_).all()


@pytest.mark.parametrize("growth", [1, 0.5, -2, float("nan"), "2", True])
def test_a_wrong_growth_is_refused(growth):
    with pytest.raises(ValueError, match=r"The 'batch_growth' parameter .* must be a float in"):
        MiniBatchKMeans(2, batch_growth=growth).fit(np.eye(4))


def test_verbose_prints_scikit_learns_lines(capsys):
    model = grown(overlapping(), verbose=1)
    lines = capsys.readouterr().out.splitlines()
    steps = [line for line in lines if line.startswith("Minibatch step")]
    assert len(steps) == model.n_steps_
    assert lines[-1].startswith(f"Converged (small centers change) at step {model.n_steps_}/")
