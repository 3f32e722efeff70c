"""KMeans(algorithm="hierarchical"): approximate centers, exact labels, a gap that is reported."""

import re

import numpy as np
import pytest
from sklearn.base import clone

import fastcluster as fc
from fastcluster import KMeans

K = 300


@pytest.fixture(scope="module", name="X")
def clustered_rows():
    """Rows around 60 points, some of them crowded."""
    rng = np.random.default_rng(0)
    middles = rng.normal(size=(60, 12))
    which = np.minimum(rng.integers(60, size=6000), rng.integers(60, size=6000))
    return (middles[which] + 0.3 * rng.normal(size=(6000, 12))).astype(np.float32)


def model(**parameters):
    return KMeans(K, algorithm="hierarchical", random_state=0, **parameters)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_labels_equal_predict_and_the_score_is_the_inertia(X, metric, dtype):
    fitted = model(metric=metric).fit(X.astype(dtype))
    assert (fitted.predict(X.astype(dtype)) == fitted.labels_).all()
    assert fitted.score(X.astype(dtype)) == -fitted.inertia_
    assert fitted.cluster_centers_.shape == (K, 12)


def test_the_inertia_is_near_that_of_the_exact_algorithm(X):
    flat = KMeans(K, random_state=0).fit(X)
    assert flat.inertia_ * 0.97 < model().fit(X).inertia_ < flat.inertia_ * 1.03


def test_the_gap_is_reported():
    # Rows without clusters in many dimensions: many centers are nearly as near as the nearest.
    X = np.random.default_rng(1).normal(size=(3000, 48)).astype(np.float32)
    gap = model().fit(X).hierarchical_gap_
    assert gap["n_checked"] == len(X)
    assert 0 < gap["mislabelled"] < 0.5
    assert 0 < gap["inertia_excess"] < 0.05


def test_only_a_hierarchical_fit_has_a_gap(X):
    fitted = model().fit(X)
    fitted.set_params(algorithm="lloyd", max_iter=1).fit(X)
    assert not hasattr(fitted, "hierarchical_gap_")


def test_few_clusters_are_fitted_exactly(X):
    few, exact = (
        KMeans(20, algorithm=name, random_state=0).fit(X) for name in ("hierarchical", "lloyd")
    )
    assert (few.labels_ == exact.labels_).all()
    assert few.hierarchical_gap_ == {"n_checked": 0, "mislabelled": 0.0, "inertia_excess": 0.0}


@pytest.mark.parametrize("n_jobs", [2, 3])
def test_threads_change_nothing(X, n_jobs):
    alone, together = (model(n_jobs=n).fit(X) for n in (1, n_jobs))
    assert (alone.cluster_centers_ == together.cluster_centers_).all()
    assert (alone.labels_ == together.labels_).all()
    assert alone.inertia_ == together.inertia_
    assert alone.hierarchical_gap_ == together.hierarchical_gap_


def test_history_has_a_value_per_refinement(X):
    fitted = model(max_iter=3, tol=0).fit(X)
    assert fitted.n_iter_ == 3
    assert {len(values) for values in fitted.history_.values()} == {3}
    assert (np.diff(fitted.history_["inertia"]) < 0).all()
    # A row is compared with some of the centers: that is the saving.
    assert (fitted.history_["n_scored"] < len(X) * K).all()


def test_verbose_tells_of_its_own_iterations_only(X, capsys):
    fitted = model(verbose=1, max_iter=2, tol=0).fit(X)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Initialization complete"
    assert len(lines) == 1 + fitted.n_iter_


def test_weights_count_like_repeated_rows_in_the_inertia(X):
    weights = np.where(np.arange(len(X)) % 3 == 0, 2.0, 1.0)
    fitted = model().fit(X, sample_weight=weights)
    distances = np.linalg.norm(
        X.astype(np.float64) - fitted.cluster_centers_[fitted.labels_], axis=1
    )
    np.testing.assert_allclose(fitted.inertia_, (weights * distances**2).sum(), rtol=1e-6)


def test_saved_equals_loaded(X, tmp_path):
    fitted = model().fit(X)
    fitted.save(tmp_path / "model")
    loaded = fc.load_model(tmp_path / "model")
    assert loaded.hierarchical_gap_ == fitted.hierarchical_gap_
    assert (loaded.predict(X) == fitted.labels_).all()
    assert clone(loaded).algorithm == "hierarchical"


@pytest.mark.parametrize("start", [lambda X, k, random_state: X[:k], np.zeros((K, 12)).tolist()])
def test_start_centers_of_ones_own_are_refused(X, start):
    message = (
        r"algorithm='hierarchical' .*init must be 'k-means\+\+'.*\nhint: pass algorithm='lloyd'"
    )
    with pytest.raises(ValueError, match=message):
        model(init=start).fit(X)


@pytest.mark.parametrize("init", ["random", "k-means||"])
def test_starts_by_name_are_taken(X, init):
    fitted = model(init=init).fit(X)
    assert (fitted.predict(X) == fitted.labels_).all()


def test_a_memory_limit_is_refused_or_changes_nothing(X):
    with fc.config_context(memory_limit=1000), pytest.raises(MemoryError) as refused:
        model().fit(X)
    needed = int(re.search(r"below the (\d+) bytes", str(refused.value))[1])
    with fc.config_context(memory_limit=needed):
        assert (model().fit(X).labels_ == model().fit(X).labels_).all()


def test_sparse_rows_are_taken(X):
    import scipy.sparse

    sparse = scipy.sparse.csr_matrix(np.where(X > 0.5, X, 0))
    fitted = model().fit(sparse)
    assert (fitted.predict(sparse) == fitted.labels_).all()


def test_more_clusters_than_rows_are_refused(X):
    with pytest.raises(ValueError, match=r"n_samples=200 should be >= n_clusters=300"):
        model().fit(X[:200])
