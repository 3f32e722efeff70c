"""SuperKMeans, by its authors: k-means with pruning, and its hierarchical form.

Unless told otherwise it trains on 30 % of the rows, stops early, and turns hierarchical above
100,000 rows. Here `lloyd` is the flat form on every row without early stop; `hierarchical` is the
tree, with every default. It takes no start centers and returns no labels: its own exact float32
search labels the rows by the final centers, and `stages` has the time of the training alone.
"""

from contextlib import AbstractContextManager, nullcontext
from importlib.metadata import version as installed
from time import perf_counter

from superkmeans import SuperKMeans

from fastcluster.bench.contract import Given, Outcome, Settings, Vectors
from fastcluster.bench.engines._settings import fixed_iterations

NAME = "superkmeans"
OWN_START = frozenset({"lloyd"})
REMARKS = {
    "lloyd": (
        "draws its own start centers; drops centers by a statistical test from the second "
        "iteration on, so its training is approximate"
    ),
    "hierarchical": "clusters of clusters with 3 and 5 iterations and no refinement, its defaults",
}


def version() -> str:
    """Return the installed version."""
    return installed("superkmeans")


def threads(n_threads: int) -> AbstractContextManager[None]:
    """Do nothing: the tasks pass `n_threads`."""
    return nullcontext(None)


def assign(X: Vectors, centers: Given, settings: Settings) -> Outcome:
    """Label the rows by its exact float32 search."""
    model = SuperKMeans(settings.n_clusters, X.shape[1], n_threads=settings.n_threads)
    return Outcome(model.assign(X, centers))


def lloyd(X: Vectors, centers: Given, settings: Settings) -> Outcome:
    """Train the flat form on every row from a start of its own, then label the rows."""
    model = SuperKMeans(
        settings.n_clusters,
        X.shape[1],
        hierarchical=False,
        iters=fixed_iterations(settings, "superkmeans"),
        sampling_fraction=1.0,
        max_points_per_cluster=len(X),
        early_termination=False,
        n_threads=settings.n_threads,
        seed=settings.seed,
    )
    outcome = _trained(model, X)
    outcome.n_iter = len(model.iteration_stats)
    return outcome


def hierarchical(X: Vectors, centers: Given, settings: Settings) -> Outcome:
    """Train the hierarchical form with every default, then label the rows."""
    model = SuperKMeans(
        settings.n_clusters,
        X.shape[1],
        hierarchical=True,
        n_threads=settings.n_threads,
        seed=settings.seed,
    )
    return _trained(model, X)


def _trained(model: SuperKMeans, X: Vectors) -> Outcome:
    began = perf_counter()
    centers = model.train(X)
    trained = perf_counter()
    return Outcome(model.assign(X, centers), centers, stages={"train": trained - began})
