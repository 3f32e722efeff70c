"""Whether DBSCAN's labels keep its definition, and how much two answers with noise agree.

A row is core if `min_samples` rows, itself included, are within `eps`. Core rows within `eps` of
each other have one label; a row near a core row has the label of one of them; another is noise. So
a row is judged by its own neighbours, the flags of core rows by counting. That no label stands for
two clusters which nothing joins is what the comparison of the engines shows.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from sklearn.metrics import adjusted_rand_score

from fastcluster.bench.check import BAND, LabelCheck
from fastcluster.bench.contract import Outcome

__all__ = ["adjusted_rand", "check_dbscan", "rows_otherwise", "summary"]

SAMPLE_ROWS = 1000
BLOCK_ROWS = 4096
"""Rows that are compared with the sample at a time: 1,000 x 4,096 float64 distances are 33 MB."""
TREE_FEATURES_MAX = 8
"""Up to so many features a k-d tree finds the neighbours."""
NEAR = 1e-3
"""How far beyond eps, relatively, rows are still found: those that rounding could let in."""


def check_dbscan(
    X: NDArray[Any], outcome: Outcome, parameters: Mapping[str, Any], n_rows: int = SAMPLE_ROWS
) -> LabelCheck:
    """Judge a sample of rows by the definition, with squared distances in float64.

    The excess of a wrong row is how far its pair nearest to eps is from it: the difference of the
    squared distance from eps squared, over the squared norms. A metric other than Euclidean
    distance is not judged, and no row counts as checked.
    """
    if parameters.get("metric", "euclidean") != "euclidean":
        return LabelCheck(0, 0, 0.0)
    if outcome.core is None or outcome.labels is None:
        raise ValueError("answered without core rows")
    n_rows = min(n_rows, len(X))
    sample = np.sort(np.random.default_rng(0).choice(len(X), n_rows, replace=False))
    eps = float(parameters["eps"])
    excesses: list[float] = []
    for row, near in zip(sample, _neighbors(X, sample, eps * (1 + NEAR)), strict=True):
        own = X[row].astype(np.float64)
        others = X[near].astype(np.float64)
        beyond = np.square(others - own).sum(axis=1) - eps**2
        within = near[beyond <= 0]
        if not _is_right(row, within, outcome.labels, outcome.core, parameters["min_samples"]):
            norms = np.square(own).sum() + np.square(others).sum(axis=1)
            excesses.append(float((np.abs(beyond) / np.maximum(norms, eps**2)).min()))
    return LabelCheck(n_rows, len(excesses), max(excesses, default=0.0))


def _is_right(
    row: int, within: NDArray[Any], labels: NDArray[Any], core: NDArray[Any], min_samples: int
) -> bool:
    """Judge one row by the rows within eps, itself among them."""
    if bool(core[row]) != (len(within) >= min_samples):
        return False
    joined = labels[within[core[within].astype(bool)]]
    if core[row]:
        return bool(
            labels[row] >= 0 and (joined == labels[row]).all() and (labels[within] >= 0).all()
        )
    return bool(labels[row] in joined if len(joined) else labels[row] == -1)


def _neighbors(X: NDArray[Any], sample: NDArray[Any], radius: float) -> Iterator[NDArray[np.intp]]:
    """Yield the rows within a radius of each sampled row, and maybe some a little beyond."""
    if X.shape[1] <= TREE_FEATURES_MAX:
        tree = cKDTree(X)
        # A row is at once among its own neighbours, so no list is empty.
        yield from (np.array(tree.query_ball_point(X[row], radius)) for row in sample)
        return
    rows = X[sample].astype(np.float64)
    norms = np.square(rows).sum(axis=1)
    found: list[tuple[NDArray[np.intp], NDArray[np.intp]]] = []
    for first in range(0, len(X), BLOCK_ROWS):
        block = X[first : first + BLOCK_ROWS].astype(np.float64)
        scale = norms[:, np.newaxis] + np.square(block).sum(axis=1)
        which, near = np.nonzero(scale - 2.0 * (rows @ block.T) <= radius**2 + BAND * scale)
        found.append((which, near + first))
    which = np.concatenate([one for one, _ in found])
    near = np.concatenate([one for _, one in found])
    order = np.argsort(which, kind="stable")
    yield from np.split(near[order], np.searchsorted(which[order], np.arange(1, len(sample))))


def summary(labels: NDArray[Any]) -> dict[str, Any]:
    """Return the number of clusters and the share of noise."""
    n_clusters = len(np.unique(labels[labels >= 0]))
    return {"n_clusters": n_clusters, "noise": float(np.mean(labels < 0))}


def rows_otherwise(ours: NDArray[Any], theirs: NDArray[Any]) -> int:
    """Return how many rows another answer labels otherwise, up to the numbers of its clusters.

    Each of its clusters is given the number of one of ours, the pairs with most rows in common
    first; noise is noise. Where answers are equal or nearly so, that is the best numbering.
    """
    pairs, counts = np.unique(np.stack([ours, theirs], axis=1), axis=0, return_counts=True)
    taken_ours, taken_theirs = set[int](), set[int]()
    n_same = 0
    for place in np.argsort(-counts, kind="stable"):
        mine, other = (max(int(label), -1) for label in pairs[place])
        if min(mine, other) < 0:
            n_same += int(counts[place]) if mine == other else 0
        elif mine not in taken_ours and other not in taken_theirs:
            taken_ours.add(mine)
            taken_theirs.add(other)
            n_same += int(counts[place])
    return len(ours) - n_same


def adjusted_rand(ours: NDArray[Any], theirs: NDArray[Any]) -> float:
    """Return the adjusted Rand index of two answers; noise is one cluster more of each."""
    return float(adjusted_rand_score(ours, theirs))
