"""DBCV from full matrices, step by step as the paper and the hdbscan package define it."""

import numpy as np
from scipy.spatial.distance import cdist


def core_distances(distances, dimension):
    """Return the all-points core distance of each row; powers are taken of logarithms."""
    cores = np.zeros(len(distances))
    for row, others in enumerate(distances):
        positive = others[others > 0]
        if len(positive):
            powers = np.logaddexp.reduce(-dimension * np.log(positive))
            cores[row] = np.exp((powers - np.log(len(distances) - 1)) / -dimension)
    return cores


def tree(reach):
    """Return the edges of the lightest tree, grown from row 0, as (parent, row, weight)."""
    inside, edges = [0], []
    while len(inside) < len(reach):
        outside = [row for row in range(len(reach)) if row not in inside]
        near = reach[np.ix_(inside, outside)].min(axis=0)
        row, weight = outside[near.argmin()], near.min()
        parents = [other for other in inside if np.isclose(reach[other, row], weight, atol=0)]
        edges.append((min(parents), row, weight))
        inside.append(row)
    return edges


def validity(X, labels, metric="euclidean", raw=False):
    """Return the score and that of each cluster; numbers have no gaps."""
    X, labels = np.asarray(X, dtype=np.float64), np.asarray(labels)
    distances = cdist(X, X, metric)
    np.fill_diagonal(distances, 0)  # a cosine of a row with itself is rounded
    n_clusters = labels.max() + 1
    members = [np.flatnonzero(labels == cluster) for cluster in range(n_clusters)]
    cores, sparseness, internal = np.zeros(len(X)), [], []
    for rows in members:
        inner = distances[np.ix_(rows, rows)]
        if not raw:
            cores[rows] = core_distances(inner, X.shape[1])
        reach = np.maximum(inner, np.maximum(cores[rows][:, None], cores[rows]))
        edges = tree(reach)
        degrees = np.bincount([end for edge in edges for end in edge[:2]], minlength=len(rows))
        chosen = [edge for edge in edges if (degrees[list(edge[:2])] > 1).all()] or edges
        sparseness.append(max((weight for *_, weight in chosen), default=0.0))
        internal.append(rows[degrees > 1] if (degrees > 1).any() else rows[:1])
    scores = []
    for cluster in range(n_clusters):
        apart = [
            np.maximum(
                distances[np.ix_(internal[cluster], nodes)],
                np.maximum(cores[internal[cluster]][:, None], cores[nodes]),
            ).min()
            for other, nodes in enumerate(internal)
            if other != cluster
        ]
        larger = max(min(apart), sparseness[cluster])
        if len(members[cluster]) == 1:
            scores.append(0.0)
            continue
        scores.append((min(apart) - sparseness[cluster]) / larger if larger > 0 else 0.0)
    shares = np.array([len(rows) for rows in members]) / len(X)
    return float(shares @ scores), np.array(scores)
