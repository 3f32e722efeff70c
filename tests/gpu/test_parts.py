"""Joining parts along their lightest edges, against Kruskal's algorithm."""

import itertools

import numpy as np
import pytest

from fastcluster._backend.gpu.density._parts import Edges, Parts


def kruskal(n, edges):
    """The lightest tree, one edge at a time."""
    root = list(range(n))
    tree = []
    for weight, low, high in sorted(edges):
        if root[low] != root[high]:
            old, new = root[high], root[low]
            root = [new if part == old else part for part in root]
            tree.append((weight, low, high))
    return tree


def boruvka(n, edges):
    """The same in rounds, every edge offered by both of its ends."""
    parts = Parts(n)
    rounds = 0
    while parts.count > 1:
        leaving = [edge for edge in edges if parts.of_row[edge[1]] != parts.of_row[edge[2]]]
        rows = [low for _, low, _ in leaving] + [high for _, _, high in leaving]
        others = [high for _, _, high in leaving] + [low for _, low, _ in leaving]
        weights = 2 * [weight for weight, _, _ in leaving]
        parts.join(Edges(np.array(rows), np.array(others), np.array(weights, dtype=np.float64)))
        rounds += 1
    tree = parts.tree()
    return list(zip(tree.weights, tree.low, tree.high, strict=True)), rounds


@pytest.mark.parametrize("n_weights", [1, 3, 1000])
@pytest.mark.parametrize("n", [1, 2, 3, 40])
def test_the_tree_is_kruskals(n, n_weights):
    rng = np.random.default_rng(n)
    edges = [
        (float(rng.integers(n_weights)), low, high)
        for low, high in itertools.combinations(range(n), 2)
    ]
    tree, rounds = boruvka(n, edges)
    assert tree == kruskal(n, edges)
    assert 2**rounds <= max(n, 1)


def test_least_weights_of_parts():
    parts = Parts(4)
    parts.join(
        Edges(np.array([0, 1, 2, 3]), np.array([1, 0, 3, 2]), np.array([1.0, 1.0, 2.0, 2.0]))
    )
    assert parts.count == 2
    assert parts.least(np.array([5.0, 4.0, 7.0, np.inf])).tolist() == [4.0, 7.0]
