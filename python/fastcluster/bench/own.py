"""The comparison on a user's own vectors: Lloyd's iterations from the same start."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from fastcluster.bench import chart, engines, record
from fastcluster.bench.compare import compare
from fastcluster.bench.contention import disturbance
from fastcluster.bench.contract import OURS, Vectors
from fastcluster.bench.starts import start_centers
from fastcluster.bench.table import origin, remarks, table
from fastcluster.bench.trial import Trial, Work

__all__ = ["any_peer", "chosen_engines", "markdown", "run", "svg"]

_START: Final = "rows"


def chosen_engines(names: Sequence[str] | None) -> tuple[str, ...]:
    """Return the engines with these names, this library first; without names all of them.

    Raises
    ------
    ValueError
        If a name is unknown.
    """
    for name in names or ():
        if name not in engines.KMEANS:
            raise ValueError(
                f"--engines={name} must be known\nhint: one of {', '.join(engines.KMEANS)}"
            )
    wanted = engines.KMEANS if names is None else (OURS, *names)
    return tuple(dict.fromkeys(wanted))


def any_peer(names: Sequence[str]) -> bool:
    """Say whether one of these engines is a peer whose library is installed."""
    return any(
        name != OURS and not isinstance(engines.load(name), engines.Absent) for name in names
    )


def run(  # noqa: PLR0913 - one argument per option
    X: Vectors,
    work: Work,
    *,
    names: Sequence[str],
    repeats: int,
    n_threads: int,
    source: str,
    command: str,
    memory: bool,
) -> dict[str, Any]:
    """Compare engines on vectors, and return the record.

    Parameters
    ----------
    X : ndarray of float32 of shape (n_samples, n_features)
        The vectors, C-contiguous and finite.
    work : Work
        What the engines are asked to do, from start centers that are rows of X.
    names : sequence of str
        The engines.
    repeats : int
        Timings per engine.
    n_threads : int
        Threads of every engine.
    source, command : str
        What the record says of where X comes from, and of how to repeat this.
    memory : bool
        Whether each engine runs once more, in a process of its own, for its peak memory.

    Raises
    ------
    ValueError
        If X has fewer distinct rows than clusters are wanted.
    """
    kept = record.begin("file", n_threads, command)
    trial = Trial(work, X, start_centers(X, work.n_clusters, _START), n_threads)
    title = f"{work.max_iter} Lloyd iterations, {work.n_clusters:,} clusters"
    data = {"source": source, "n_samples": X.shape[0], "n_features": X.shape[1]}
    settings = asdict(work)
    common = {"case": "file", "title": title, "task": settings.pop("task"), "data": data}
    results = [
        {
            **common,
            "measure": measure,
            "settings": {**settings, "start": _START},
            **compare(trial, names, measure, repeats),
        }
        for measure in ("time", "memory")
        if memory or measure == "time"
    ]
    kept["levels"] = [{"level": "native", "software": engines.software(names), "results": results}]
    shares = [report.get("others_cpu_share") for report in results]
    note = disturbance(shares, kept["machine"]["load_average"])
    kept["notes"] = [note] if note else []
    return kept


def markdown(kept: dict[str, Any]) -> str:
    """Return a record's tables, remarks and notes as Markdown."""
    results = kept["levels"][0]["results"]
    parts = [table([report]) for report in results]
    parts += remarks(results)
    parts += [f"Note: {note}." for note in kept["notes"]]
    return "\n\n".join([*parts, origin(kept)]) + "\n"


def svg(kept: dict[str, Any]) -> str:
    """Return a record's ratios as a chart.

    Raises
    ------
    ValueError
        If no peer was timed.
    """
    machine = kept["machine"]
    return chart.svg(kept["levels"][0]["results"], f"{machine['cpu']}, {kept['n_threads']} threads")
