"""DBSCAN."""

import logging
from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted

from fastcluster._arrays import Vectors, on_host
from fastcluster._backend import Backend, select
from fastcluster._config import setting
from fastcluster._models import SaveMixin
from fastcluster._results import DbscanResult
from fastcluster._typing import ArrayLike, Device
from fastcluster._validation import (
    CONSTRAINTS,
    check_metric_name,
    check_signed_weights,
    check_vectors,
    unchanged_on_failure,
)
from fastcluster.cluster._neighborhoods import Neighborhoods, native_metric

__all__ = ["DBSCAN"]

_logger = logging.getLogger("fastcluster")


class DBSCAN(SaveMixin, ClusterMixin, BaseEstimator):
    """Clusters as dense regions of any shape, and noise between them.

    Two rows within `eps` of each other are neighbours; a row with `min_samples` neighbours, itself
    among them, is a core row. Core rows that are neighbours share a cluster, a row near a core row
    joins its cluster, and all other rows are noise.

    Parameters
    ----------
    eps : float, default=0.5
        Largest distance of two neighbours. The parameter that matters most: larger joins clusters.
    min_samples : int, default=5
        Neighbours, or their total weight, that make a row core, itself included. Larger asks for
        denser clusters, and leaves more noise.
    metric : str or callable, default="euclidean"
        "euclidean" and "cosine" are computed here. "precomputed" takes X as the square matrix of
        distances; of a sparse matrix only the entries that are there can make neighbours. Other
        names of `sklearn.metrics.pairwise_distances`, and callables, go to scikit-learn for the
        neighbours.
    metric_params : dict, default=None
        Keyword arguments of the metric.
    algorithm : {"auto", "ball_tree", "kd_tree", "brute"}, default="auto"
        How scikit-learn finds neighbours under its metrics. Here it changes nothing.
    leaf_size : int, default=30
        As `algorithm`.
    p : float, default=None
        Power of the Minkowski metric; None is 2.
    n_jobs : int or None, default=None
        Threads. None is all permitted cores, or 1 inside a joblib worker; -1 all, -2 all but one.
    device : {"auto", "cpu", "cuda"}, default="auto"
        Where to run; "auto" follows the array, as in `KMeans`.

    Attributes
    ----------
    labels_ : ndarray of intp of shape (n_samples,)
        Cluster of each row, -1 for noise. Clusters are numbered by their first core row.
    core_sample_indices_ : ndarray of intp of shape (n_core_samples,)
        The core rows, in order.
    components_ : ndarray or sparse matrix of shape (n_core_samples, n_features)
        A copy of the core rows.
    n_features_in_ : int
        Width of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Column names, if X had names that are all strings.

    See Also
    --------
    dbscan : The same as a function.
    KMeans : For a given number of clusters around centers.

    Notes
    -----
    The labels are those of scikit-learn, rows at the border of two clusters included: such a row
    joins the cluster of the lower number. They are the same for any number of threads. Neighbours
    have a squared distance of at most ``eps * eps`` in float64, from differences and not from
    products, whatever the dtype of X; under "cosine" ``1 - cos`` is at most `eps`, and a row of
    zeros is at distance 1 from every other. scikit-learn rounds in float32 for float32 input, so
    that pairs within rounding of `eps` may differ there.

    Weights are summed exactly and rounded once. Under a metric of scikit-learn that is not quite
    symmetric, the lower row decides; an asymmetric precomputed matrix is searched row by row as
    scikit-learn does.

    Neighbourhoods are not stored: memory is about ``4 * min_samples`` bytes a row on top of X, and
    24 where that is above 1 GiB or some weight is below 1, at the price of three searches. Time:
    each pair of rows is compared at most once, less where regions have been joined already.

    References
    ----------
    Ester, Kriegel, Sander and Xu, "A density-based algorithm for discovering clusters in large
    spatial databases with noise", KDD 1996; Schubert et al., "DBSCAN revisited, revisited", ACM
    TODS 2017, doi:10.1145/3068335.

    Examples
    --------
    >>> from fastcluster import DBSCAN
    >>> X = [[1, 2], [2, 2], [2, 3], [8, 7], [8, 8], [25, 80]]
    >>> model = DBSCAN(eps=3, min_samples=2).fit(X)
    >>> model.labels_.tolist()
    [0, 0, 0, 1, 1, -1]
    >>> model.predict([[1, 1], [50, 50]]).tolist()
    [0, -1]
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "eps": CONSTRAINTS["eps"],
        "min_samples": CONSTRAINTS["min_samples"],
        "metric": CONSTRAINTS["metric_of_neighbors"],
        "metric_params": CONSTRAINTS["metric_params"],
        "algorithm": CONSTRAINTS["algorithm_of_neighbors"],
        "leaf_size": CONSTRAINTS["leaf_size"],
        "p": CONSTRAINTS["p"],
        "n_jobs": CONSTRAINTS["n_jobs"],
        "device": CONSTRAINTS["device"],
    }

    labels_: NDArray[np.intp]
    core_sample_indices_: NDArray[np.intp]

    def __init__(  # noqa: PLR0913 - scikit-learn's signature and ours
        self,
        eps: float = 0.5,
        *,
        min_samples: int = 5,
        metric: str | Callable[..., float] = "euclidean",
        metric_params: dict[str, Any] | None = None,
        algorithm: str = "auto",
        leaf_size: int = 30,
        p: float | None = None,
        n_jobs: int | None = None,
        device: Device = "auto",
    ) -> None:
        self.eps = eps
        self.min_samples = min_samples
        self.metric = metric
        self.metric_params = metric_params
        self.algorithm = algorithm
        self.leaf_size = leaf_size
        self.p = p
        self.n_jobs = n_jobs
        self.device = device

    @unchanged_on_failure
    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike = None) -> Self:
        """Find the clusters.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features) or (n_samples, n_samples)
            Vectors, or distances where `metric="precomputed"`. Not changed; float16, bfloat16,
            float32, float64, int8 and uint8 are read as they are.
        y : ignored
            Present by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row among the neighbours of others and its own. A row of weight
            `min_samples` is core by itself; a negative weight keeps neighbours from being core.
            None is 1 for every row.

        Returns
        -------
        self : DBSCAN
            The fitted estimator.

        Raises
        ------
        ValueError
            If X, the weights or a parameter are out of their range, or a matrix of distances is not
            square or has negative entries; the message says which and what to do.
        MemoryError
            If the fit needs more than `memory_limit`.
        KeyboardInterrupt
            On Ctrl-C, within a fraction of a second; the estimator is as it was before.

        Examples
        --------
        >>> from fastcluster import DBSCAN
        >>> DBSCAN(eps=1, min_samples=3).fit([[0], [1], [2], [9]]).labels_.tolist()
        [0, 0, 0, -1]
        """
        self._validate_params()
        backend, vectors = self._check(X, reset=True)
        weights = check_signed_weights(sample_weight, vectors, backend)
        result = self._run(backend, vectors, weights)
        _logger.info(
            "%s: %s neighbours on %s, %s input of shape %s",
            type(self).__name__,
            self.metric,
            backend.description,
            vectors.data.dtype,
            vectors.shape,
        )
        self.labels_ = backend.give(result.labels)
        self.core_sample_indices_ = backend.give(result.core_sample_indices)
        if len(result.core_sample_indices):
            components = vectors.take(on_host(result.core_sample_indices)).data
        else:
            components = np.empty((0, vectors.shape[1]))
        self.components_ = backend.give(components)
        return self

    def fit_predict(
        self, X: ArrayLike, y: object = None, sample_weight: ArrayLike = None
    ) -> NDArray[np.intp]:
        """Find the clusters, and return the label of each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features) or (n_samples, n_samples)
            As for `fit`.
        y : ignored
            Present by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            As for `fit`.

        Returns
        -------
        labels : ndarray of intp of shape (n_samples,)
            `labels_`.

        Examples
        --------
        >>> from fastcluster import DBSCAN
        >>> DBSCAN(eps=1, min_samples=2).fit_predict([[0], [1], [5], [6]]).tolist()
        [0, 0, 1, 1]
        """
        return self.fit(X, sample_weight=sample_weight).labels_

    def predict(self, X: ArrayLike) -> NDArray[np.intp]:
        """Return the cluster that each row would join at its border.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Vectors, of the same width as those of the fit; where `metric="precomputed"`, distances
            to the rows of the fit.

        Returns
        -------
        labels : ndarray of intp of shape (n_samples,)
            The smallest label among the core rows within `eps`, -1 where there is none. For the
            rows of the fit these are `labels_`, but for rows of zeros under "cosine" (which have no
            neighbour below ``eps=1``) and where a precomputed distance from a row to itself is
            above `eps`, or absent.

        Raises
        ------
        NotFittedError
            If there are no clusters yet.
        ValueError
            If X does not match the fit, or holds NaN or infinity.

        Examples
        --------
        >>> from fastcluster import DBSCAN
        >>> DBSCAN(eps=1, min_samples=2).fit([[0], [1], [5], [6]]).predict([[2], [3]]).tolist()
        [0, -1]
        """
        check_is_fitted(self)
        backend, vectors = self._check(X)
        return backend.give(self._labels_of(backend, vectors))

    def _labels_of(self, backend: Backend, vectors: Vectors) -> NDArray[np.intp]:
        """Return the labels of checked rows."""
        core_rows = on_host(self.core_sample_indices_)
        if not len(core_rows):
            return np.full(vectors.shape[0], -1, dtype=np.intp)
        labels = on_host(self.labels_)[core_rows].astype(np.int64)
        if self.metric == "precomputed":
            of_rows = np.full(len(self.labels_), -1, dtype=np.int64)
            of_rows[core_rows] = labels
            return backend.dbscan_predict_precomputed(vectors.matrix, of_rows, eps=self.eps)
        components = backend.vectors(backend.moved(self.components_))
        native = native_metric(self.metric, self.p, self.metric_params)
        if native is None:
            return self._neighborhoods(backend, components).least(vectors, labels)
        return backend.dbscan_predict(
            vectors.matrix, components.matrix, labels, eps=self.eps, metric=native
        )

    def _check(self, X: ArrayLike, *, reset: bool = False) -> tuple[Backend, Vectors]:
        check_metric_name(self.metric)
        backend = select(self.device, self.n_jobs, X)
        if native_metric(self.metric, self.p, self.metric_params) is None:
            backend.only_on_cpu(f"metric={self.metric!r}")
        vectors = check_vectors(X, backend, estimator=self, reset=reset)
        return backend, vectors

    def _run(
        self, backend: Backend, vectors: Vectors, weights: NDArray[np.float64] | None
    ) -> DbscanResult:
        if self.metric == "precomputed":
            return backend.dbscan_precomputed(
                vectors.matrix, eps=self.eps, min_samples=self.min_samples, sample_weight=weights
            )
        memory_limit = setting("memory_limit")
        native = native_metric(self.metric, self.p, self.metric_params)
        if native is not None:
            return backend.dbscan(
                vectors.matrix,
                eps=self.eps,
                min_samples=self.min_samples,
                sample_weight=weights,
                metric=native,
                memory_limit=memory_limit,
            )
        neighborhoods = self._neighborhoods(backend, vectors)
        return backend.dbscan_neighborhoods(
            lambda: neighborhoods.parts(vectors),
            vectors.shape[0],
            min_samples=self.min_samples,
            sample_weight=weights,
            memory_limit=memory_limit,
        )

    def _neighborhoods(self, backend: Backend, vectors: Vectors) -> Neighborhoods:
        # With both, scikit-learn warns and takes the one in metric_params; without any, it fails.
        named = "p" in (self.metric_params or {})
        return Neighborhoods(
            vectors,
            eps=self.eps,
            metric=self.metric,
            metric_params=self.metric_params,
            algorithm=self.algorithm,
            leaf_size=self.leaf_size,
            p=2 if self.p is None and not named else self.p,
            n_jobs=backend.n_threads,
        )

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401 - scikit-learn's Tags
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.pairwise = self.metric == "precomputed"
        return tags
