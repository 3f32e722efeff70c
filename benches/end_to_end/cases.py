"""The cases: rows of a TOML file, checked when it is read."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from benches.end_to_end.engines import MODULES

__all__ = ["CASES_FILE", "Case", "DataSource", "Plan", "read_plan"]

CASES_FILE = Path(__file__).with_name("cases.toml")
OURS = "fastcluster"

_MEASURES = ("time", "memory", "import")
_STARTS = ("none", "rows", "means")


@dataclass(frozen=True)
class DataSource:
    """Where vectors come from: either files, or a mixture of normal blobs."""

    files: tuple[str, ...] = ()
    mixture: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One comparison.

    `start` is "none", "rows" (distinct rows of X drawn from a fixed seed) or "means" (those after
    three Lloyd iterations, which is what centers look like inside a fit). `n_calls` is the number
    of calls in one timing, for calls too short to be timed alone; times are per call.
    """

    name: str
    title: str
    measure: Literal["time", "memory", "import"] = "time"
    data: str = ""
    task: str = ""
    n_clusters: int = 0
    start: Literal["none", "rows", "means"] = "none"
    max_iter: int | None = None
    tol: float | None = None
    repeats: int = 5
    n_calls: int = 1
    peers: tuple[str, ...] = ()
    faster_than: Mapping[str, float] = field(default_factory=dict)
    """Goal: the peer's time over ours."""
    inertia_excess_max: float | None = None
    """Goal: how much higher our inertia may be than a peer's, as a share of it."""
    memory_max: float | None = None
    """Goal: the most memory on top of X, as a multiple of the size of X."""

    @property
    def engines(self) -> tuple[str, ...]:
        """The names of all engines that run, this library first."""
        return (OURS, *self.peers)


@dataclass(frozen=True)
class Plan:
    """What a cases file says."""

    cases: tuple[Case, ...]
    data: Mapping[str, DataSource]
    short_rows_max: int
    short_repeats: int

    def select(self, names: list[str] | None) -> tuple[Case, ...]:
        """Return the cases with these names, or all of them."""
        known = [case.name for case in self.cases]
        for name in names or ():
            if name not in known:
                raise ValueError(f"no case is named {name!r}\nhint: one of {', '.join(known)}")
        return tuple(case for case in self.cases if names is None or case.name in names)


def read_plan(path: Path = CASES_FILE) -> Plan:
    """Read and check a cases file; a key or a value that means nothing is a ValueError."""
    with path.open("rb") as file:
        content = tomllib.load(file)
    data = {name: _source(name, table) for name, table in content.get("data", {}).items()}
    cases = tuple(_case(table, data) for table in content.get("case", []))
    names = [case.name for case in cases]
    if len(set(names)) < len(names):
        raise ValueError(f"{path.name}: two cases have the same name")
    short = content.get("short", {})
    return Plan(cases, data, short.get("rows_max", 20_000), short.get("repeats", 3))


def _source(name: str, table: dict[str, Any]) -> DataSource:
    _check_keys(f"data.{name}", table, DataSource)
    source = DataSource(tuple(table.get("files", ())), table.get("mixture", {}))
    if bool(source.files) == bool(source.mixture):
        raise ValueError(f"data.{name} needs either files or a mixture")
    return source


def _case(table: dict[str, Any], data: Mapping[str, DataSource]) -> Case:
    _check_keys(f"case {table.get('name')!r}", table, Case)
    case = Case(**{**table, "peers": tuple(table.get("peers", ()))})
    _check_choice(case, "measure", case.measure, _MEASURES)
    _check_choice(case, "start", case.start, _STARTS)
    for peer in (*case.peers, *case.faster_than):
        _check_choice(case, "peers", peer, tuple(MODULES))
    if case.measure != "import":
        _check_choice(case, "data", case.data, tuple(data))
        if not case.task or case.n_clusters < 1:
            raise ValueError(f"case {case.name!r} needs a task and n_clusters of at least 1")
    return case


def _check_keys(where: str, table: dict[str, Any], form: type) -> None:
    unknown = set(table) - {known.name for known in fields(form)}
    if unknown:
        raise ValueError(f"{where}: no key is named {sorted(unknown)[0]!r}")


def _check_choice(case: Case, key: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(
            f"case {case.name!r}: {key}={value!r} is unknown\nhint: one of {', '.join(choices)}"
        )
