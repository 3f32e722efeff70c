"""Each task's answer is checked, and compared with this library's."""

import numpy as np
import pytest

from fastcluster.bench import engines, memory
from fastcluster.bench.compare import compare
from fastcluster.bench.contract import Outcome
from fastcluster.bench.givens import given
from fastcluster.bench.trial import Trial, Work

NAMES = ("fastcluster", "scikit-learn", "scipy")
WORKS = {
    "dbscan": (Work("dbscan", parameters={"eps": 1.6, "min_samples": 5}), "none"),
    "hdbscan": (Work("hdbscan", parameters={"min_cluster_size": 8}), "none"),
    "linkage": (Work("linkage", parameters={"method": "average"}), "distances"),
    "ward": (Work("ward"), "none"),
    "silhouette": (Work("silhouette", 5, parameters={"metric": "cosine"}), "labels"),
}


@pytest.fixture
def trial_of(make_trial):
    """Return a function that makes a trial of a task on the 600 rows."""
    X = make_trial().X

    def make(task):
        work, name = WORKS[task]
        return Trial(work, X, given(X, work.n_clusters, name), 1)

    return make


@pytest.mark.parametrize(
    ("task", "key", "equal"),
    [
        ("dbscan", "rows_otherwise", 0),
        ("hdbscan", "adjusted_rand", 1.0),
        ("linkage", "largest_relative_difference", 0.0),
        ("ward", "largest_relative_difference", 0.0),
        ("silhouette", "difference", 0.0),
    ],
)
def test_the_real_engines_agree(trial_of, task, key, equal):
    report = compare(trial_of(task), NAMES, "time", 1)
    ours = report["engines"]["fastcluster"]
    assert "wall" in ours
    assert "inertia" not in ours
    assert set(report["ratios"]) == ({"scipy"} if key.startswith("largest") else {"scikit-learn"})
    for name, ratio in report["ratios"].items():
        assert set(ratio) == {"wall", "cpu"}
        found = report["engines"][name]["against_ours"][key]
        # Equal distances may join in another order, which moves a few rows.
        assert found == pytest.approx(equal, abs=0.1 if task == "hdbscan" else 1e-6)
    assert ours.get("n_labels_wrong", 0) == 0
    if task == "dbscan":
        assert ours["n_labels_checked"] == 600
        assert 0 < ours["noise"] < 1 < ours["n_clusters"]


def test_a_wrong_answer_to_dbscan_is_counted(trial_of, fake_engines):
    def dbscan(X, given, settings):
        return Outcome(np.zeros(len(X), dtype=int), core=np.ones(len(X), dtype=bool))

    fake_engines.fastcluster.dbscan = fake_engines.scikit_learn.dbscan = dbscan
    found = compare(trial_of("dbscan"), NAMES, "time", 1)["engines"]
    assert 0 < found["fastcluster"]["n_labels_wrong"] < found["fastcluster"]["n_labels_checked"]
    assert found["scikit-learn"]["against_ours"] == {"rows_otherwise": 0}
    assert found["scipy"] == {"absent": "has no task 'dbscan'"}


@pytest.mark.parametrize(
    ("task", "answer", "message"),
    [
        ("ward", Outcome(values=np.zeros(3)), "answered 3 of 599 values"),
        ("silhouette", Outcome(), "answered 0 of 1 values"),
        ("hdbscan", Outcome(), "answered without labels"),
        ("dbscan", Outcome(np.zeros(3, dtype=int)), "labelled 3 of 600 rows"),
    ],
)
def test_an_answer_of_another_size_is_a_failure(trial_of, fake_engines, task, answer, message):
    setattr(fake_engines.fastcluster, task, lambda *_: answer)
    found = compare(trial_of(task), ("fastcluster",), "time", 1)["engines"]["fastcluster"]
    assert message in found["failed"]


@pytest.mark.parametrize("name", ["dbscan", "hdbscan", "fast_hdbscan", "evoc"])
@pytest.mark.slow
def test_the_peers_answer(trial_of, name):
    if isinstance(engines.load(name), engines.Absent):
        pytest.skip(f"{name} is not installed")
    task = "dbscan" if name == "dbscan" else "hdbscan"
    report = compare(trial_of(task), ("fastcluster", name), "time", 1)
    found = report["engines"][name]
    assert "wall" in found, found
    assert found.get("n_labels_wrong", 0) == 0
    agreed = {"dbscan": "rows_otherwise", "hdbscan": "adjusted_rand"}[task]
    assert agreed in found["against_ours"]
    if name in ("hdbscan", "fast_hdbscan"):
        assert found["against_ours"][agreed] > 0.9


@pytest.mark.skipif(not memory.STATUS.exists(), reason="reads /proc")
@pytest.mark.parametrize("task", ["dbscan", "ward", "silhouette"])
def test_memory_is_measured_whatever_the_task_answers(trial_of, task):
    found = memory.measure(trial_of(task), "fastcluster")
    assert found["bytes_added"] >= 0, found
    assert found["times_X"] == pytest.approx(found["bytes_added"] / trial_of(task).X.nbytes)


def test_labels_are_given_without_gaps_and_distances_condensed(make_trial):
    X = make_trial().X
    labels = given(X, 7, "labels")
    assert len(labels) == len(X)
    assert set(labels) == set(range(labels.max() + 1))
    assert labels.max() >= 4
    distances = given(X, 0, "distances")
    assert distances.shape == (600 * 599 // 2,)
    assert distances[0] == pytest.approx(np.linalg.norm(X[0].astype(float) - X[1]))
    assert given(X, 3, "none") is None
    assert given(X, 3, "rows").shape == (3, 4)
