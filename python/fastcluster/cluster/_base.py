"""What KMeans and MiniBatchKMeans share: everything that happens after the centers are known."""

import logging
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
)
from sklearn.utils.validation import check_is_fitted

from fastcluster._arrays import Vectors, on_host
from fastcluster._backend import Backend, select
from fastcluster._models import SaveMixin
from fastcluster._typing import ArrayLike
from fastcluster._validation import check_memory, check_vectors, check_weights, gives_frames
from fastcluster.cluster._start import start_centers

__all__ = ["BaseKMeans", "log_fit"]

_logger = logging.getLogger("fastcluster")


def log_fit(estimator: object, backend: Backend, vectors: Vectors, path: str) -> None:
    """Say in one INFO line what ran where, and on what."""
    _logger.info(
        "%s: %s on %s, %s input of shape %s",
        type(estimator).__name__,
        path,
        backend.description,
        vectors.data.dtype,
        vectors.shape,
    )


class BaseKMeans(
    SaveMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator
):
    """Labels, distances and scores from `cluster_centers_`; a subclass finds them in `fit`."""

    cluster_centers_: NDArray[Any]
    labels_: NDArray[np.int32]

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike = None) -> Self:
        """Find the centers."""
        raise NotImplementedError

    def fit_predict(
        self, X: ArrayLike, y: object = None, sample_weight: ArrayLike = None
    ) -> NDArray[np.int32]:
        """Fit, and return the label of each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Vectors to cluster.
        y : ignored
            Present by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row; None gives every row the weight 1.

        Returns
        -------
        labels : ndarray of int32 of shape (n_samples,)
            `labels_`.

        Examples
        --------
        >>> from fastcluster import KMeans
        >>> int(KMeans(2, random_state=0).fit_predict([[0.0], [1.0], [9.0]]).max())
        1
        """
        return self.fit(X, sample_weight=sample_weight).labels_

    def predict(self, X: ArrayLike) -> NDArray[np.int32]:
        """Return the index of the nearest center for each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Vectors, of the same width as those of the fit.

        Returns
        -------
        labels : ndarray of int32 of shape (n_samples,)
            Exact: equal to a float64 comparison with every center, ties to the lowest index. The
            label of a row does not depend on the other rows of X.

        Raises
        ------
        NotFittedError
            If there are no centers yet.
        ValueError
            If X does not match the fit, or holds NaN or infinity.

        Examples
        --------
        >>> from fastcluster import KMeans
        >>> model = KMeans(2, init=[[0.0], [10.0]]).fit([[0.0], [1.0], [9.0]])
        >>> model.predict([[2.0], [8.0]]).tolist()
        [0, 1]
        """
        backend, vectors = self._check_new(X)
        labels, _ = backend.assign(
            vectors.matrix, self._centers(backend), metric=self.metric, inertia=False
        )
        return backend.give(labels)

    def transform(self, X: ArrayLike) -> NDArray[Any]:
        """Return the distance from each row to each center.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Vectors, of the same width as those of the fit.

        Returns
        -------
        distances : ndarray of shape (n_samples, n_clusters)
            Euclidean distances, or 1 - cosine where `metric="cosine"`; float64 for float64 input,
            else float32. Beyond this array, memory stays bounded.

        Raises
        ------
        MemoryError
            If the result is larger than `memory_limit`.

        Examples
        --------
        >>> from fastcluster import KMeans
        >>> model = KMeans(2, init=[[0.0], [10.0]]).fit([[0.0], [10.0]])
        >>> model.transform([[4.0]]).tolist()
        [[4.0, 6.0]]
        """
        backend, vectors = self._check_new(X)
        centers = self._centers(backend)
        n_samples, _ = vectors.shape
        n_values = n_samples * centers.shape[0]
        check_memory(
            n_values * np.dtype(vectors.result_dtype).itemsize,
            f"the {n_samples} x {centers.shape[0]} distances that transform returns",
        )
        distances = backend.give(backend.transform(vectors.matrix, centers, metric=self.metric))
        # Frames are made of arrays in host memory.
        found: NDArray[Any] = on_host(distances) if gives_frames(self) else distances
        return found

    def fit_transform(
        self, X: ArrayLike, y: object = None, sample_weight: ArrayLike = None
    ) -> NDArray[Any]:
        """Fit, and return the distance from each row to each center.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Vectors to cluster.
        y : ignored
            Present by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row; None gives every row the weight 1.

        Returns
        -------
        distances : ndarray of shape (n_samples, n_clusters)
            As `transform(X)`.

        Examples
        --------
        >>> from fastcluster import KMeans
        >>> KMeans(2, random_state=0).fit_transform([[0.0], [1.0], [9.0]]).shape
        (3, 2)
        """
        return self.fit(X, sample_weight=sample_weight).transform(X)

    def score(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike = None) -> float:
        """Return the negative inertia of X; larger is better.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Vectors, of the same width as those of the fit.
        y : ignored
            Present by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row; None gives every row the weight 1.

        Returns
        -------
        score : float
            Minus the weighted sum of squared distances to the nearest center, or of 1 - cosine
            where `metric="cosine"`.

        Examples
        --------
        >>> from fastcluster import KMeans
        >>> KMeans(1).fit([[0.0], [2.0]]).score([[4.0]])
        -9.0
        """
        backend, vectors = self._check_new(X)
        weights = check_weights(sample_weight, vectors, backend)
        _, inertia = backend.assign(
            vectors.matrix, self._centers(backend), metric=self.metric, sample_weight=weights
        )
        return -inertia

    @property
    def _n_features_out(self) -> int:
        """How many columns `transform` returns; scikit-learn names them by it."""
        return int(self.cluster_centers_.shape[0])

    def _check_new(self, X: object) -> tuple[Backend, Vectors]:
        """Check data that comes after the fit."""
        check_is_fitted(self)
        backend = select(self.device, self.n_jobs, X)
        return backend, check_vectors(X, backend, estimator=self)

    def _centers(self, backend: Backend) -> Any:  # noqa: ANN401 - a NumPy or CuPy array
        """Return the centers as the backend reads them, whatever a user or a loader has put there.

        They may come from a fit on another device, and then are copied.
        """
        centers = backend.moved(self.cluster_centers_)
        if centers.dtype not in (np.float32, np.float64):
            centers = centers.astype(np.float32 if centers.dtype == np.float16 else np.float64)
        if backend.first_not_finite(centers) is not None:
            raise ValueError(
                "cluster_centers_ contains NaN or infinity, and must be finite\n"
                "hint: fit again, or set it to finite centers"
            )
        return centers

    def _init_centroids(
        self,
        X: ArrayLike,
        x_squared_norms: object,
        init: ArrayLike,
        random_state: object,
        sample_weight: ArrayLike,
        n_centroids: int | None = None,
    ) -> NDArray[Any]:
        """Return start centers under the name that scikit-learn's tests call."""
        backend = select(self.device, self.n_jobs, X)
        vectors = check_vectors(X, backend)
        centers = start_centers(
            init,
            vectors,
            backend,
            n_clusters=n_centroids or self.n_clusters,
            sample_weight=check_weights(sample_weight, vectors, backend),
            metric=self.metric,
            random_state=random_state,
        )
        return backend.give(centers)

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401 - scikit-learn's Tags
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
