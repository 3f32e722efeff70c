"""Agglomerative clustering with scikit-learn's interface."""

from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted, check_memory

from fastcluster._arrays import Vectors
from fastcluster._backend import select
from fastcluster._models import SaveMixin
from fastcluster._typing import ArrayLike, Device
from fastcluster._validation import (
    CONSTRAINTS,
    check_dense,
    check_vectors,
    connected_clustering,
    unchanged_on_failure,
)
from fastcluster.cluster._base import log_fit
from fastcluster.cluster._classes import class_centroids
from fastcluster.cluster._cluster_distances import nearest_cluster
from fastcluster.cluster._tree import Affinity, cut, tree
from fastcluster.hierarchy._metrics import cross_distances

__all__ = ["AgglomerativeClustering"]


class AgglomerativeClustering(SaveMixin, ClusterMixin, BaseEstimator):
    """Agglomerative clustering: the two nearest clusters are joined until enough are joined.

    A drop-in for `sklearn.cluster.AgglomerativeClustering` on all permitted cores, which can also
    say to which cluster a new row belongs.

    Parameters
    ----------
    n_clusters : int or None, default=2
        Number of clusters; None where `distance_threshold` is given.
    metric : str or callable, default="euclidean"
        Distance between rows: "euclidean" ("l2"), "manhattan" ("l1"), "cosine", "precomputed", any
        other that `scipy.spatial.distance.pdist` and scikit-learn both know, or a function that
        takes X and returns all distances. "ward" takes "euclidean" only.
    memory : str or object with the joblib.Memory interface, default=None
        Where to keep the tree for later fits of the same X; a str is a folder. None keeps nothing.
    connectivity : array-like, sparse matrix or callable, default=None
        Which rows are neighbours; only neighbouring clusters are joined. scikit-learn computes such
        a tree. None lets all be neighbours.
    compute_full_tree : "auto" or bool, default="auto"
        Whether to build the tree beyond the clusters asked for. Only matters with connectivity.
    linkage : {"ward", "complete", "average", "single"}, default="ward"
        The distance between clusters: growth in the sum of squared errors, farthest rows, mean over
        all pairs of rows, nearest rows.
    distance_threshold : float or None, default=None
        Clusters at least this far apart are not joined; then `n_clusters` must be None.
    compute_distances : bool, default=False
        Whether to keep `distances_` also without a threshold.
    n_jobs : int or None, default=None
        Threads. None is all permitted cores, or 1 inside a joblib worker; -1 all, -2 all but one.
    device : {"auto", "cpu", "cuda"}, default="auto"
        Where to run, as in `KMeans`. A GPU does not fit, and predicts for "ward".

    Attributes
    ----------
    n_clusters_ : int
        Number of clusters.
    labels_ : ndarray of intp of shape (n_samples,)
        Cluster of each row.
    n_leaves_ : int
        Rows.
    n_connected_components_ : int
        Components of the connectivity, 1 without one.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where X has such.
    children_ : ndarray of intp of shape (n_samples - 1, 2)
        The two nodes of each merge; node `n_samples + i` is that of merge i.
    distances_ : ndarray of shape (n_samples - 1,)
        Distance of each merge, with `distance_threshold` or `compute_distances`.
    cluster_centers_ : ndarray of float64 of shape (n_clusters, n_features)
        Mean of each cluster, for "ward" only; what `predict` compares with.
    fit_vectors_ : ndarray of shape (n_samples, n_features)
        The rows of the fit, which `predict` compares with; not for "ward", "precomputed" and
        functions. The array that was passed, where no other type was needed: it is not copied.

    See Also
    --------
    fastcluster.linkage : The dendrogram itself, with more methods.

    Notes
    -----
    Same as in scikit-learn: parameters, errors, attributes, and where no distances tie the tree and
    the numbers of the clusters. Different: `predict`, `cluster_centers_` and `fit_vectors_` exist,
    float16, float32 and integers are read as they are, "single" and "ward" never hold the distances
    of all pairs, nor does "average" with "cosine" above 4,096 rows.

    Memory: see `linkage_vector` for "ward" and "single", else 8 bytes for each pair of rows, which
    `memory_limit` may refuse.

    References
    ----------
    Müllner, "Modern hierarchical, agglomerative clustering algorithms", arXiv:1109.2378.

    Examples
    --------
    >>> from fastcluster import AgglomerativeClustering
    >>> model = AgglomerativeClustering(2).fit([[0.0], [1.0], [9.0], [10.0]])
    >>> model.labels_.tolist()
    [1, 1, 0, 0]
    >>> model.predict([[2.0], [7.0]]).tolist()
    [1, 0]
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_clusters": CONSTRAINTS["n_clusters_or_none"],
        "metric": CONSTRAINTS["metric_of_pairs"],
        "memory": CONSTRAINTS["memory"],
        "connectivity": CONSTRAINTS["connectivity"],
        "compute_full_tree": CONSTRAINTS["compute_full_tree"],
        "linkage": CONSTRAINTS["linkage"],
        "distance_threshold": CONSTRAINTS["distance_threshold"],
        "compute_distances": CONSTRAINTS["compute_distances"],
        "n_jobs": CONSTRAINTS["n_jobs"],
        "device": CONSTRAINTS["device"],
    }

    def __init__(  # noqa: PLR0913 - scikit-learn's signature and ours
        self,
        n_clusters: int | None = 2,
        *,
        metric: Affinity = "euclidean",
        memory: Any = None,  # noqa: ANN401 - scikit-learn's signature
        connectivity: ArrayLike | Callable[[Any], Any] | None = None,
        compute_full_tree: bool | str = "auto",
        linkage: str = "ward",
        distance_threshold: float | None = None,
        compute_distances: bool = False,
        n_jobs: int | None = None,
        device: Device = "auto",
    ) -> None:
        self.n_clusters = n_clusters
        self.metric = metric
        self.memory = memory
        self.connectivity = connectivity
        self.compute_full_tree = compute_full_tree
        self.linkage = linkage
        self.distance_threshold = distance_threshold
        self.compute_distances = compute_distances
        self.n_jobs = n_jobs
        self.device = device

    @unchanged_on_failure
    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Build the tree and cut it.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, n_samples)
            Vectors to cluster, or the distances of all pairs for `metric="precomputed"`. Not
            changed.
        y : ignored
            Present by convention.

        Returns
        -------
        self : AgglomerativeClustering
            The fitted estimator.

        Raises
        ------
        ValueError
            If X or a parameter is out of its range; the message says which and what to do.
        MemoryError
            If the distances of all pairs are needed and pass `memory_limit`.
        KeyboardInterrupt
            On Ctrl-C; the estimator is as it was before.

        Examples
        --------
        >>> from fastcluster import AgglomerativeClustering
        >>> model = AgglomerativeClustering(None, distance_threshold=5, linkage="single")
        >>> model.fit([[0.0], [1.0], [9.0]]).n_clusters_
        2
        """
        self._validate_params()
        backend = select(self.device, self.n_jobs, X)
        backend.only_on_cpu("AgglomerativeClustering.fit")
        check_dense(X)
        vectors = check_vectors(X, backend, estimator=self, reset=True)
        check_dense(vectors.data, n_least=2, estimator=self)
        self._check_together()
        if self.connectivity is not None:
            self._fit_connected(vectors.data)
        else:
            self._fit_tree(vectors.data)
        log_fit(self, backend, vectors, f"{self.linkage} linkage")
        self._keep_what_predict_needs(vectors.data)
        return self

    def fit_predict(self, X: ArrayLike, y: object = None) -> NDArray[np.intp]:
        """Fit, and return the cluster of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, n_samples)
            As in `fit`.
        y : ignored
            Present by convention.

        Returns
        -------
        labels : ndarray of intp of shape (n_samples,)
            `labels_`.

        Examples
        --------
        >>> from fastcluster import AgglomerativeClustering
        >>> AgglomerativeClustering(2).fit_predict([[0.0], [1.0], [9.0]]).tolist()
        [0, 0, 1]
        """
        return self.fit(X).labels_

    def predict(self, X: ArrayLike) -> NDArray[np.intp]:
        """Return the cluster that is nearest to each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, n_fitted_samples)
            Vectors of the same width as those of the fit, or for `metric="precomputed"` the
            distances to all rows of the fit.

        Returns
        -------
        labels : ndarray of intp of shape (n_samples,)
            "ward": the cluster of the nearest mean. "single", "complete" and "average": the cluster
            of the nearest row, of the least largest distance, of the least mean distance. Ties go
            to the lowest number.

        Raises
        ------
        NotFittedError
            If there is no fit yet.
        ValueError
            If X does not match the fit.
        TypeError
            If the metric is a function, which knows no distances to new rows.

        Notes
        -----
        The cut of the tree defines the labels of the fit. For "single", `predict` of the fit's own
        rows gives the same, but for equal rows in two clusters. For the others it may not: a row
        that was joined early can be nearer to another cluster in the end.

        Memory: 32 MiB of distances at a time; "ward": none.

        Examples
        --------
        >>> from fastcluster import AgglomerativeClustering
        >>> model = AgglomerativeClustering(2, linkage="single").fit([[0.0], [1.0], [9.0]])
        >>> model.predict([[4.0], [6.0]]).tolist()
        [0, 1]
        """
        check_is_fitted(self)
        if callable(self.metric):
            raise TypeError(
                "predict needs a named metric, got a function, which takes X alone\n"
                "hint: fit with metric='precomputed', and pass distances to predict"
            )
        backend = select(self.device, self.n_jobs, X)
        check_dense(X)
        vectors = check_vectors(X, backend, estimator=self)
        if self.linkage == "ward":
            labels, _ = backend.assign(
                vectors.matrix,
                backend.moved(self.cluster_centers_),
                metric="euclidean",
                inertia=False,
            )
            return backend.give(labels.astype(np.intp))
        backend.only_on_cpu(f"AgglomerativeClustering.predict with linkage={self.linkage!r}")
        data = vectors.data
        if self.metric == "precomputed":
            return nearest_cluster(len(data), data.__getitem__, self.labels_, self.linkage)
        distances = cross_distances(data, self.fit_vectors_, self.metric)
        return nearest_cluster(len(data), distances, self.labels_, self.linkage)

    def _check_together(self) -> None:
        """Refuse parameters that do not go with each other, in scikit-learn's words."""
        if (self.n_clusters is None) == (self.distance_threshold is None):
            raise ValueError(
                "Exactly one of n_clusters and distance_threshold has to be set, and the other "
                "needs to be None.\nhint: pass n_clusters=None with a distance_threshold"
            )
        if self.distance_threshold is not None and not self.compute_full_tree:
            raise ValueError(
                "compute_full_tree must be True if distance_threshold is set.\n"
                "hint: leave compute_full_tree out"
            )
        if self.linkage == "ward" and self.metric not in ("euclidean", "l2"):
            raise ValueError(
                f"{self.metric} was provided as metric. Ward can only work with euclidean "
                "distances (i.e. 'euclidean' and 'l2').\nhint: pass linkage='average'"
            )

    def _fit_tree(self, data: NDArray[Any]) -> None:
        merges = check_memory(self.memory).cache(tree, ignore=["device", "n_jobs"])(
            data, self.linkage, self.metric, self.device, self.n_jobs
        )
        self.children_ = merges[:, :2].astype(np.intp)
        self.n_leaves_ = len(data)
        self.n_connected_components_ = 1
        if self.distance_threshold is not None or self.compute_distances:
            self.distances_ = merges[:, 2].copy()
        elif hasattr(self, "distances_"):
            del self.distances_
        if self.n_clusters is None:
            self.n_clusters_ = int(np.count_nonzero(merges[:, 2] >= self.distance_threshold)) + 1
        else:
            self.n_clusters_ = self.n_clusters
        self.labels_ = cut(self.children_, self.n_clusters_)

    def _fit_connected(self, data: NDArray[Any]) -> None:
        """Let scikit-learn build the tree on its graph, and take what it found."""
        parameters = self.get_params(deep=False)
        fitted = connected_clustering(
            data, **{name: parameters[name] for name in parameters if name not in _OURS}
        )
        names = ["children_", "n_leaves_", "n_connected_components_", "n_clusters_", "labels_"]
        for name in [*names, "distances_"]:
            if hasattr(fitted, name):
                setattr(self, name, getattr(fitted, name))

    def _keep_what_predict_needs(self, data: NDArray[Any]) -> None:
        if self.linkage == "ward":
            self.cluster_centers_ = class_centroids(
                Vectors(data), self.labels_, self.n_clusters_, median=False
            )
        elif self.metric != "precomputed" and not callable(self.metric):
            self.fit_vectors_ = data

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401 - scikit-learn's Tags
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = self.metric == "precomputed"
        return tags


_OURS = ("n_jobs", "device")
"""Parameters that scikit-learn does not know."""
