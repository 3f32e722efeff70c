"""HDBSCAN by its definition, on the parts of the mutual-reachability graph at every height.

No tree of edges: parts are connected components at each height, so equal heights are one split of
many parts, as with `ties="merge"`.
"""

import numpy as np
from scipy.sparse.csgraph import connected_components


def mutual_reachability(distances, min_samples, alpha=1.0):
    """Return max(d / alpha, c_i, c_j) for all pairs, and the core distances."""
    cores = np.sort(distances, axis=1)[:, min_samples - 1]
    return np.maximum(distances / alpha, np.maximum.outer(cores, cores)), cores


class Part:
    """Rows that are one cluster candidate, from `birth` on."""

    def __init__(self, rows, birth):
        self.rows = set(rows)
        self.birth = birth
        self.left_at = {}
        self.children = []

    @property
    def stability(self):
        return sum(lam - self.birth for lam in self.left_at.values() if lam != self.birth)


def tree_of(reach, min_cluster_size):
    """Return the root part, every part split as the height falls."""
    n = len(reach)
    heights = np.unique(reach[~np.eye(n, dtype=bool)])[::-1]
    root = Part(range(n), 0.0)
    open_parts = [root]
    for at, height in enumerate(heights):
        below = heights[at + 1] if at + 1 < len(heights) else -1.0
        lam = 1 / height if height > 0 else np.inf
        _, labels = connected_components((reach <= below) & ~np.eye(n, dtype=bool))
        still_open = []
        for part in open_parts:
            alive = sorted(part.rows - part.left_at.keys())
            pieces = {}
            for row in alive:
                pieces.setdefault(labels[row], []).append(row)
            large = [piece for piece in pieces.values() if len(piece) >= min_cluster_size]
            if len(large) == 1:
                for piece in pieces.values():
                    if piece is not large[0]:
                        part.left_at.update(dict.fromkeys(piece, lam))
                still_open.append(part)
                continue
            part.left_at.update(dict.fromkeys(alive, lam))
            part.children = [Part(piece, lam) for piece in large]
            still_open += part.children
        open_parts = still_open
    return root


def excess_of_mass(part):
    """Return the parts chosen at or below this one, their stability, and the narrowest decision."""
    below = [excess_of_mass(child) for child in part.children]
    if not below:
        return [part], part.stability, np.inf
    total = sum(stability for _, stability, _ in below)
    margin = min(abs(total - part.stability), *(margin for _, _, margin in below))
    if total > part.stability:
        return [chosen for parts, _, _ in below for chosen in parts], total, margin
    return [part], part.stability, margin


def labels_of(reach, min_cluster_size):
    """Return a label for each row, -1 for noise, and the narrowest decision among stabilities.

    The numbers of labels mean nothing; rounding decides where the narrowest decision is about 0.
    """
    root = tree_of(reach, min_cluster_size)
    found = [excess_of_mass(child) for child in root.children]
    labels = np.full(len(reach), -1)
    for number, part in enumerate(part for parts, _, _ in found for part in parts):
        labels[list(part.rows)] = number
    return labels, min((margin for _, _, margin in found), default=np.inf)
