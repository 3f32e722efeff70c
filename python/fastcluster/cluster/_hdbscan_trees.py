"""The trees of an HDBSCAN fit, as arrays, data frames and plots."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["CondensedTree", "MinimumSpanningTree", "SingleLinkageTree"]


class _Columns(ABC):
    """Named columns of one length."""

    def to_numpy(self) -> NDArray[Any]:
        """Return the lines as a structured array."""
        columns = self._columns()
        dtype = [(name, column.dtype) for name, column in columns.items()]
        lines = np.empty(len(next(iter(columns.values()))), dtype=dtype)
        for name, column in columns.items():
            lines[name] = column
        return lines

    def to_pandas(self) -> Any:  # noqa: ANN401 - a pandas.DataFrame
        """Return the lines as a pandas DataFrame; ImportError where pandas is not installed."""
        return _module("pandas").DataFrame(self._columns())

    def __len__(self) -> int:
        return len(next(iter(self._columns().values())))

    @abstractmethod
    def _columns(self) -> dict[str, NDArray[Any]]:
        """Return the columns by name."""


@dataclass(frozen=True, eq=False, repr=False)
class CondensedTree(_Columns):
    """Splits into clusters of at least `min_cluster_size` rows, and the rows that fall out.

    Line i: `child[i]`, of `child_size[i]` rows, leaves the cluster `parent[i]` at
    `lambda_val[i]` (1 / distance). Numbers below `n_rows` are rows of X, the root is `n_rows`.
    Rows that took no part in the fit are in no line.

    `selected` are the clusters taken, in the order of their labels.
    """

    n_rows: int
    parent: NDArray[np.int64]
    child: NDArray[np.int64]
    lambda_val: NDArray[np.float64]
    child_size: NDArray[np.int64]
    stability: NDArray[np.float64]
    selected: NDArray[np.int64]

    def __repr__(self) -> str:
        return f"<condensed tree of {self.n_rows} rows, {len(self.stability)} clusters>"

    def plot(self, ax: Any = None) -> Any:  # noqa: ANN401 - matplotlib's Axes
        """Draw each cluster as a band as wide as its rows, from birth to death downwards.

        Returns the Axes; ImportError where matplotlib is not installed.
        """
        ax = ax if ax is not None else _module("matplotlib.pyplot").subplots()[1]
        middles = self._middles()
        taken = set(self.selected.tolist())
        for cluster, middle in middles.items():
            lines = self.parent == cluster
            order = np.argsort(self.lambda_val[lines], kind="stable")
            lambdas = _finite(self.lambda_val[lines][order])
            sizes = self.child_size[lines][order]
            left = sizes.sum() - np.concatenate([[0], np.cumsum(sizes)[:-1]])
            born = self.lambda_val[self.child == cluster]
            tops = np.concatenate([_finite(born) if len(born) else [0.0], lambdas[:-1]])
            ax.bar(
                np.full(len(left), middle),
                lambdas - tops,
                left,
                bottom=tops,
                linewidth=0,
                color="C1" if cluster in taken else "C0",
            )
        ax.invert_yaxis()
        ax.set_ylabel("lambda")
        ax.set_xticks([])
        return ax

    def _middles(self) -> dict[int, float]:
        """Place the leaves side by side, and clusters between their children."""
        inner = self.child_size > 1
        children: dict[int, list[int]] = {}
        for parent, child in zip(
            self.parent[inner].tolist(), self.child[inner].tolist(), strict=True
        ):
            children.setdefault(parent, []).append(child)
        sizes = dict(zip(self.child[inner].tolist(), self.child_size[inner].tolist(), strict=True))
        middles: dict[int, float] = {}
        edge = 0.0
        stack = [(self.n_rows, False)]
        while stack:
            cluster, done = stack.pop()
            below = children.get(cluster, [])
            if done:
                middles[cluster] = float(np.mean([middles[child] for child in below]))
            elif below:
                stack += [(cluster, True), *((child, False) for child in reversed(below))]
            else:
                width = sizes.get(cluster, self.n_rows)
                middles[cluster] = edge + width / 2
                edge += width * 1.2
        return middles

    def _columns(self) -> dict[str, NDArray[Any]]:
        return {
            "parent": self.parent,
            "child": self.child,
            "lambda_val": self.lambda_val,
            "child_size": self.child_size,
        }


@dataclass(frozen=True, eq=False, repr=False)
class SingleLinkageTree(_Columns):
    """Every join of two parts, by height: node `n_rows + i` joins `left[i]` and `right[i]`.

    Parts that no edge joins, and rows that took no part in the fit, join at infinity.
    """

    n_rows: int
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    distance: NDArray[np.float64]
    size: NDArray[np.int64]

    def __repr__(self) -> str:
        return f"<single-linkage tree of {self.n_rows} rows>"

    def to_linkage(self) -> NDArray[np.float64]:
        """Return the joins as `scipy.cluster.hierarchy` has them: float64, four columns."""
        low, high = np.minimum(self.left, self.right), np.maximum(self.left, self.right)
        return np.column_stack([low, high, self.distance, self.size]).astype(np.float64)

    def plot(self, ax: Any = None, *, n_leaves: int = 50) -> Any:  # noqa: ANN401 - Axes
        """Draw the last `n_leaves` joins as a dendrogram.

        Returns the Axes; ImportError where matplotlib is not installed.
        """
        from scipy.cluster.hierarchy import dendrogram

        ax = ax if ax is not None else _module("matplotlib.pyplot").subplots()[1]
        joins = self.to_linkage()
        joins[:, 2] = _finite(joins[:, 2])
        dendrogram(joins, p=n_leaves, truncate_mode="lastp", no_labels=True, ax=ax)
        ax.set_ylabel("distance")
        return ax

    def _columns(self) -> dict[str, NDArray[Any]]:
        return {
            "left_node": self.left,
            "right_node": self.right,
            "value": self.distance,
            "cluster_size": self.size,
        }


@dataclass(frozen=True, eq=False, repr=False)
class MinimumSpanningTree(_Columns):
    """The lightest tree under mutual reachability; edges in order of distance, then of rows.

    A forest, where rows cannot be reached from each other.
    """

    n_rows: int
    from_row: NDArray[np.int64]
    to_row: NDArray[np.int64]
    distance: NDArray[np.float64]

    def __repr__(self) -> str:
        return f"<minimum spanning tree of {self.n_rows} rows, {len(self.distance)} edges>"

    def plot(self, X: Any, ax: Any = None) -> Any:  # noqa: ANN401 - an array, Axes
        """Draw the edges between the first two columns of X.

        Returns the Axes; ImportError where matplotlib is not installed.
        """
        ax = ax if ax is not None else _module("matplotlib.pyplot").subplots()[1]
        places = np.asarray(X)[:, :2]
        lines = np.stack([places[self.from_row], places[self.to_row]], axis=1)
        edges = _module("matplotlib.collections").LineCollection(lines, array=self.distance)
        ax.add_collection(edges)
        ax.autoscale_view()
        return ax

    def _columns(self) -> dict[str, NDArray[Any]]:
        return {"from": self.from_row, "to": self.to_row, "distance": self.distance}


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values with infinity as a little more than the largest other."""
    finite = values[np.isfinite(values)]
    top = finite.max() * 1.1 if len(finite) else 1.0
    return np.where(np.isfinite(values), values, top)


def _module(name: str) -> Any:  # noqa: ANN401 - a module
    try:
        return import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise ImportError(
            f"this needs {package}, which is not installed\nhint: pip install {package}"
        ) from error
