"""Hierarchical density-based clustering."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClusterMixin

from fastcluster._arrays import Vectors, on_host
from fastcluster._backend import Backend, select
from fastcluster._config import setting
from fastcluster._models import SaveMixin
from fastcluster._results import Reachability
from fastcluster._typing import ArrayLike, Device
from fastcluster._validation import (
    CONSTRAINTS,
    check_memory,
    check_vectors,
    unchanged_on_failure,
)
from fastcluster.cluster._base import log_fit
from fastcluster.cluster._hdbscan_centers import weighted_centroids
from fastcluster.cluster._hdbscan_cuts import CutsOfHDBSCAN
from fastcluster.cluster._hdbscan_distances import check_distances, check_metric
from fastcluster.cluster._hdbscan_peer import from_hdbscan
from fastcluster.cluster._hdbscan_places import PlacesOfHDBSCAN
from fastcluster.cluster._hdbscan_rows import Rows, as_rows, read_rows
from fastcluster.cluster._hdbscan_views import TreesOfHDBSCAN

__all__ = ["HDBSCAN"]


class HDBSCAN(
    TreesOfHDBSCAN, CutsOfHDBSCAN, PlacesOfHDBSCAN, SaveMixin, ClusterMixin, BaseEstimator
):
    """Clusters of any density, and noise: HDBSCAN*.

    Rows that stay together over the widest range of densities form clusters; how many there are is
    found, not given. scikit-learn's interface, and beside it predictions for new rows, soft
    clusters, outlier scores, DBSCAN for every radius and other selections from the same fit.

    Parameters
    ----------
    min_cluster_size : int, default=5
        Rows that a group needs to be a cluster; smaller groups are rows that fall out of one. At
        least 2.
    min_samples : int, default=None
        Rows within its core distance that a row needs, *itself included*; larger calls more rows
        noise. None is `min_cluster_size`.
    cluster_selection_epsilon : float, default=0.0
        Clusters that would split below this distance are taken whole.
    max_cluster_size : int, default=None
        Larger clusters give way to their children, under "eom". None is no limit.
    metric : str or callable, default="euclidean"
        "euclidean" and "cosine" (1 - cosine; a row of zeros is at distance 1 from every other) are
        computed by the core. "precomputed": X is a symmetric matrix of distances, or a sparse graph
        of those that there are. Any other metric of scikit-learn, and callables of two rows, are
        computed by scikit-learn in float64, see Notes.
    metric_params : dict, default=None
        Parameters of the metric. With a sparse precomputed graph, `{"max_distance": d}` stands for
        the core distance of rows that list too few others.
    alpha : float, default=1.0
        Distances are divided by it, core distances are not.
    algorithm : {"auto", "brute", "kd_tree", "ball_tree"}, default="auto"
        Accepted as in scikit-learn, with its errors where one does not take the metric. All give
        the same exact result.
    leaf_size : int, default=40
        Accepted and not used.
    n_jobs : int or None, default=None
        Threads. None is all permitted cores, or 1 inside a joblib worker; -1 all, -2 all but one.
    cluster_selection_method : {"eom", "leaf"}, default="eom"
        "eom" takes the most stable clusters: children instead of a cluster only if they are
        strictly more stable. "leaf" takes those that do not split, more and smaller ones.
    allow_single_cluster : bool, default=False
        Whether all rows may be one cluster.
    store_centers : {"centroid", "medoid", "both"}, default=None
        What to compute of each cluster: the mean weighted by probability, the row with the least
        weighted sum of distances to the others, or both.
    copy : bool, default=True
        Accepted and not used: X is never changed.
    ties : {"binary", "merge"}, default="binary"
        What equal heights in the tree are. "binary" joins two parts at a time, in the order of row
        numbers, as scikit-learn does in some order. "merge" joins all at once; the clusters then do
        not depend on the order of the rows.
    approximate : bool, default=False
        Whether a tree that is nearly the lightest will do, made of near rows found in a part of all
        pairs. `approximation_` tells how nearly. It saves time from some thousand rows in many
        dimensions on; elsewhere, and for other metrics than "euclidean" and "cosine", the fit stays
        exact.
    device : {"auto", "cpu", "cuda"}, default="auto"
        Where to run; "auto" follows the array, as in `KMeans`.

    Attributes
    ----------
    labels_ : ndarray of intp of shape (n_samples,)
        Cluster of each row; -1 for noise, -2 for rows with infinity, -3 for rows with NaN. Both
        kinds of rows take no part in the fit.
    probabilities_ : ndarray of shape (n_samples,)
        How firmly each row belongs to its cluster, up to 1; 0 for noise and rows with infinity, NaN
        for rows with NaN.
    outlier_scores_ : ndarray of shape (n_samples,)
        GLOSH: 0 for the densest rows of a neighbourhood, towards 1 for outliers; 1 for rows with
        infinity, NaN for rows with NaN.
    core_distances_ : ndarray of shape (n_samples,)
        The distance within which each row has `min_samples` rows.
    centroids_, medoids_ : ndarray of float64 of shape (n_clusters, n_features)
        By `store_centers`.
    condensed_tree_, single_linkage_tree_, minimum_spanning_tree_ : objects
        The trees, each with `to_numpy()`, `to_pandas()` and `plot()`.
    exemplars_ : list of ndarray
        The rows at the heart of each cluster; `exemplar_indices_` are their numbers.
    approximation_ : dict
        With `approximate=True`, what was measured on `n_checked` rows, drawn at random and compared
        with all others: `recall`, the share of their nearest rows (`min_samples - 1` each) that the
        fit had found; `excess_weight`, by which share of its weight the tree exceeds the lightest
        one, estimated, rather too large than too small; `excess_weight_seen`, how much of it the
        checked rows show, which is certain; and the standard errors `recall_error` and
        `excess_weight_error`. See Notes.
    n_features_in_ : int
        Width of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Column names, if X had names that are all strings.

    Notes
    -----
    *Exact.* The tree is the lightest one under mutual reachability, ``max(d / alpha, c_i, c_j)``
    in float64, with edges of equal weight in the order of their rows. Mutual reachability makes
    equal weights common, and scikit-learn leaves their order open: its labels are equal to these on
    data without ties (always so with `min_samples=1`), and may differ in single rows elsewhere.

    *Cost.* Finding the tree compares all pairs of rows: O(n^2 d) time and O(n min_samples) memory.
    All other methods that read no vectors, `recut` among them, take O(n).

    *Approximate* trees are made of the nearest rows that a row has in groups near its own: about
    twenty groups of some 256 rows (up to 1024 groups, made by k-means). Core distances are never
    too small. The checked rows come in eight parts. The tree is made anew with what comparing them
    with all others finds: what it loses is part of the excess, and what only one part had found, on
    average, tells how much all other pairs would find (a first-order jackknife; pairs that save
    only together are missed). The errors are those of the means over parts. Labels do not depend
    on `n_jobs`; they may on the processor's instruction set.

    *Other metrics* are computed by scikit-learn: the matrix of distances at once if it takes 1 GiB
    or less and no more than `memory_limit`, and row by row, twice, beyond that.

    *Differences from scikit-learn.* Under `metric="precomputed"` and `algorithm="brute"` it divides
    core distances by alpha, too; here alpha means the same everywhere. In a sparse graph a row
    counts itself here whether or not its zero is stored: scikit-learn's `min_samples=m` on a graph
    without stored zeros is `m + 1` here. Parts of a graph that no edge joins stay apart, where
    scikit-learn raises. The labels of rows with infinity are -2 if they hold no NaN.

    *On a GPU* the trees and answers are the CPU's, for Euclidean and cosine distance. Arrays come
    back as the caller's, the trees in host memory; medoids are for the CPU.

    *The hdbscan package* does not count the row itself: its `min_samples=m` is `m + 1` here.
    `HDBSCAN.from_hdbscan` converts its parameters.

    The fitted model keeps X, without a copy where X can be read as it is: change X afterwards, and
    predictions change.

    Campello, Moulavi, Zimek and Sander, doi:10.1145/2733381; McInnes and Healy, arXiv:1705.07321.

    Examples
    --------
    >>> import numpy as np
    >>> from fastcluster import HDBSCAN
    >>> X = np.array([[1.0], [1.1], [1.2], [7.0], [7.1], [7.2], [40.0]])
    >>> HDBSCAN(min_cluster_size=3, min_samples=2).fit_predict(X).tolist()
    [0, 0, 0, 1, 1, 1, -1]
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "metric": CONSTRAINTS["metric_of_neighbors"],
        "algorithm": CONSTRAINTS["algorithm_of_neighbors"],
        "min_samples": CONSTRAINTS["min_samples_of_density"],
        **{
            name: CONSTRAINTS[name]
            for name in (
                "min_cluster_size",
                "cluster_selection_epsilon",
                "max_cluster_size",
                "metric_params",
                "alpha",
                "leaf_size",
                "n_jobs",
                "cluster_selection_method",
                "allow_single_cluster",
                "store_centers",
                "copy",
                "ties",
                "approximate",
                "device",
            )
        },
    }

    def __init__(  # noqa: PLR0913, PLR0917 - scikit-learn's signature and ours
        self,
        min_cluster_size: int = 5,
        min_samples: int | None = None,
        cluster_selection_epsilon: float = 0.0,
        max_cluster_size: int | None = None,
        metric: str | Callable[..., float] = "euclidean",
        metric_params: dict[str, Any] | None = None,
        alpha: float = 1.0,
        algorithm: str = "auto",
        leaf_size: int = 40,
        n_jobs: int | None = None,
        cluster_selection_method: str = "eom",
        allow_single_cluster: bool = False,
        store_centers: str | None = None,
        copy: bool = True,
        *,
        ties: str = "binary",
        approximate: bool = False,
        device: Device = "auto",
    ) -> None:
        self.min_cluster_size = min_cluster_size
        self.min_samples = min_samples
        self.cluster_selection_epsilon = cluster_selection_epsilon
        self.max_cluster_size = max_cluster_size
        self.metric = metric
        self.metric_params = metric_params
        self.alpha = alpha
        self.algorithm = algorithm
        self.leaf_size = leaf_size
        self.n_jobs = n_jobs
        self.cluster_selection_method = cluster_selection_method
        self.allow_single_cluster = allow_single_cluster
        self.store_centers = store_centers
        self.copy = copy
        self.ties = ties
        self.approximate = approximate
        self.device = device

    @classmethod
    def from_hdbscan(cls, parameters: Any) -> Self:  # noqa: ANN401 - a mapping or an estimator
        """Return an unfitted estimator that clusters as the hdbscan package would.

        Parameters
        ----------
        parameters : dict or hdbscan.HDBSCAN
            Parameters of hdbscan, or an estimator that has them. `min_samples` is raised by one,
            for hdbscan does not count the row itself, and its default follows `min_cluster_size`.
            What only tells hdbscan how to compute is left out.

        Returns
        -------
        model : HDBSCAN
            The estimator.

        Raises
        ------
        ValueError
            If a parameter asks for what is not here, such as `p` without "minkowski", or is
            unknown.

        Examples
        --------
        >>> from fastcluster import HDBSCAN
        >>> HDBSCAN.from_hdbscan({"min_cluster_size": 10}).min_samples
        11
        """
        given = parameters if isinstance(parameters, Mapping) else parameters.get_params()
        return cls(**from_hdbscan(given))

    @unchanged_on_failure
    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Find clusters.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Vectors to cluster, or distances of shape (n_samples, n_samples) where
            `metric="precomputed"`: there infinity is no distance, and the diagonal counts as 0.
            float16, bfloat16, float32, float64, int8 and uint8 are read as they are.
        y : ignored
            Present by convention.

        Returns
        -------
        self : HDBSCAN
            The fitted estimator.

        Raises
        ------
        ValueError
            If there are fewer than two rows or than `min_samples`, a metric is unknown or not for
            this algorithm, or distances are not square, not symmetric or negative.
        MemoryError
            If the fit would take more than `memory_limit` on top of X; of "euclidean" and "cosine"
            that is all it takes, of other metrics the matrix of distances or the lists of
            neighbours.
        KeyboardInterrupt
            On Ctrl-C; the estimator is as it was before.

        Examples
        --------
        >>> from fastcluster import HDBSCAN
        >>> model = HDBSCAN(2, metric="precomputed").fit([[0, 1, 9], [1, 0, 9], [9, 9, 0]])
        >>> model.core_distances_.tolist()
        [1.0, 1.0, 9.0]
        """
        self._validate_params()
        backend = select(self.device, self.n_jobs, X)
        if self._native() is None:
            backend.only_on_cpu(f"metric={self.metric!r}")
        if self.store_centers in {"medoid", "both"}:
            backend.only_on_cpu(f"store_centers={self.store_centers!r}")
        if self.metric == "precomputed":
            rows = self._read_distances(X, backend)
        else:
            sparse = scipy.sparse.issparse(X)
            if self._native() is None or self.algorithm not in {"auto", "brute"}:
                check_metric(self.metric, self.algorithm, sparse=sparse)
            rows = read_rows(self, X, backend, reset=True, widen=self._native() is None)
        reachability = self._reachability_of(rows.vectors, backend)
        log_fit(self, backend, rows.vectors, "minimum spanning tree")
        self._keep(backend, rows, reachability)
        self._select(backend)
        return self

    def fit_predict(self, X: ArrayLike, y: object = None) -> NDArray[np.intp]:
        """Fit, and return the label of each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            As in `fit`.
        y : ignored
            Present by convention.

        Returns
        -------
        labels : ndarray of intp of shape (n_samples,)
            `labels_`.

        Examples
        --------
        >>> from fastcluster import HDBSCAN
        >>> HDBSCAN(2).fit_predict([[0.0], [1.0], [8.0], [9.0]]).tolist()
        [0, 0, 1, 1]
        """
        return self.fit(X).labels_

    def _read_distances(self, X: ArrayLike, backend: Backend) -> Rows:
        """Check a matrix of distances."""
        if self.store_centers is not None:
            raise ValueError(
                "Cannot store centers when using a precomputed distance matrix.\n"
                "hint: pass store_centers=None, or vectors and their metric"
            )
        check_metric(self.metric, self.algorithm, sparse=False)
        strange = set(self.metric_params or {}) - {"max_distance"}
        if strange:
            raise ValueError(
                f"metric_params of metric='precomputed' may only have max_distance, got "
                f"{sorted(strange)}\nhint: leave them out; the distances are given"
            )
        vectors = check_vectors(
            X, backend, estimator=self, reset=True, finite=scipy.sparse.issparse(X)
        )
        dense = not scipy.sparse.issparse(vectors.data)
        if dense and vectors.data.dtype.kind not in "iu" and np.isnan(vectors.data).any():
            raise ValueError(
                "np.nan values found in precomputed-dense\nhint: infinity stands for no distance"
            )
        check_distances(vectors.data)
        none = np.empty(0, dtype=np.intp)
        return Rows(vectors, vectors.shape[0], None, none, none)

    def _reachability_of(self, vectors: Vectors, backend: Backend) -> Reachability:
        """Find the tree, by the way that the metric takes."""
        n_samples, _ = vectors.shape
        if n_samples < 2:
            raise ValueError(
                f"n_samples={n_samples} while HDBSCAN requires more than one sample\n"
                "hint: pass more rows with finite values"
            )
        min_samples = self.min_cluster_size if self.min_samples is None else self.min_samples
        if min_samples > n_samples:
            raise ValueError(
                f"min_samples ({min_samples}) must be at most the number of samples in X "
                f"({n_samples})\nhint: pass min_samples={n_samples} or fewer; "
                "where min_samples is None it is min_cluster_size"
            )
        native = self._native()
        if native is None:  # else the core counts all that its way takes
            check_memory(12 * n_samples * (min_samples - 1), "the lists of neighbours of each row")
        self._min_samples = int(min_samples)
        how: dict[str, Any] = {"min_samples": self._min_samples, "alpha": float(self.alpha)}
        if self.metric == "precomputed":
            max_distance = (self.metric_params or {}).get("max_distance", 0.0)
            return backend.reachability_precomputed(
                vectors.matrix,
                max_distance=float(max_distance) if max_distance > 0 else None,
                **how,
            )
        if native is not None:
            return backend.reachability(
                vectors.matrix,
                metric=native,
                approximate=bool(self.approximate),
                memory_limit=setting("memory_limit"),
                **how,
            )
        distances = self._distances(backend, sparse=scipy.sparse.issparse(vectors.data))
        return distances.reachability(backend, vectors.data, **how)

    def _keep(self, backend: Backend, rows: Rows, reachability: Reachability) -> None:
        """Keep what every later question needs, as arrays that can be saved."""
        precomputed = self.metric == "precomputed"
        self._training = None if precomputed else rows.vectors.matrix
        self._rows = (rows.n_rows, rows.numbers, rows.infinite, rows.missing)
        self._reachability = {
            name: on_host(getattr(reachability, name))
            for name in ("low", "high", "weights", "cores", "neighbors", "distances")
        }
        cores = self._reachability["cores"]
        self.core_distances_ = backend.give(rows.spread(cores, np.inf, np.nan))
        self.__dict__.pop("approximation_", None)
        if self.approximate:
            self.approximation_ = reachability.measured

    def _select(self, backend: Backend) -> None:
        """Select clusters of the tree that is kept, by the parameters as they are."""
        cut = backend.density_cut(
            self._tree_of_fit(),
            min_cluster_size=self.min_cluster_size,
            method=self.cluster_selection_method,
            epsilon=float(self.cluster_selection_epsilon),
            max_cluster_size=self.max_cluster_size,
            allow_single_cluster=bool(self.allow_single_cluster),
            merge_ties=self.ties == "merge",
        )
        rows = self._rows_of_fit()
        self.labels_ = self._labels(backend, rows, cut.labels)
        self.probabilities_ = backend.give(rows.spread(cut.probabilities, 0.0, np.nan))
        self.outlier_scores_ = backend.give(rows.spread(cut.outlier_scores, 1.0, np.nan))
        self._density_tree = cut.tree.parts
        self._stabilities = cut.stabilities
        self._exemplars = (cut.exemplar_rows, cut.exemplar_labels)
        for name in ("centroids_", "medoids_"):
            self.__dict__.pop(name, None)
        if self.store_centers is not None:
            self._store_centers(backend, cut.labels, cut.probabilities)

    def _store_centers(
        self, backend: Backend, labels: NDArray[np.int64], probabilities: NDArray[np.float64]
    ) -> None:
        data = as_rows(self._training)
        if self.store_centers in {"centroid", "both"}:
            centroids = weighted_centroids(backend.vectors(data), labels, probabilities)
            self.centroids_ = backend.give(centroids)
        if self.store_centers in {"medoid", "both"}:
            native = self._native()
            if native is not None:
                chosen: Any = backend.medoids(self._training, labels, probabilities, metric=native)
            else:
                distances = self._distances(backend, sparse=scipy.sparse.issparse(data))
                chosen = distances.medoids(data, labels, probabilities)
            medoids = data[chosen]
            medoids = medoids.toarray() if scipy.sparse.issparse(medoids) else medoids
            self.medoids_ = np.asarray(medoids, dtype=np.float64)

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401 - scikit-learn's Tags
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = self.metric != "precomputed"
        tags.input_tags.pairwise = self.metric == "precomputed"
        return tags
