"""The nearest centroid classifier."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from fastcluster._arrays import Vectors, on_host
from fastcluster._backend import Backend, select
from fastcluster._models import SaveMixin
from fastcluster._typing import ArrayLike, Device
from fastcluster._validation import (
    CONSTRAINTS,
    check_targets,
    check_vectors,
    unchanged_on_failure,
)
from fastcluster.cluster._classes import class_centroids, log_softmax, sum_of_squares_within
from fastcluster.cluster._warn import warn_user

__all__ = ["NearestCentroid"]


def _is_euclidean(estimator: "NearestCentroid") -> bool:
    """Scores and probabilities exist for the Euclidean metric only."""
    return estimator.metric == "euclidean"


class NearestCentroid(SaveMixin, ClassifierMixin, BaseEstimator):
    """Classifier that gives each row the class whose centroid is nearest.

    A drop-in for `sklearn.neighbors.NearestCentroid`: the same parameters, attributes and results.

    Parameters
    ----------
    metric : {"euclidean", "manhattan"}, default="euclidean"
        "euclidean" compares with class means, "manhattan" with class medians.
    shrink_threshold : float or None, default=None
        Move centroids towards the overall centroid, feature by feature, by up to this many standard
        deviations; features that reach it count no more. None moves nothing.
    priors : {"uniform", "empirical"} or array-like of shape (n_classes,), default="uniform"
        Prior probabilities of the classes. Other than equal priors take part in `predict`.
    n_jobs : int or None, default=None
        Threads. None is all permitted cores, or 1 inside a joblib worker; -1 all, -2 all but one.
    device : {"auto", "cpu", "cuda"}, default="auto"
        Where to run; "auto" follows the array, as in `KMeans`.

    Attributes
    ----------
    centroids_ : ndarray of float64 of shape (n_classes, n_features)
        Centroid of each class, after shrinking.
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    class_prior_ : ndarray of shape (n_classes,)
        Prior probabilities; they sum to 1.
    deviations_ : ndarray of shape (n_classes, n_features)
        How far each centroid is from the overall one, in standard deviations, after shrinking.
    within_class_std_dev_ : ndarray of shape (n_features,)
        Pooled standard deviation within the classes.
    n_features_in_ : int
        Width of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Column names, if X had names that are all strings.

    See Also
    --------
    nearest_centroids : The search alone, with distances.

    Notes
    -----
    Shrinking is that of Tibshirani, Hastie, Narasimhan and Chu (doi:10.1073/pnas.082099299).
    Differences from scikit-learn: nearest Euclidean centroids are found exactly, with ties to the
    first class. Input keeps its dtype in `predict` with equal priors and the Euclidean metric;
    the fit widens one class at a time, the scores all of X.

    Examples
    --------
    >>> import numpy as np
    >>> from fastcluster import NearestCentroid
    >>> X = np.array([[-1, -1], [-2, -1], [-3, -2], [1, 1], [2, 1], [3, 2]])
    >>> y = np.array([1, 1, 1, 2, 2, 2])
    >>> NearestCentroid().fit(X, y).predict([[-0.8, -1]]).tolist()
    [1]
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "metric": CONSTRAINTS["metric_of_classes"],
        **{name: CONSTRAINTS[name] for name in ("shrink_threshold", "priors", "n_jobs", "device")},
    }

    classes_: NDArray[Any]
    class_prior_: NDArray[np.float64]

    def __init__(
        self,
        metric: str = "euclidean",
        *,
        shrink_threshold: float | None = None,
        priors: ArrayLike = "uniform",
        n_jobs: int | None = None,
        device: Device = "auto",
    ) -> None:
        self.metric = metric
        self.shrink_threshold = shrink_threshold
        self.priors = priors
        self.n_jobs = n_jobs
        self.device = device

    @unchanged_on_failure
    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Compute the centroid of each class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Training vectors.
        y : array-like of shape (n_samples,)
            Class of each row.

        Returns
        -------
        self : NearestCentroid
            The fitted estimator.

        Raises
        ------
        ValueError
            If there is only one class, every feature is constant, or the priors are negative.

        Examples
        --------
        >>> from fastcluster import NearestCentroid
        >>> NearestCentroid().fit([[0.0], [2.0], [9.0], [7.0]], [0, 0, 1, 1]).centroids_.tolist()
        [[1.0], [8.0]]
        """
        self._validate_params()
        backend, vectors = self._check(X, reset=True)
        y = check_targets(self, y, vectors, backend)
        check_classification_targets(y)
        self.classes_, class_of_row = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                "The number of classes has to be greater than one; got "
                f"{len(self.classes_)} class\nhint: y must name at least two classes"
            )
        counts = np.bincount(class_of_row)
        self.class_prior_ = self._class_prior(counts)
        if vectors.are_all_equal():
            raise ValueError(
                "All features have zero variance. Division by zero.\n"
                "hint: every row of X is the same; there is nothing to tell classes apart by"
            )
        self.centroids_ = class_centroids(
            vectors, class_of_row, len(counts), median=self.metric == "manhattan"
        )
        self._shrink(vectors, class_of_row, counts)
        for name in ("centroids_", "class_prior_", "deviations_", "within_class_std_dev_"):
            setattr(self, name, backend.give(getattr(self, name)))
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the class of each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Vectors, of the same width as those of the fit.

        Returns
        -------
        classes : ndarray of shape (n_samples,)
            The class of the nearest centroid; where priors differ, the class of the highest score.

        Examples
        --------
        >>> from fastcluster import NearestCentroid
        >>> model = NearestCentroid().fit([[0.0], [2.0], [9.0], [7.0]], ["a", "a", "b", "b"])
        >>> model.predict([[3.0]]).tolist()
        ['a']
        """
        check_is_fitted(self)
        backend, vectors = self._check(X)
        if not np.isclose(on_host(self.class_prior_), 1 / len(self.classes_)).all():
            found = self._scores(backend, vectors).argmax(axis=1)
        elif self.metric == "euclidean":
            centroids = backend.moved(self.centroids_)
            nearest, _ = backend.assign(vectors.matrix, centroids, metric="euclidean")
            found = on_host(nearest)
        else:
            from sklearn.metrics import pairwise_distances_argmin

            found = pairwise_distances_argmin(
                vectors.data, on_host(self.centroids_), metric=self.metric
            )
        classes: NDArray[Any] = self.classes_[found]
        # Names of classes have no place on a GPU.
        return backend.give(classes) if classes.dtype.kind in "biuf" else classes

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike = None) -> float:
        """Return the share of rows whose class is predicted.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Vectors, of the same width as those of the fit.
        y : array-like of shape (n_samples,)
            Class of each row; in host memory, or on the GPU.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, likewise; None gives every row the weight 1.

        Returns
        -------
        score : float
            Between 0 and 1; larger is better.

        Examples
        --------
        >>> from fastcluster import NearestCentroid
        >>> model = NearestCentroid().fit([[0.0], [2.0], [9.0], [7.0]], [0, 0, 1, 1])
        >>> model.score([[1.0], [2.0], [3.0], [4.0]], [0, 0, 0, 1])
        0.75
        """
        from sklearn.metrics import accuracy_score

        # scikit-learn compares in host memory.
        predicted, weights = on_host(self.predict(X)), on_host(sample_weight)
        return float(accuracy_score(on_host(y), predicted, sample_weight=weights))

    @available_if(_is_euclidean)
    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the discriminant score of each class; larger is likelier.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Vectors, of the same width as those of the fit.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            With two classes, the score of the second minus that of the first.

        Examples
        --------
        >>> from fastcluster import NearestCentroid
        >>> model = NearestCentroid().fit([[0.0], [2.0], [9.0], [7.0]], [0, 0, 1, 1])
        >>> bool(model.decision_function([[8.0]])[0] > 0)
        True
        """
        backend, scores = self._scores_of(X)
        return backend.give(scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores)

    @available_if(_is_euclidean)
    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Vectors, of the same width as those of the fit.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            Each row sums to 1; columns as in `classes_`.

        Examples
        --------
        >>> from fastcluster import NearestCentroid
        >>> model = NearestCentroid().fit([[0.0], [2.0], [9.0], [7.0]], [0, 0, 1, 1])
        >>> model.predict_proba([[4.5]]).round(3).tolist()
        [[0.5, 0.5]]
        """
        backend, scores = self._scores_of(X)
        return backend.give(np.exp(log_softmax(scores)))

    @available_if(_is_euclidean)
    def predict_log_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Vectors, of the same width as those of the fit.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            Columns as in `classes_`.

        Examples
        --------
        >>> from fastcluster import NearestCentroid
        >>> model = NearestCentroid().fit([[0.0], [2.0], [9.0], [7.0]], [0, 0, 1, 1])
        >>> model.predict_log_proba([[4.5]]).round(3).tolist()
        [[-0.693, -0.693]]
        """
        backend, scores = self._scores_of(X)
        return backend.give(log_softmax(scores))

    def _check(self, X: ArrayLike, *, reset: bool = False) -> tuple[Backend, Vectors]:
        backend = select(self.device, self.n_jobs, X)
        if self.metric != "euclidean":
            backend.only_on_cpu(f"metric={self.metric!r}")
        vectors = check_vectors(X, backend, estimator=self, reset=reset)
        return backend, vectors

    def _class_prior(self, counts: NDArray[np.intp]) -> NDArray[np.float64]:
        """Settle the prior probabilities of the classes."""
        if isinstance(self.priors, str):
            if self.priors == "empirical":
                share: NDArray[np.float64] = counts / counts.sum()
                return share
            return np.full(len(counts), 1 / len(counts))
        prior: NDArray[np.float64] = np.asarray(self.priors, dtype=np.float64)
        if prior.shape != counts.shape:
            raise ValueError(
                f"priors has shape {prior.shape}, and there are {len(counts)} classes\n"
                "hint: pass one probability per class, summing to 1"
            )
        if (prior < 0).any():
            raise ValueError(
                "priors must be non-negative\nhint: pass one probability per class, summing to 1"
            )
        if not np.isclose(prior.sum(), 1.0):
            warn_user(
                "The priors do not sum to 1. Normalizing such that it sums to one.",
                UserWarning,
            )
            prior = prior / prior.sum()
        return prior

    def _shrink(
        self, vectors: Vectors, class_of_row: NDArray[np.intp], counts: NDArray[np.intp]
    ) -> None:
        """Measure how far the centroids stand apart, and move them together if asked to."""
        n_samples, _ = vectors.shape
        squares = sum_of_squares_within(vectors, class_of_row, self.centroids_)
        with np.errstate(divide="ignore", invalid="ignore"):
            self.within_class_std_dev_ = np.sqrt(squares / (n_samples - len(counts)))
        if (self.within_class_std_dev_ == 0).any():
            warn_user(
                "self.within_class_std_dev_ has at least 1 zero standard deviation."
                "Inputs within the same classes for at least 1 feature are identical.",
                UserWarning,
            )
        overall = vectors.column_means()
        # The median keeps features that hardly vary from looking important (equation 18.4 of "The
        # Elements of Statistical Learning").
        scale = self.within_class_std_dev_ + np.median(self.within_class_std_dev_)
        scale = np.sqrt(1 / counts - 1 / n_samples)[:, None] * scale
        with np.errstate(divide="ignore", invalid="ignore"):
            self.deviations_ = (self.centroids_ - overall) / scale
        if self.shrink_threshold:
            remaining = np.maximum(np.abs(self.deviations_) - self.shrink_threshold, 0)
            self.deviations_ = np.sign(self.deviations_) * remaining
            self.centroids_ = overall + scale * self.deviations_

    def _scores_of(self, X: ArrayLike) -> tuple[Backend, NDArray[np.float64]]:
        """Check X, and return its scores in host memory."""
        check_is_fitted(self)
        backend, vectors = self._check(X)
        return backend, self._scores(backend, vectors)

    def _scores(self, backend: Backend, vectors: Vectors) -> NDArray[np.float64]:
        """Return the discriminant score of each row and class (equation 18.2 of the same book)."""
        deviations = on_host(self.within_class_std_dev_)
        factors = 1 / np.where(deviations == 0, 1.0, deviations)
        scaled, centroids = vectors.scaled(factors), on_host(self.centroids_) * factors
        if self.metric == "euclidean":
            distances = on_host(backend.transform(scaled.matrix, centroids, metric="euclidean"))
        else:
            from sklearn.metrics import pairwise_distances

            distances = pairwise_distances(scaled.data, centroids, metric=self.metric)
        prior = on_host(self.class_prior_)
        with np.errstate(divide="ignore"):
            scores: NDArray[np.float64] = 2 * np.log(prior) - np.square(distances)
        return scores

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401 - scikit-learn's Tags
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
