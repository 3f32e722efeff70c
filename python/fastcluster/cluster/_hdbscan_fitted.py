"""What a fitted HDBSCAN answers: trees, other selections, radii, new rows, soft clusters."""

import itertools
from typing import Any, Self

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from fastcluster._backend import Backend, select
from fastcluster._results import DensityPlaces, DensityTree, Reachability
from fastcluster._typing import ArrayLike, Device, Metric
from fastcluster._validation import check_memory, check_vectors
from fastcluster.cluster._hdbscan_distances import (
    Distances,
    check_metric,
    native_metric,
    nearest_of_labels,
)
from fastcluster.cluster._hdbscan_rows import INFINITE, MISSING, Rows, as_rows, matrix_of, read_rows
from fastcluster.cluster._hdbscan_trees import (
    CondensedTree,
    MinimumSpanningTree,
    SingleLinkageTree,
)

__all__ = ["FittedHDBSCAN"]

_SELECTION = (
    "min_cluster_size",
    "cluster_selection_epsilon",
    "max_cluster_size",
    "cluster_selection_method",
    "allow_single_cluster",
    "store_centers",
    "ties",
)
"""Parameters that only select clusters from the tree."""


class FittedHDBSCAN:
    """The methods of `HDBSCAN` that need a fit; its parameters and `fit` are in the subclass."""

    labels_: NDArray[np.intp]

    metric: Any
    metric_params: dict[str, Any] | None
    alpha: float
    algorithm: str
    n_jobs: int | None
    device: Device

    _min_samples: int
    _training: Any
    """The finite rows of the fit as the core takes them; None where distances were given."""
    _rows: tuple[int, NDArray[np.intp] | None, NDArray[np.intp], NDArray[np.intp]]
    """How many rows there were, and the numbers of those finite, infinite and missing."""
    _reachability: dict[str, Any]
    """Columns of the tree, core distances and neighbours: arrays."""
    _density_tree: dict[str, Any]
    _stabilities: NDArray[np.float64]
    _exemplars: tuple[NDArray[np.uint32], NDArray[np.uint32]]
    """Rows and labels, label by label."""

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
        exemplars = as_rows(self._training)[self._exemplars[0]]
        bounds = np.searchsorted(self._exemplars[1], np.arange(self._n_labels() + 1))
        return [exemplars[start:end] for start, end in itertools.pairwise(bounds)]

    def recut(self, **changes: Any) -> Self:  # noqa: ANN401 - values of parameters
        """Select other clusters from the same tree, without fitting again.

        Parameters
        ----------
        **changes : min_cluster_size, cluster_selection_method, cluster_selection_epsilon, \
max_cluster_size, allow_single_cluster, store_centers, ties
            Parameters that change. `min_samples` stays what it was in the fit, also where it
            followed `min_cluster_size`.

        Returns
        -------
        model : HDBSCAN
            A new fitted estimator that shares the tree; this one stays as it is.

        Raises
        ------
        ValueError
            If a value is out of its range.
        TypeError
            If a parameter needs another tree.

        Notes
        -----
        O(n), but for `store_centers`. Equal to a fresh fit with these parameters.

        Examples
        --------
        >>> from fastcluster import HDBSCAN
        >>> model = HDBSCAN(2).fit([[0.0], [1.0], [8.0], [9.0]])
        >>> model.recut(allow_single_cluster=True, min_cluster_size=3).labels_.tolist()
        [0, 0, 0, 0]
        """
        check_is_fitted(self)
        strange = sorted(set(changes) - set(_SELECTION))
        if strange:
            raise TypeError(
                f"recut takes {', '.join(_SELECTION)}, got {', '.join(strange)}\n"
                "hint: other parameters need a new fit"
            )
        model: Any = clone(self).set_params(min_samples=self._min_samples, **changes)
        model._validate_params()  # noqa: SLF001 - another of its class
        fitted = {name: value for name, value in vars(self).items() if name not in vars(model)}
        vars(model).update(fitted)
        model._select(self._backend())  # noqa: SLF001 - as above
        recut: Self = model
        return recut

    def dbscan_clustering(self, cut_distance: float, min_cluster_size: int = 5) -> NDArray[np.intp]:
        """Return the clusters at one height of the tree: DBSCAN*, without border rows.

        Parameters
        ----------
        cut_distance : float
            Rows stay together where they are joined below this mutual reachability.
        min_cluster_size : int, default=5
            Smaller parts are noise.

        Returns
        -------
        labels : ndarray of intp of shape (n_samples,)
            As scikit-learn's; -1 for noise, -2 and -3 for rows with infinity and with NaN.

        See Also
        --------
        dbscan_labels : DBSCAN with border rows, as scikit-learn's DBSCAN.

        Examples
        --------
        >>> from fastcluster import HDBSCAN
        >>> model = HDBSCAN(2).fit([[0.0], [1.0], [8.0], [9.0]])
        >>> model.dbscan_clustering(2.0, min_cluster_size=2).tolist()
        [0, 0, 1, 1]
        """
        labels = self._backend().density_cut_at(
            self._tree_of_fit(), height=float(cut_distance), min_cluster_size=min_cluster_size
        )
        return self._labels(self._rows_of_fit(), labels)

    def dbscan_labels(self, eps: float) -> NDArray[np.intp]:
        """Return the labels of DBSCAN with any radius, from this one fit.

        Parameters
        ----------
        eps : float
            The radius, inclusive.

        Returns
        -------
        labels : ndarray of intp of shape (n_samples,)
            Equal to those of `sklearn.cluster.DBSCAN(eps, min_samples=min_samples)`, border rows
            and numbers of labels included; -2 and -3 for rows with infinity and with NaN.

        Raises
        ------
        ValueError
            If the fit had another alpha than 1, or eps is not positive.

        Notes
        -----
        O(n min_samples). Under "euclidean" squared distances are compared with eps squared, as
        scikit-learn does.

        Examples
        --------
        >>> from fastcluster import HDBSCAN
        >>> model = HDBSCAN(2).fit([[0.0], [1.0], [8.0], [9.0]])
        >>> model.dbscan_labels(7.0).tolist()
        [0, 0, 0, 0]
        """
        fitted = self._tree_of_fit()
        if self.alpha != 1.0:
            raise ValueError(
                f"dbscan_labels needs a fit with alpha=1, got alpha={self.alpha}\n"
                "hint: DBSCAN knows no alpha; fit with alpha=1.0"
            )
        if not eps > 0:
            raise ValueError(f"eps={eps} must be > 0\nhint: it is the radius of a neighbourhood")
        native = self._native()
        labels = self._backend().dbscan_of_tree(
            fitted,
            eps=float(eps),
            vectors=self._training if native == "euclidean" else None,
            metric=native or "euclidean",
        )
        return self._labels(self._rows_of_fit(), labels)

    def predict(self, X: ArrayLike) -> NDArray[np.intp]:
        """Return the cluster of each new row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_rows, n_features)
            New vectors; where `metric="precomputed"`, their distances to all training rows.

        Returns
        -------
        labels : ndarray of intp of shape (n_rows,)
            As in `approximate_predict`.

        Raises
        ------
        NotFittedError
            If there is no fit yet.
        ValueError
            If X does not match the fit.

        Examples
        --------
        >>> from fastcluster import HDBSCAN
        >>> model = HDBSCAN(2).fit([[0.0], [1.0], [8.0], [9.0]])
        >>> model.predict([[0.5], [8.5]]).tolist()
        [0, 1]
        """
        return self.approximate_predict(X)[0]

    def approximate_predict(self, X: ArrayLike) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return the cluster of each new row, and how firmly it belongs to it.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_rows, n_features)
            New vectors; where `metric="precomputed"`, their distances to all training rows.

        Returns
        -------
        labels : ndarray of intp of shape (n_rows,)
            Clusters of the fit; -1 for noise, -2 and -3 for rows with infinity and with NaN.
        probabilities : ndarray of shape (n_rows,)
            How firmly, as in `probabilities_`.

        Raises
        ------
        NotFittedError
            If there is no fit yet.
        ValueError
            If X does not match the fit.

        Notes
        -----
        "Approximate" as in the hdbscan package: the tree stays as it is, while fitting again with
        the new rows might change it. A row is attached to the training row that is nearest in
        mutual reachability (searched exactly, O(m n d)) and leaves the tree with it, or before it
        at the height of their edge. A training row passed as a new one gets its own label and
        probability; of equal training rows, those of the first. What a row gets does not depend on
        the other rows of X.

        Examples
        --------
        >>> from fastcluster import HDBSCAN
        >>> model = HDBSCAN(2).fit([[0.0], [1.0], [8.0], [9.0]])
        >>> labels, probabilities = model.approximate_predict([[0.0], [12.0]])
        >>> labels.tolist(), probabilities.round(2).tolist()
        ([0, 1], [1.0, 0.25])
        """
        rows, places = self._placed(X)
        return (
            self._labels(rows, places.labels),
            rows.spread(places.probabilities, 0.0, np.nan),
        )

    def outlier_scores(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the GLOSH outlier score of each new row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_rows, n_features)
            As in `approximate_predict`.

        Returns
        -------
        scores : ndarray of shape (n_rows,)
            0 for the densest, towards 1 for outliers; `outlier_scores_` for training rows.

        Examples
        --------
        >>> from fastcluster import HDBSCAN
        >>> model = HDBSCAN(2).fit([[0.0], [1.0], [8.0], [9.0]])
        >>> model.outlier_scores([[0.0], [12.0]]).round(2).tolist()
        [0.0, 0.75]
        """
        rows, places = self._placed(X)
        return rows.spread(places.outlier_scores, 1.0, np.nan)

    def membership_vector(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return how much each new row belongs to each cluster.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_rows, n_features)
            As in `approximate_predict`.

        Returns
        -------
        memberships : ndarray of shape (n_rows, n_clusters)
            A row sums to the probability that it is in any cluster: at most 1. 0 and NaN for rows
            with infinity and with NaN.

        Raises
        ------
        MemoryError
            If the result is larger than `memory_limit`.

        See Also
        --------
        all_points_membership_vectors : The same for the rows of the fit.

        Notes
        -----
        The definition is that of the hdbscan package: nearness to the exemplars of a cluster times
        how late row and cluster part in the tree.

        Examples
        --------
        >>> from fastcluster import HDBSCAN
        >>> model = HDBSCAN(2).fit([[0.0], [1.0], [8.0], [9.0]])
        >>> model.membership_vector([[0.5]]).argmax(axis=1).tolist()
        [0]
        """
        rows, places = self._placed(X)
        distances = self._to_exemplars(rows.vectors.data)
        found = self._backend().membership(
            self._condensed(), distances, (places.clusters, places.lambdas)
        )
        return rows.spread(found, 0.0, np.nan)

    def all_points_membership_vectors(self) -> NDArray[np.float64]:
        """Return how much each row of the fit belongs to each cluster.

        Returns
        -------
        memberships : ndarray of shape (n_samples, n_clusters)
            As in `membership_vector`.

        Raises
        ------
        MemoryError
            If the result is larger than `memory_limit`.
        ValueError
            If the fit had distances in place of vectors.

        Examples
        --------
        >>> from fastcluster import HDBSCAN
        >>> model = HDBSCAN(2).fit([[0.0], [1.0], [8.0], [9.0]])
        >>> model.all_points_membership_vectors().argmax(axis=1).tolist()
        [0, 0, 1, 1]
        """
        rows = self._rows_of_fit()
        if self._training is None:
            raise ValueError(
                "all_points_membership_vectors needs vectors, and metric='precomputed' has none\n"
                "hint: membership_vector(D) with the distances of the fit"
            )
        distances = self._to_exemplars(as_rows(self._training))
        return rows.spread(self._backend().membership(self._condensed(), distances), 0.0, np.nan)

    def _backend(self) -> Backend:
        check_is_fitted(self)
        return select(self.device, self.n_jobs)

    def _native(self) -> Metric | None:
        return native_metric(self.metric, self.metric_params or {})

    def _distances(self, backend: Backend, *, sparse: bool) -> Distances:
        by_tree = check_metric(self.metric, self.algorithm, sparse=sparse)
        return Distances(self.metric, dict(self.metric_params or {}), by_tree, backend.n_threads)

    def _tree_of_fit(self) -> Reachability:
        check_is_fitted(self)
        return Reachability(**self._reachability)

    def _condensed(self) -> DensityTree:
        check_is_fitted(self)
        return DensityTree(**self._density_tree)

    def _n_labels(self) -> int:
        check_is_fitted(self)
        return len(self._density_tree["selected"])

    def _rows_of_fit(self) -> Rows:
        """Return where the rows of the fit stood; their vectors are not asked for."""
        check_is_fitted(self)
        n_rows, numbers, infinite, missing = self._rows
        return Rows(self._training, n_rows, numbers, infinite, missing)

    @staticmethod
    def _labels(rows: Rows, labels: NDArray[np.int64]) -> NDArray[np.intp]:
        return rows.spread(labels.astype(np.intp, copy=False), INFINITE, MISSING)

    def _placed(self, X: ArrayLike) -> tuple[Rows, DensityPlaces]:
        """Read new rows and find their places in the tree."""
        backend = self._backend()
        cores = self._reachability["cores"]
        how: dict[str, Any] = {"min_samples": self._min_samples, "alpha": float(self.alpha)}
        native = self._native()
        if self.metric == "precomputed":
            rows = self._read_new_distances(X, backend)
            distances = np.ascontiguousarray(rows.vectors.data, dtype=np.float64)
            attached = backend.attach_distances(distances, cores, **how)
            return rows, backend.place(self._condensed(), *attached)
        rows = read_rows(self, X, backend, reset=False, widen=native is None)
        if rows.vectors.shape[0] == 0:
            attached = np.empty(0, np.uint32), np.empty(0)
        elif native is not None:
            attached = backend.attach(
                rows.vectors.matrix, self._training, cores, metric=native, **how
            )
        else:
            training = as_rows(self._training)
            either = scipy.sparse.issparse(training) or scipy.sparse.issparse(rows.vectors.data)
            metric = self._distances(backend, sparse=either)
            parts = [
                backend.attach_distances(block, cores, **how)
                for _, block in metric.blocks(rows.vectors.data, training)
            ]
            numbers, heights = zip(*parts, strict=True)
            attached = np.concatenate(numbers), np.concatenate(heights)
        return rows, backend.place(self._condensed(), *attached)

    def _read_new_distances(self, X: ArrayLike, backend: Backend) -> Rows:
        if scipy.sparse.issparse(X):
            raise ValueError(
                "metric='precomputed' takes new rows as a dense array of their distances to all "
                "training rows\nhint: infinity stands for a distance that is not there"
            )
        vectors = check_vectors(X, estimator=self, n_threads=backend.n_threads, finite=False)
        if vectors.data.dtype.kind not in "iu" and np.isnan(vectors.data).any():
            raise ValueError(
                "np.nan values found in precomputed-dense\nhint: infinity stands for no distance"
            )
        none = np.empty(0, dtype=np.intp)
        return Rows(vectors, vectors.shape[0], None, none, none)

    def _to_exemplars(self, data: Any) -> NDArray[np.float64]:  # noqa: ANN401 - dense or CSR
        """Return the distance from each row to the nearest exemplar of each cluster."""
        backend, n_labels = self._backend(), self._n_labels()
        check_memory(8 * data.shape[0] * n_labels, "the memberships in each cluster")
        numbers, labels = self._exemplars
        if self._training is None:
            return nearest_of_labels(np.asarray(data[:, numbers], np.float64), labels, n_labels)
        if n_labels == 0 or data.shape[0] == 0:
            return np.empty((data.shape[0], n_labels))
        exemplars = as_rows(self._training)[numbers]
        native = self._native()
        if native is None:
            metric = self._distances(backend, sparse=scipy.sparse.issparse(data))
            return metric.to_exemplars(data, exemplars, labels, n_labels)
        return backend.exemplar_distances(
            matrix_of(data), matrix_of(exemplars), labels, n_labels=n_labels, metric=native
        )


def _renumbered(
    nodes: NDArray[np.int64], n_rows: int, shift: int, numbers: NDArray[np.intp] | None
) -> NDArray[np.int64]:
    """Return nodes of the tree of finite rows as nodes of a tree of all rows."""
    if numbers is None:
        return nodes
    is_row = nodes < n_rows
    return np.where(is_row, numbers[np.where(is_row, nodes, 0)], nodes + shift)
