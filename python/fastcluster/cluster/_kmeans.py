"""Exact k-means, and on request the hierarchical approximation."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from fastcluster._arrays import Vectors
from fastcluster._backend import Backend, select
from fastcluster._config import setting
from fastcluster._results import KMeansResult
from fastcluster._typing import ArrayLike, Device, Metric, RandomState
from fastcluster._validation import (
    CONSTRAINTS,
    check_enough_rows,
    check_vectors,
    check_weights,
    draw_seed,
    unchanged_on_failure,
)
from fastcluster.cluster._base import BaseKMeans, log_fit
from fastcluster.cluster._observer import observe_kmeans
from fastcluster.cluster._start import number_of_runs, starts_of_runs
from fastcluster.cluster._warn import warn_user

__all__ = ["KMeans"]

_RUNS_OF_VARIED_STARTS = 10
"""What n_init="auto" means for random and callable starts: scikit-learn's number."""


class KMeans(BaseKMeans):
    """Exact k-means clustering, Euclidean or spherical.

    A drop-in for `sklearn.cluster.KMeans`: the same parameters, attributes and messages, and the
    same result for the same start centers.

    Parameters
    ----------
    n_clusters : int, default=8
        Number of clusters, at most the number of rows.
    init : str, callable or array-like of shape (n_clusters, n_features), default="k-means++"
        Start centers or how to find them: "k-means++", "k-means||", "random", a callable or an
        array. "k-means++" draws them one after another, far from each other, the best of a few
        tries each, where there are many rows a cluster from a weighted sample of them (see
        Notes); "k-means||" draws many at a time, which is faster for thousands of clusters;
        "random" draws rows. An array is taken as it is; a callable is called as `init(X,
        n_clusters, random_state=...)` and returns one.
    n_init : int or "auto", default="auto"
        Number of starts, of which the one with the lowest inertia is kept. "auto" is 10 for
        "random" and callables, else 1.
    max_iter : int, default=300
        Most iterations of one run.
    tol : float, default=1e-4
        Stop when the centers' squared movement is at most this share of the data's mean variance.
        Larger stops earlier; 0 runs until no label changes.
    verbose : int, default=0
        Whether to print a line per iteration.
    random_state : int, RandomState instance or None, default=None
        Seed of the start. The same int gives the same result, for any number of threads.
    copy_x : bool, default=True
        Accepted for scikit-learn's sake; X is never changed and never copied as a whole.
    algorithm : {"lloyd", "elkan", "hierarchical"}, default="lloyd"
        "lloyd" and "elkan" name the same exact algorithm. "hierarchical" is approximate and for
        thousands of clusters: a tree of about the square root of `n_clusters` coarse clusters with
        fine clusters in each, then a few iterations (at most `max_iter`) in which a row is compared
        with a few hundred centers near its own, and one exact assignment at the end. The centers
        are approximate, `labels_` and `predict` are not; `hierarchical_gap_` says how much the
        restricted comparison misses. `init` must then be a name, and `n_init` counts whole trees.
        For 256 clusters or fewer it is "lloyd".
    metric : {"euclidean", "cosine"}, default="euclidean"
        "cosine" is spherical k-means: rows count by direction only, centers have length 1, the
        inertia is the sum of 1 - cosine. Rows of zeros get the label 0 and move nothing.
    n_jobs : int or None, default=None
        Threads. None is all permitted cores, or 1 inside a joblib worker; -1 all, -2 all but one.
    device : {"auto", "cpu", "cuda"}, default="auto"
        Where to run. "auto" follows the array: one on a GPU (CuPy's, a CUDA tensor) runs there, any
        other on the CPU. "cuda" takes host memory to the current GPU; "cpu" refuses arrays on one.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_clusters, n_features)
        Centers; float64 for float64 input and for integers wider than 8 bits, else float32.
    labels_ : ndarray of int32 of shape (n_samples,)
        Index of the nearest center of each row; equal to `predict` on the same data.
    inertia_ : float
        Weighted sum of squared distances to the nearest center, summed in float64.
    n_iter_ : int
        Iterations of the run that was kept.
    history_ : dict of ndarray
        One value per iteration of that run: `inertia`, `center_shift`, `n_changed` (labels),
        `n_scored` (pairs of row and center scored by the filter), `n_rechecked` (exact distances
        computed) and `seconds`. This inertia comes from float64 sums over the clusters and loses
        digits to cancellation when it is near 0; `inertia_` does not.
    hierarchical_gap_ : dict
        Only with `algorithm="hierarchical"`. On a sample of `n_checked` rows, with the final
        centers: `mislabelled`, the share of rows for which the restricted comparison finds another
        center than the nearest, and `inertia_excess`, by how much (relatively) that raises their
        inertia. 0 rows where the exact algorithm ran.
    n_features_in_ : int
        Width of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Column names, if X had names that are all strings.

    See Also
    --------
    MiniBatchKMeans : Approximate, from small random batches; for data that comes in parts.
    nearest_centroids : The search for the nearest centers alone.

    Notes
    -----
    Differences from scikit-learn: random draws are others, so a seed gives another start; float16,
    bfloat16, int8 and uint8 input keeps its type instead of becoming float64, with float32 centers;
    results do not depend on the number of threads; negative `sample_weight` is refused for every
    `init`.

    On a GPU, parameters, checks and answers are the same, labels to the last tie, and arrays come
    back as the caller's: CuPy arrays, tensors, or NumPy arrays for host memory. A fitted model
    takes rows wherever they lie. `algorithm="hierarchical"` and sparse rows are for the CPU.

    Examples
    --------
    >>> import numpy as np
    >>> from fastcluster import KMeans
    >>> X = np.array([[1, 2], [1, 4], [1, 0], [10, 2], [10, 4], [10, 0]])
    >>> model = KMeans(n_clusters=2, init=[[1, 2], [10, 2]]).fit(X)
    >>> model.labels_.tolist()
    [0, 0, 0, 1, 1, 1]
    >>> model.predict([[0, 0], [12, 3]]).tolist()
    [0, 1]
    >>> model.cluster_centers_.tolist()
    [[1.0, 2.0], [10.0, 2.0]]
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        name: CONSTRAINTS[name]
        for name in (
            "n_clusters",
            "init",
            "n_init",
            "max_iter",
            "tol",
            "verbose",
            "random_state",
            "copy_x",
            "algorithm",
            "metric",
            "n_jobs",
            "device",
        )
    }

    def __init__(  # noqa: PLR0913 - scikit-learn's signature
        self,
        n_clusters: int = 8,
        *,
        init: ArrayLike = "k-means++",
        n_init: int | str = "auto",
        max_iter: int = 300,
        tol: float = 1e-4,
        verbose: int = 0,
        random_state: RandomState = None,
        copy_x: bool = True,
        algorithm: str = "lloyd",
        metric: Metric = "euclidean",
        n_jobs: int | None = None,
        device: Device = "auto",
    ) -> None:
        self.n_clusters = n_clusters
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.verbose = verbose
        self.random_state = random_state
        self.copy_x = copy_x
        self.algorithm = algorithm
        self.metric = metric
        self.n_jobs = n_jobs
        self.device = device

    @unchanged_on_failure
    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike = None) -> Self:
        """Find the centers.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Vectors to cluster. Not changed; float16, bfloat16, float32, float64, int8 and uint8 are
            read as they are.
        y : ignored
            Present by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0; a weight of 2 counts like the row twice. None is 1 for
            every row.

        Returns
        -------
        self : KMeans
            The fitted estimator.

        Raises
        ------
        ValueError
            If X, the weights or a parameter are out of their range; the message says which and what
            to do.
        KeyboardInterrupt
            On Ctrl-C, within a fraction of a second; the estimator is as it was before.

        Examples
        --------
        >>> from fastcluster import KMeans
        >>> KMeans(2, init=[[0.0], [9.0]]).fit([[0.0], [1.0], [9.0]]).inertia_
        0.5
        """
        self._validate_params()
        backend = select(self.device, self.n_jobs, X)
        vectors = check_vectors(X, backend, estimator=self, reset=True)
        check_enough_rows(vectors, self.n_clusters)
        weights = check_weights(sample_weight, vectors, backend)
        self._choose_algorithm()
        hierarchical = self._algorithm == "hierarchical"
        self._n_init = number_of_runs(
            self.n_init,
            self.init,
            # Trees from random rows differ as little as others after their refinement.
            auto=1 if hierarchical else _RUNS_OF_VARIED_STARTS,
            class_name=type(self).__name__,
        )
        result = self._run(backend, vectors, weights)
        log_fit(self, backend, vectors, result.path)
        self._keep(backend, result)
        return self

    def _choose_algorithm(self) -> None:
        self._algorithm = self.algorithm
        if self.algorithm == "elkan" and self.n_clusters == 1:
            warn_user(
                "algorithm='elkan' doesn't make sense for a single cluster. Using 'lloyd' instead.",
                RuntimeWarning,
            )
            self._algorithm = "lloyd"
        if self.algorithm == "hierarchical" and not isinstance(self.init, str):
            raise ValueError(
                "algorithm='hierarchical' makes its own start centers: init must be 'k-means++', "
                f"'k-means||' or 'random', got {type(self.init).__name__}\n"
                "hint: pass algorithm='lloyd' to start from your own centers"
            )

    def _run(
        self, backend: Backend, vectors: Vectors, weights: NDArray[np.float64] | None
    ) -> KMeansResult:
        random_state = check_random_state(self.random_state)
        start = starts_of_runs(
            self.init,
            vectors,
            backend,
            n_runs=self._n_init,
            n_clusters=self.n_clusters,
            sample_weight=weights,
            metric=self.metric,
            random_state=random_state,
        )
        with observe_kmeans(
            type(self).__name__,
            verbose=bool(self.verbose),
            n_init=self._n_init,
            max_iter=self.max_iter,
        ) as on_event:
            return backend.kmeans(
                vectors.matrix,
                n_clusters=self.n_clusters,
                init=start,
                n_init=self._n_init,
                max_iter=self.max_iter,
                tol=self.tol,
                sample_weight=weights,
                seed=draw_seed(random_state),
                metric=self.metric,
                algorithm="hierarchical" if self._algorithm == "hierarchical" else "lloyd",
                memory_limit=setting("memory_limit"),
                on_event=on_event,
            )

    def _keep(self, backend: Backend, result: KMeansResult) -> None:
        if result.n_distinct < self.n_clusters:
            warn_user(
                f"Number of distinct clusters ({result.n_distinct}) found smaller than n_clusters "
                f"({self.n_clusters}). Possibly due to duplicate points in X.",
                ConvergenceWarning,
            )
        self.cluster_centers_ = backend.give(result.centers)
        self.labels_ = backend.give(result.labels)
        self.inertia_ = result.inertia
        self.n_iter_ = result.n_iter
        self.history_ = result.history
        if result.gap is not None:
            self.hierarchical_gap_ = result.gap
        elif hasattr(self, "hierarchical_gap_"):
            del self.hierarchical_gap_
