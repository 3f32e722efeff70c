"""What an answer comes to, by task: how it is checked, and how it compares with this library's."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastcluster.bench import check, check_density, check_values
from fastcluster.bench.contract import Outcome
from fastcluster.bench.trial import Trial

__all__ = ["against_ours", "checked", "inertia", "is_k_means", "labels", "whole"]

Report = dict[str, Any]
DENSITY = ("dbscan", "hdbscan")
TREES = ("linkage", "ward")
SCORES = ("silhouette",)


def is_k_means(task: str) -> bool:
    """Whether a task answers with labels and centers."""
    return task not in (*DENSITY, *TREES, *SCORES)


def whole(trial: Trial, outcome: Outcome) -> None:
    """Check that an answer has the size that it must have, else it is a ValueError."""
    task, n_samples = trial.work.task, len(trial.X)
    if task in TREES or task in SCORES:
        n_values = 1 if task in SCORES else n_samples - 1
        found = 0 if outcome.values is None else np.size(outcome.values)
        if found != n_values:
            raise ValueError(f"answered {found} of {n_values} values")
    elif (n_labels := len(labels(outcome))) != n_samples:
        raise ValueError(f"labelled {n_labels} of {n_samples} rows")


def inertia(trial: Trial, outcome: Outcome) -> float:
    """Return the inertia of an answer to k-means."""
    return check.inertia(trial.X, labels(outcome), _centers(trial, outcome))


def checked(trial: Trial, outcome: Outcome) -> Report:
    """Return what the harness finds in an answer by itself."""
    task = trial.work.task
    if task in TREES:
        return {}
    if task in SCORES:
        return {"score": float(_values(outcome).item())}
    if task == "hdbscan":
        return check_density.summary(labels(outcome))
    if task == "dbscan":
        found = check_density.check_dbscan(trial.X, outcome, trial.work.parameters)
        return check_density.summary(labels(outcome)) | _label_report(found)
    return _label_report(check.check_labels(trial.X, labels(outcome), _centers(trial, outcome)))


def against_ours(task: str, ours: Outcome, theirs: Outcome) -> Report:
    """Return how a peer's answer differs from this library's; nothing for k-means."""
    if task == "dbscan":
        return {"rows_otherwise": check_density.rows_otherwise(labels(ours), labels(theirs))}
    if task == "hdbscan":
        return {"adjusted_rand": check_density.adjusted_rand(labels(ours), labels(theirs))}
    if task in TREES:
        largest = check_values.largest_relative_difference(_values(ours), _values(theirs))
        return {"largest_relative_difference": largest}
    if task in SCORES:
        return {"difference": float((_values(theirs) - _values(ours)).item())}
    return {}


def _label_report(found: check.LabelCheck) -> Report:
    return {
        "n_labels_checked": found.n_checked,
        "n_labels_wrong": found.n_wrong,
        "largest_label_excess": found.largest_excess,
    }


def labels(outcome: Outcome) -> NDArray[Any]:
    """Return the labels of an answer that must have them."""
    if outcome.labels is None:
        raise ValueError("answered without labels")
    return outcome.labels


def _values(outcome: Outcome) -> NDArray[np.float64]:
    return np.asarray(outcome.values, dtype=np.float64)


def _centers(trial: Trial, outcome: Outcome) -> NDArray[Any]:
    centers = trial.given if outcome.centers is None else outcome.centers
    if centers is None:
        raise ValueError(f"the task {trial.work.task!r} returned no centers")
    return centers
