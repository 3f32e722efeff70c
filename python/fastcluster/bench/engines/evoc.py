"""EVoC: embeds a graph of approximate neighbours in few dimensions and clusters that by density."""

from importlib.metadata import version as installed

from evoc import EVoC

from fastcluster.bench.contract import Given, Outcome, Settings, Vectors
from fastcluster.bench.engines._numba import threads

__all__ = ["NAME", "REMARKS", "hdbscan", "threads", "version"]

NAME = "evoc"
REMARKS = {
    "hdbscan": (
        "not HDBSCAN but what it offers in its place: it clusters an embedding of an approximate "
        "graph of neighbours by cosine, so labels differ and only times compare"
    )
}


def version() -> str:
    """Return the installed version."""
    return installed("evoc")


def hdbscan(X: Vectors, given: Given, settings: Settings) -> Outcome:
    """Label the rows by its finest layer's size of a cluster; the rest are its defaults."""
    model = EVoC(
        base_min_cluster_size=settings.parameters["min_cluster_size"],
        random_state=settings.seed,
    )
    return Outcome(model.fit_predict(X))
