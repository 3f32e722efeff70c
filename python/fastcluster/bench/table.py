"""Reports as a Markdown table: a row per case, a column per engine."""

from typing import Any

from fastcluster.bench.check import FLOAT32_ROUNDING
from fastcluster.bench.engines import MODULES, NAMES
from fastcluster.bench.show import agreement, excess, found_clusters, seconds, times

__all__ = ["origin", "remarks", "row", "table"]

Report = dict[str, Any]
_WHAT = {
    "time": "",
    "iteration": " (one more iteration, by difference of two fits)",
    "memory": " (peak memory on top of X, as a multiple of X)",
}


def table(reports: list[Report]) -> str:
    """Return the table of reports that measure the same."""
    measure = reports[0]["measure"]
    cell = _memory_cell if measure == "memory" else _time_cell
    names = [name for name in MODULES if any(name in report["engines"] for report in reports)]
    head = [f"case{_WHAT[measure]}", "rows x columns", *(NAMES.get(n, n) for n in names)]
    lines = [row(head), row(["---"] * 2 + ["---:"] * len(names))]
    for report in reports:
        data = report["data"]
        shape = f"{data['n_samples']:,} x {data['n_features']}"
        cells = [cell(report, name) if name in report["engines"] else "" for name in names]
        lines.append(row([report["title"], shape, *cells]))
    return "\n".join(lines)


def row(cells: list[str]) -> str:
    """Return one row of a Markdown table."""
    return "| " + " | ".join(cells) + " |"


def remarks(reports: list[Report]) -> list[str]:
    """Return a sentence for each engine whose work was another than that of the others."""
    found: dict[str, None] = {}
    for report in reports:
        for name, engine in report.get("engines", {}).items():
            if "remark" in engine and ("wall" in engine or "times_X" in engine):
                task = report.get("task", "")
                found[f"{NAMES.get(name, name)}, {task}: {engine['remark']}."] = None
    return list(found)


def origin(kept: Report) -> str:
    """Return the line that says what ran where, and how to repeat it."""
    machine = kept["machine"]
    load = "load average unknown"
    if machine["load_average"]:
        load = f"load average {machine['load_average'][0]:.2f} at the start"
    software = kept["levels"][0]["software"] if kept["levels"] else {}
    versions = {
        f"{NAMES.get(name, name)} {found['version']}": None
        for name, found in software.items()
        if "version" in found
    }
    commit = f", commit {kept['commit']}" if "commit" in kept else ""
    return (
        f"{machine['cpu']}, {kept['n_threads']} threads for every engine; {', '.join(versions)}; "
        f"{kept['date'][:10]}{commit}, {load}. Medians; x is the peer's time over "
        "ours (lowest to highest of neighbouring runs), inertia is the peer's against ours, as are "
        "labels, heights and scores. "
        f"Repeat with `{kept['command']}`."
    )


def _time_cell(report: Report, name: str) -> str:
    """Return the median time; for a peer also the ratio, and how its answer differs."""
    found = report["engines"][name]
    if "wall" not in found:
        return _reason(found)
    text = seconds(found["wall"]["median"])
    # Two centers closer than float32 can tell apart are no fault worth a reader's time.
    if found.get("n_labels_wrong") and found["largest_label_excess"] > FLOAT32_ROUNDING:
        text += f", {found['n_labels_wrong']} of {found['n_labels_checked']} labels wrong"
    if clusters := found_clusters(found):
        text += f", {clusters}"
    ratio = report["ratios"].get(name)
    if ratio is None:
        return text
    wall = ratio["wall"]
    text += f", **{times(wall['median'])}** ({times(wall['low'])} to {times(wall['high'])})"
    if "against_ours" in found:
        return f"{text}, {agreement(found['against_ours'])}"
    if report["task"] == "assign" or "inertia" not in ratio:
        return text
    start = "own start, " if found.get("own_start") else ""
    return f"{text}, {start}inertia {excess(1 / ratio['inertia']['median'] - 1)}"


def _memory_cell(report: Report, name: str) -> str:
    found = report["engines"][name]
    return f"{found['times_X']:.2f}" if "times_X" in found else _reason(found)


def _reason(found: Report) -> str:
    return "failed" if "failed" in found else "not available"
