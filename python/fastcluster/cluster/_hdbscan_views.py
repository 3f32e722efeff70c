"""A fitted HDBSCAN as trees, and the rows at the heart of its clusters."""

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from fastcluster.cluster._hdbscan_fit import FitOfHDBSCAN
from fastcluster.cluster._hdbscan_rows import as_rows
from fastcluster.cluster._hdbscan_trees import (
    CondensedTree,
    MinimumSpanningTree,
    SingleLinkageTree,
)

__all__ = ["TreesOfHDBSCAN"]


class TreesOfHDBSCAN(FitOfHDBSCAN):
    """The attributes of `HDBSCAN` that are made of its fit when they are asked for."""

    @property
    def condensed_tree_(self) -> CondensedTree:
        """The splits into clusters of at least `min_cluster_size` rows."""
        rows, tree = self._rows_of_fit(), self._condensed()
        parents, children, lambdas, sizes = tree.lines
        shift = rows.n_rows - tree.n_rows
        return CondensedTree(
            n_rows=rows.n_rows,
            parent=parents + shift,
            child=_renumbered(children, tree.n_rows, shift, rows.numbers),
            lambda_val=lambdas,
            child_size=sizes,
            stability=self._stabilities,
            selected=rows.n_rows + tree.selected.astype(np.int64),
        )

    @property
    def single_linkage_tree_(self) -> SingleLinkageTree:
        """Every join, by height."""
        rows, fitted = self._rows_of_fit(), self._tree_of_fit()
        left, right, heights, sizes = self._backend().dendrogram(fitted)
        n_fitted, n_rows = len(fitted.cores), rows.n_rows
        left, right = (
            _renumbered(side.astype(np.int64), n_fitted, n_rows - n_fitted, rows.numbers)
            for side in (left, right)
        )
        apart = np.sort(np.concatenate([rows.infinite, rows.missing]))
        first = n_rows + len(heights) - 1
        return SingleLinkageTree(
            n_rows=n_rows,
            left=np.concatenate([left, apart]),
            right=np.concatenate([right, np.arange(first, first + len(apart))]),
            distance=np.concatenate([heights, np.full(len(apart), np.inf)]),
            size=np.concatenate([sizes, n_fitted + 1 + np.arange(len(apart))]).astype(np.int64),
        )

    @property
    def _single_linkage_tree_(self) -> NDArray[Any]:
        """The joins in the types of scikit-learn's private attribute of this name."""
        lines = self.single_linkage_tree_.to_numpy()
        names = {name: lines.dtype[name] for name in lines.dtype.names or ()}
        wanted = [(name, np.intp if kind.kind == "i" else kind) for name, kind in names.items()]
        return lines.astype(wanted)

    @property
    def minimum_spanning_tree_(self) -> MinimumSpanningTree:
        """The lightest tree under mutual reachability."""
        rows, fitted = self._rows_of_fit(), self._tree_of_fit()
        low, high = (
            _renumbered(side.astype(np.int64), len(fitted.cores), 0, rows.numbers)
            for side in (fitted.low, fitted.high)
        )
        return MinimumSpanningTree(rows.n_rows, low, high, fitted.weights)

    @property
    def exemplar_indices_(self) -> list[NDArray[np.intp]]:
        """The numbers of the rows at the heart of each cluster."""
        rows = self._rows_of_fit()
        found = self._exemplars[0].astype(np.intp)
        numbers = found if rows.numbers is None else rows.numbers[found]
        bounds = np.searchsorted(self._exemplars[1], np.arange(1, self._n_labels()))
        return np.split(numbers, bounds) if self._n_labels() else []

    @property
    def exemplars_(self) -> list[Any]:
        """The rows at the heart of each cluster."""
        check_is_fitted(self)
        if self._training is None:
            raise AttributeError(
                "exemplars_ needs vectors, and metric='precomputed' has none\n"
                "hint: exemplar_indices_ has their row numbers"
            )
        backend = self._backend()
        training = backend.vectors(as_rows(self._training_for(backend)))
        exemplars = backend.give(training.take(self._exemplars[0].astype(np.intp)).data)
        bounds = np.searchsorted(self._exemplars[1], np.arange(self._n_labels() + 1)).tolist()
        return [exemplars[start:end] for start, end in itertools.pairwise(bounds)]


def _renumbered(
    nodes: NDArray[np.int64], n_rows: int, shift: int, numbers: NDArray[np.intp] | None
) -> NDArray[np.int64]:
    """Return nodes of the tree of finite rows as nodes of a tree of all rows."""
    if numbers is None:
        return nodes
    is_row = nodes < n_rows
    return np.where(is_row, numbers[np.where(is_row, nodes, 0)], nodes + shift)
