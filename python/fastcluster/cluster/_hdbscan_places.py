"""New rows in the tree of a fitted HDBSCAN, and soft clusters."""

from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from fastcluster._arrays import on_host
from fastcluster._backend import Backend, select
from fastcluster._results import DensityPlaces
from fastcluster._typing import ArrayLike
from fastcluster._validation import check_memory, check_vectors
from fastcluster.cluster._hdbscan_distances import nearest_of_labels
from fastcluster.cluster._hdbscan_fit import FitOfHDBSCAN
from fastcluster.cluster._hdbscan_rows import Rows, as_rows, matrix_of, read_rows

__all__ = ["PlacesOfHDBSCAN"]


class PlacesOfHDBSCAN(FitOfHDBSCAN):
    """The methods of `HDBSCAN` for new rows, and for how much rows belong to clusters."""

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
        backend, rows, places = self._placed(X)
        return (
            self._labels(backend, rows, places.labels),
            backend.give(rows.spread(places.probabilities, 0.0, np.nan)),
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
        backend, rows, places = self._placed(X)
        return backend.give(rows.spread(places.outlier_scores, 1.0, np.nan))

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
        backend, rows, places = self._placed(X)
        distances = self._to_exemplars(backend, rows.vectors.data)
        found = backend.membership(self._condensed(), distances, (places.clusters, places.lambdas))
        return backend.give(rows.spread(found, 0.0, np.nan))

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
        backend = self._backend()
        distances = self._to_exemplars(backend, as_rows(self._training_for(backend)))
        found = backend.membership(self._condensed(), distances)
        return backend.give(rows.spread(found, 0.0, np.nan))

    def _placed(self, X: ArrayLike) -> tuple[Backend, Rows, DensityPlaces]:
        """Read new rows and find their places in the tree."""
        check_is_fitted(self)
        backend = select(self.device, self.n_jobs, X)
        cores = self._reachability["cores"]
        how: dict[str, Any] = {"min_samples": self._min_samples, "alpha": float(self.alpha)}
        native = self._native()
        if native is None:
            backend.only_on_cpu(f"metric={self.metric!r}")
        if self.metric == "precomputed":
            rows = self._read_new_distances(X, backend)
            distances = np.ascontiguousarray(rows.vectors.data, dtype=np.float64)
            attached = backend.attach_distances(distances, cores, **how)
            return backend, rows, backend.place(self._condensed(), *attached)
        rows = read_rows(self, X, backend, reset=False, widen=native is None)
        if rows.vectors.shape[0] == 0:
            attached = np.empty(0, np.uint32), np.empty(0)
        elif native is not None:
            nearest, joined_at = backend.attach(
                rows.vectors.matrix, self._training_for(backend), cores, metric=native, **how
            )
            attached = on_host(nearest), on_host(joined_at)
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
        return backend, rows, backend.place(self._condensed(), *attached)

    def _read_new_distances(self, X: ArrayLike, backend: Backend) -> Rows:
        if scipy.sparse.issparse(X):
            raise ValueError(
                "metric='precomputed' takes new rows as a dense array of their distances to all "
                "training rows\nhint: infinity stands for a distance that is not there"
            )
        vectors = check_vectors(X, backend, estimator=self, finite=False)
        if vectors.data.dtype.kind not in "iu" and np.isnan(vectors.data).any():
            raise ValueError(
                "np.nan values found in precomputed-dense\nhint: infinity stands for no distance"
            )
        none = np.empty(0, dtype=np.intp)
        return Rows(vectors, vectors.shape[0], None, none, none)

    def _to_exemplars(
        self,
        backend: Backend,
        data: Any,  # noqa: ANN401 - dense or CSR
    ) -> NDArray[np.float64]:
        """Return the distance from each row to the nearest exemplar of each cluster."""
        n_labels = self._n_labels()
        check_memory(8 * data.shape[0] * n_labels, "the memberships in each cluster")
        numbers, labels = self._exemplars
        if self._training is None:
            return nearest_of_labels(np.asarray(data[:, numbers], np.float64), labels, n_labels)
        if n_labels == 0 or data.shape[0] == 0:
            return np.empty((data.shape[0], n_labels))
        training = backend.vectors(as_rows(self._training_for(backend)))
        exemplars = training.take(numbers.astype(np.intp)).data
        native = self._native()
        if native is None:
            metric = self._distances(backend, sparse=scipy.sparse.issparse(data))
            return metric.to_exemplars(data, exemplars, labels, n_labels)
        found: NDArray[np.float64] = on_host(
            backend.exemplar_distances(
                matrix_of(data), matrix_of(exemplars), labels, n_labels=n_labels, metric=native
            )
        )
        return found
