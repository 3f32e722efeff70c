"""The engines by name, each in its own module; `contract` says what such a module holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from fastcluster.bench.contract import Engine

__all__ = ["EXTRA", "KMEANS", "MODULES", "NAMES", "Absent", "describe", "load", "software"]

_HERE = "fastcluster.bench.engines"

MODULES = {
    "fastcluster": f"{_HERE}.fastcluster",
    "scikit-learn": f"{_HERE}.scikit_learn",
    "scikit-learn-intelex": f"{_HERE}.scikit_learn_intelex",
    "faiss": f"{_HERE}.faiss",
    "faiss-superkmeans": f"{_HERE}.faiss_superkmeans",
    "superkmeans": f"{_HERE}.superkmeans",
    "dbscan": f"{_HERE}.dbscan",
    "hdbscan": f"{_HERE}.hdbscan",
    "fast_hdbscan": f"{_HERE}.fast_hdbscan",
    "evoc": f"{_HERE}.evoc",
    "scipy": f"{_HERE}.scipy",
}
"""This library first: every ratio is a peer's figure over ours."""

KMEANS = (
    "fastcluster",
    "scikit-learn",
    "scikit-learn-intelex",
    "faiss",
    "faiss-superkmeans",
    "superkmeans",
)
"""Those that run k-means. Some others compile themselves when imported, for half a minute."""

NAMES = {"faiss": "FAISS", "faiss-superkmeans": "faiss.SuperKmeans", "scipy": "SciPy"}
"""How an engine is written in tables, where that is not its own name."""

EXTRA = "fastcluster-rs[bench]"
"""What to install for the peers that the library itself does not need."""


@dataclass(frozen=True)
class Absent:
    """An engine whose library cannot be imported."""

    name: str
    reason: str


def load(name: str) -> Engine | Absent:
    """Import an engine, or say why that fails."""
    try:
        return cast("Engine", import_module(MODULES[name]))
    except ModuleNotFoundError as error:
        return Absent(name, f"{error.name} is not installed: pip install '{EXTRA}'")
    except (ImportError, OSError, AttributeError) as error:
        return Absent(name, f"{type(error).__name__}: {error}")


def describe(engine: Engine) -> dict[str, str]:
    """Return the version of an engine and what else it says of itself."""
    return {"version": engine.version(), **getattr(engine, "describe", dict)()}


def software(names: Iterable[str] = tuple(MODULES)) -> dict[str, dict[str, str]]:
    """Return the version of every engine, or the reason why it is absent."""
    found = {name: load(name) for name in names}
    return {
        name: {"absent": engine.reason} if isinstance(engine, Absent) else describe(engine)
        for name, engine in found.items()
    }
