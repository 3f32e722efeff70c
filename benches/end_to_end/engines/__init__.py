"""The engines by name, each in its own module; `contract` says what such a module holds."""

from dataclasses import dataclass
from importlib import import_module

from benches.end_to_end.contract import Engine

__all__ = ["MODULES", "Absent", "describe", "load", "software"]

MODULES = {
    "fastcluster": "benches.end_to_end.engines.fastcluster",
    "scikit-learn": "benches.end_to_end.engines.scikit_learn",
    "faiss": "benches.end_to_end.engines.faiss",
}
"""This library first: every ratio is a peer's figure over ours."""


@dataclass(frozen=True)
class Absent:
    """An engine whose library cannot be imported."""

    name: str
    reason: str


def load(name: str) -> Engine | Absent:
    """Import an engine, or say why that fails."""
    try:
        return import_module(MODULES[name])
    except (ImportError, OSError) as error:
        return Absent(name, f"{type(error).__name__}: {error}")


def describe(engine: Engine) -> dict[str, str]:
    """Return the version of an engine and what else it says of itself."""
    return {"version": engine.version(), **getattr(engine, "describe", dict)()}


def software() -> dict[str, dict[str, str]]:
    """Return the version of every engine, or the reason why it is absent."""
    found = {name: load(name) for name in MODULES}
    return {
        name: {"absent": engine.reason} if isinstance(engine, Absent) else describe(engine)
        for name, engine in found.items()
    }
