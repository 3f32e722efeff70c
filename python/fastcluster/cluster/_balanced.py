"""k-means with bounds on cluster sizes, or a price on their imbalance."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from fastcluster._arrays import Vectors
from fastcluster._backend import Backend, select
from fastcluster._config import setting
from fastcluster._results import BalancedResult
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

__all__ = ["BalancedKMeans"]

_RUNS_OF_VARIED_STARTS = 10
"""What n_init="auto" means for random and callable starts, as in KMeans."""


class BalancedKMeans(BaseKMeans):
    """Size-balanced k-means: bounds on cluster sizes, or a price on their imbalance.

    Lloyd's algorithm with another assignment step: rows are assigned to the current centers at the
    exact minimum cost among all assignments whose cluster sizes are within `size_min` and
    `size_max`.

    Parameters
    ----------
    n_clusters : int, default=8
        Number of clusters, at most the number of rows.
    size_min : int, default=None
        Least number of rows in a cluster; None is 0. `n_clusters * size_min` rows must be there.
    size_max : int, default=None
        Most rows in a cluster; None is no bound. `n_clusters * size_max` must reach the number of
        rows.
    balance : float, default=0.0
        Strength of a penalty on unequal sizes, within the bounds: see Notes. 0 is no penalty, 0.1
        evens sizes out, 1 and more make them nearly equal. Scaling or repeating X does not change
        what it means.
    init : str, callable or array-like of shape (n_clusters, n_features), default="k-means++"
        Start centers or how to find them, as in `KMeans`: "k-means++", "k-means||", "random", a
        callable or an array.
    n_init : int or "auto", default="auto"
        Number of starts, of which the one with the lowest objective is kept. "auto" is 10 for
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
    metric : {"euclidean", "cosine"}, default="euclidean"
        "cosine" counts rows by direction only, centers have length 1, the cost of a row is 1 -
        cosine. Rows of zeros cost nothing anywhere, and fill clusters as any other row does.
    n_jobs : int or None, default=None
        Threads. None is all permitted cores, or 1 inside a joblib worker; -1 all, -2 all but one.
    device : {"auto", "cpu", "cuda"}, default="auto"
        Where to run, as in `KMeans`. A GPU predicts, it does not fit.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_clusters, n_features)
        Centers; float64 for float64 input and for integers wider than 8 bits, else float32.
    labels_ : ndarray of int32 of shape (n_samples,)
        An assignment of minimum cost to `cluster_centers_` within the bounds.
    sizes_ : ndarray of int64 of shape (n_clusters,)
        Rows in each cluster.
    inertia_ : float
        Weighted sum of squared distances to the center of the row's cluster (of 1 - cosine under
        `metric="cosine"`), in float64.
    objective_ : float
        What is minimised: `inertia_` plus the penalty.
    n_iter_ : int
        Iterations of the run that was kept.
    history_ : dict of ndarray
        One value per iteration of that run: `inertia`, `objective`, `center_shift`, `n_changed`
        (labels), `n_paths` (augmenting paths of the assignment), `n_widened` (rows whose candidate
        clusters had to be searched again) and `seconds`.
    n_features_in_ : int
        Width of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Column names, if X had names that are all strings.

    See Also
    --------
    KMeans : Without bounds; the same result as here without them.

    Notes
    -----
    The objective is ``J = sum_i w_i D(x_i, c) + lam * sum_j (size_j - n/k)**2`` with D the squared
    distance (or 1 - cosine), ``lam = balance * (k/n) * V`` and V the mean over the rows of ``w D(x,
    mean of X)``. Neither step of an iteration raises J, but for the rounding of float32 centers.

    Sizes count rows. `sample_weight` weighs rows in the centers and in the cost, and in no size.

    `predict`, `transform` and `score` know the nearest center only, no bounds: new rows come one at
    a time as well as by the thousand. `predict(X)` on the rows of the fit differs from `labels_`
    for those that a bound or the penalty keeps from their nearest center.

    Where several assignments cost the same, the choice among them is the same for any number of
    threads; it may depend on the order of the rows.

    Time: as `KMeans` per iteration, plus a shortest path over the clusters for each row that the
    last iteration's prices leave in excess. Memory: some 600 bytes a row on top of X, and never a
    matrix of rows by clusters.

    References
    ----------
    Bradley, Bennett and Demiriz, "Constrained k-means clustering", MSR-TR-2000-65, for the bounds;
    Lin, He and Xiao, "Balanced clustering: a uniform model and fast algorithm", IJCAI 2019,
    doi:10.24963/ijcai.2019/414, for the penalty as a flow; Chang, Nie, Ma and Yang,
    arXiv:1411.6235, for the squared size.

    Examples
    --------
    >>> import numpy as np
    >>> from fastcluster import BalancedKMeans
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [50.0]])
    >>> model = BalancedKMeans(n_clusters=2, size_min=3, init=[[0.0], [50.0]]).fit(X)
    >>> model.labels_.tolist()
    [0, 0, 0, 1, 1, 1]
    >>> model.sizes_.tolist()
    [3, 3]
    >>> model.predict(X).tolist()
    [0, 0, 0, 0, 0, 1]
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        name: CONSTRAINTS[name]
        for name in (
            "n_clusters",
            "size_min",
            "size_max",
            "balance",
            "init",
            "n_init",
            "max_iter",
            "tol",
            "verbose",
            "random_state",
            "metric",
            "n_jobs",
            "device",
        )
    }

    def __init__(  # noqa: PLR0913 - KMeans' signature and ours
        self,
        n_clusters: int = 8,
        *,
        size_min: int | None = None,
        size_max: int | None = None,
        balance: float = 0.0,
        init: ArrayLike = "k-means++",
        n_init: int | str = "auto",
        max_iter: int = 300,
        tol: float = 1e-4,
        verbose: int = 0,
        random_state: RandomState = None,
        metric: Metric = "euclidean",
        n_jobs: int | None = None,
        device: Device = "auto",
    ) -> None:
        self.n_clusters = n_clusters
        self.size_min = size_min
        self.size_max = size_max
        self.balance = balance
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.verbose = verbose
        self.random_state = random_state
        self.metric = metric
        self.n_jobs = n_jobs
        self.device = device

    @unchanged_on_failure
    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike = None) -> Self:
        """Find centers and an assignment within the bounds.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Vectors to cluster. Not changed; float16, bfloat16, float32, float64, int8 and uint8 are
            read as they are.
        y : ignored
            Present by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row in cost and centers, at least 0; sizes count rows whatever they
            weigh. None is 1 for every row.

        Returns
        -------
        self : BalancedKMeans
            The fitted estimator.

        Raises
        ------
        ValueError
            If no sizes meet the bounds, or X, the weights or a parameter are out of their range;
            the message says which and what to do.
        MemoryError
            If the fit needs more than `memory_limit`.
        KeyboardInterrupt
            On Ctrl-C, within a fraction of a second; the estimator is as it was before.

        Examples
        --------
        >>> from fastcluster import BalancedKMeans
        >>> model = BalancedKMeans(2, size_max=2, init=[[0.0], [9.0]])
        >>> model.fit([[0.0], [1.0], [2.0], [9.0]]).labels_.tolist()
        [0, 0, 1, 1]
        """
        self._validate_params()
        backend = select(self.device, self.n_jobs, X)
        backend.only_on_cpu("BalancedKMeans.fit")
        vectors = check_vectors(X, backend, estimator=self, reset=True)
        check_enough_rows(vectors, self.n_clusters)
        weights = check_weights(sample_weight, vectors, backend)
        result = self._run(backend, vectors, weights)
        log_fit(self, backend, vectors, result.path)
        self.cluster_centers_ = backend.give(result.centers)
        self.labels_ = backend.give(result.labels)
        self.sizes_ = backend.give(result.sizes)
        self.inertia_ = result.inertia
        self.objective_ = result.objective
        self.n_iter_ = result.n_iter
        self.history_ = result.history
        return self

    def _run(
        self, backend: Backend, vectors: Vectors, weights: NDArray[np.float64] | None
    ) -> BalancedResult:
        random_state = check_random_state(self.random_state)
        n_init = number_of_runs(
            self.n_init, self.init, auto=_RUNS_OF_VARIED_STARTS, class_name=type(self).__name__
        )
        start = starts_of_runs(
            self.init,
            vectors,
            backend,
            n_runs=n_init,
            n_clusters=self.n_clusters,
            sample_weight=weights,
            metric=self.metric,
            random_state=random_state,
        )
        with observe_kmeans(
            type(self).__name__, verbose=bool(self.verbose), n_init=n_init, max_iter=self.max_iter
        ) as on_event:
            return backend.balanced(
                vectors.matrix,
                n_clusters=self.n_clusters,
                size_min=self.size_min,
                size_max=self.size_max,
                balance=float(self.balance),
                init=start,
                n_init=n_init,
                max_iter=self.max_iter,
                tol=self.tol,
                sample_weight=weights,
                seed=draw_seed(random_state),
                metric=self.metric,
                memory_limit=setting("memory_limit"),
                on_event=on_event,
            )
