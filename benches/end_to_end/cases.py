"""The cases: rows of a TOML file, checked when it is read."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from fastcluster.bench.answers import is_k_means
from fastcluster.bench.compare import MEASURES
from fastcluster.bench.contract import OURS
from fastcluster.bench.engines import MODULES
from fastcluster.bench.givens import GIVENS, GivenName
from fastcluster.bench.trial import Work

__all__ = ["CASES_FILE", "OURS", "Case", "DataSource", "Plan", "read_plan"]

CASES_FILE = Path(__file__).with_name("cases.toml")

_WITHOUT_VECTORS = ("import", "peak")
_MEASURES = (*MEASURES, *_WITHOUT_VECTORS)


@dataclass(frozen=True)
class DataSource:
    """Where vectors come from: files, a mixture of blobs, or drawn to look like embeddings."""

    files: tuple[str, ...] = ()
    mixture: Mapping[str, int] = field(default_factory=dict)
    drawn: Mapping[str, int] = field(default_factory=dict)
    rows_max: int | None = None
    """The first so many rows of them."""


@dataclass(frozen=True)
class Case:
    """One comparison, or a measurement of something else.

    `measure` is what `fastcluster.bench.compare` measures of a trial, or "import", or "peak" (what
    the machine reaches in float32). `start` is what `fastcluster.bench.givens` takes: what is given
    beside the vectors. `parameters` is what is special to the task. `n_calls` is the number of
    calls in one timing, for calls too short to be timed alone; times are per call. A `long` case
    takes minutes and runs only when asked for.
    """

    name: str
    title: str
    measure: Literal["time", "iteration", "memory", "import", "peak"] = "time"
    long: bool = False
    data: str = ""
    task: str = ""
    n_clusters: int = 0
    start: GivenName = "none"
    parameters: Mapping[str, Any] = field(default_factory=dict)
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

    @property
    def work(self) -> Work:
        """What every engine is asked to do."""
        return Work(
            self.task, self.n_clusters, self.max_iter, self.tol, self.n_calls, self.parameters
        )


@dataclass(frozen=True)
class Plan:
    """What a cases file says."""

    cases: tuple[Case, ...]
    data: Mapping[str, DataSource]
    short_rows_max: int
    short_repeats: int

    def select(self, names: list[str] | None, *, long: bool = False) -> tuple[Case, ...]:
        """Return the cases with these names; without names all of them, the long ones if asked."""
        known = [case.name for case in self.cases]
        for name in names or ():
            if name not in known:
                raise ValueError(f"no case is named {name!r}\nhint: one of {', '.join(known)}")
        if names is None:
            return tuple(case for case in self.cases if long or not case.long)
        return tuple(case for case in self.cases if case.name in names)


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
    source = DataSource(**{**table, "files": tuple(table.get("files", ()))})
    if sum(map(bool, (source.files, source.mixture, source.drawn))) != 1:
        raise ValueError(f"data.{name} needs one of files, mixture and drawn")
    return source


def _case(table: dict[str, Any], data: Mapping[str, DataSource]) -> Case:
    _check_keys(f"case {table.get('name')!r}", table, Case)
    case = Case(**{**table, "peers": tuple(table.get("peers", ()))})
    _check_choice(case, "measure", case.measure, _MEASURES)
    _check_choice(case, "start", case.start, GIVENS)
    for peer in (*case.peers, *case.faster_than):
        _check_choice(case, "peers", peer, tuple(MODULES))
    if case.measure not in _WITHOUT_VECTORS:
        _check_choice(case, "data", case.data, tuple(data))
        counted = case.start == "labels" or is_k_means(case.task)
        if not case.task or (counted and case.n_clusters < 1):
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
