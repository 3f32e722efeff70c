"""A comparison as a table for people."""

import statistics
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fastcluster.bench.contract import OURS
from fastcluster.bench.engines import NAMES
from fastcluster.bench.show import excess, seconds, times
from fastcluster.bench.table import remarks
from fastcluster.cli._summary import WIDTH_OF_A_FILE

__all__ = ["print_comparison"]

Report = dict[str, Any]
_HEADS = ("median", "lowest", "highest", "CPU", "over ours", "inertia over ours", "wrong labels")


def print_comparison(kept: Report) -> None:
    """Print a record of `fastcluster.bench.own`: a row per engine, then what to know of them."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH_OF_A_FILE)
    results = kept["levels"][0]["results"]
    timed = results[0]
    memory = results[1]["engines"] if len(results) > 1 else None
    data = timed["data"]
    console.print(
        Text(
            f"{timed['title']}, {data['n_samples']:,} rows of {data['n_features']} float32 values, "
            f"{kept['n_threads']} threads"
        )
    )
    console.print(_table(timed, memory))
    missing = [
        f"{NAMES.get(name, name)}: {reason}"
        for name, found in timed["engines"].items()
        if (reason := found.get("absent") or found.get("failed"))
    ]
    for line in [*missing, *remarks(results), *kept["notes"]]:
        console.print(Text(line))


def _table(timed: Report, memory: dict[str, Report] | None) -> Table:
    """Lay out the engines, this library first."""
    table = Table()
    table.add_column("engine", no_wrap=True)
    for name in (*_HEADS, *(["memory / X"] if memory else [])):
        table.add_column(name, justify="right")
    for name, found in timed["engines"].items():
        cells = _cells(found, timed["ratios"].get(name), is_ours=name == OURS)
        if memory:
            cells.append(f"{memory[name]['times_X']:.2f}" if "times_X" in memory[name] else "")
        table.add_row(NAMES.get(name, name), *cells)
    return table


def _cells(found: Report, ratio: Report | None, *, is_ours: bool) -> list[str]:
    if "wall" not in found:
        return ["absent" if "absent" in found else "failed", *[""] * (len(_HEADS) - 1)]
    wall = found["wall"]
    against = ["1x" if is_ours else "", ""]
    if ratio is not None:
        start = ", own start" if found.get("own_start") else ""
        against = [
            times(ratio["wall"]["median"]),
            excess(1 / ratio["inertia"]["median"] - 1) + start,
        ]
    return [
        seconds(wall["median"]),
        seconds(wall["low"]),
        seconds(wall["high"]),
        seconds(statistics.median(found["cpu_seconds"])),
        *against,
        f"{found['n_labels_wrong']} of {found['n_labels_checked']:,}",
    ]
