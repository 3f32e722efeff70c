"""The Markdown table of a record, and the place for it in a README.

usage: python -m benches.end_to_end.table RECORD.json [--write README.md]
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from benches.end_to_end import record
from benches.end_to_end.cases import OURS
from benches.end_to_end.check import FLOAT32_ROUNDING
from benches.end_to_end.imports import BASE
from benches.end_to_end.imports import OURS as OUR_IMPORT
from benches.end_to_end.show import seconds, times

__all__ = ["BEGIN", "END", "markdown", "replace_in"]

BEGIN = "<!-- benchmarks:begin -->"
END = "<!-- benchmarks:end -->"

_NAMES = {"fastcluster": "fastcluster", "scikit-learn": "scikit-learn", "faiss": "FAISS"}


def markdown(kept: dict[str, Any]) -> str:
    """Return the tables of a record, with a line that says where the numbers come from."""
    parts = []
    for level in kept["levels"]:
        parts += _level_parts(level)
    parts += [f"Note: {note}." for note in kept["notes"]]
    parts.append(_origin(kept))
    return "\n\n".join(parts)


def replace_in(text: str, inside: str) -> str:
    """Return a README with everything between the markers replaced.

    Raises
    ------
    ValueError
        If the two markers are not there, once each and in order.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in rest or END in after:
        raise ValueError(f"the text needs one line {BEGIN} and after it one line {END}")
    return f"{before}{BEGIN}\n{inside}\n{END}{after}"


def _level_parts(level: dict[str, Any]) -> list[str]:
    """Return one Markdown table for the times of a level, one for memory, a line for imports."""
    reports = {
        measure: [report for report in level["results"] if report["measure"] == measure]
        for measure in ("time", "memory", "import")
    }
    isa = level["software"][OURS].get("isa", "unknown")
    title = f"Instruction set of fastcluster: {isa}"
    if level["level"] != "native":
        title += f" (capped by FASTCLUSTER_ISA={level['level']}; the peers are not capped)"
    parts = [f"**{title}**"] if reports["time"] else []
    for measure, cell in (("time", _time_cell), ("memory", _memory_cell)):
        if reports[measure]:
            parts.append(_table(reports[measure], cell))
    parts += [_import_line(report) for report in reports["import"]]
    return parts


def _table(reports: list[dict[str, Any]], cell: Any) -> str:
    names = [name for name in _NAMES if any(name in report["engines"] for report in reports)]
    what = {"time": "", "memory": " (peak memory on top of X, as a multiple of X)"}
    head = [f"case{what[reports[0]['measure']]}", "rows x columns", *(_NAMES[n] for n in names)]
    lines = [_row(head), _row(["---"] * 2 + ["---:"] * len(names))]
    for report in reports:
        data = report["data"]
        shape = f"{data['n_samples']:,} x {data['n_features']}"
        cells = [cell(report, name) if name in report["engines"] else "" for name in names]
        lines.append(_row([report["title"], shape, *cells]))
    return "\n".join(lines)


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _time_cell(report: dict[str, Any], name: str) -> str:
    """Return the median time; for a peer also how much longer it took, and its inertia."""
    found = report["engines"][name]
    if "wall" not in found:
        return _reason(found)
    text = seconds(found["wall"]["median"])
    # Two centers closer than float32 can tell apart are no fault worth a reader's time.
    if found["n_labels_wrong"] and found["largest_label_excess"] > FLOAT32_ROUNDING:
        text += f", {found['n_labels_wrong']} of {found['n_labels_checked']} labels wrong"
    ratio = report["ratios"].get(name)
    if ratio is None:
        return text
    wall = ratio["wall"]
    text += f", **{times(wall['median'])}** ({times(wall['low'])} to {times(wall['high'])})"
    if report["task"] == "assign":
        return text
    return f"{text}, inertia {_excess(1 / ratio['inertia']['median'] - 1)}"


def _excess(share: float) -> str:
    """Return how far a peer's inertia is from ours, rounded to what is of interest.

    Examples
    --------
    >>> _excess(3e-8), _excess(0.00412), _excess(-0.00003)
    ('equal to 1e-6', '+0.41 %', '-3e-05')
    """
    if abs(share) <= 1e-6:
        return "equal to 1e-6"
    return f"{share:+.0e}" if abs(share) < 5e-5 else f"{100 * share:+.2f} %"


def _memory_cell(report: dict[str, Any], name: str) -> str:
    found = report["engines"][name]
    return f"{found['times_X']:.2f}" if "times_X" in found else _reason(found)


def _reason(found: dict[str, Any]) -> str:
    return "failed" if "failed" in found else "absent"


def _import_line(report: dict[str, Any]) -> str:
    statements = report["statements"]
    base, extra = statements[BASE]["median"], statements[OUR_IMPORT]["on_top_of_base"]
    return (
        f"`{BASE}` takes {seconds(base)} in a fresh interpreter; "
        f"importing `fastcluster.KMeans` adds {seconds(max(extra, 0.0))}."
    )


def _origin(kept: dict[str, Any]) -> str:
    """Return the line that says what ran where, and how to repeat it."""
    machine = kept["machine"]
    load = "load average unknown"
    if machine["load_average"]:
        load = f"load average {machine['load_average'][0]:.2f} at the start"
    software = kept["levels"][0]["software"] if kept["levels"] else {}
    versions = [
        f"{_NAMES[name]} {found['version']}"
        for name, found in software.items()
        if "version" in found
    ]
    return (
        f"{machine['cpu']}, {kept['n_threads']} threads for every engine; {', '.join(versions)}; "
        f"{kept['date'][:10]}, commit {kept['commit']}, {load}. Medians; x is the peer's time over "
        "ours (lowest to highest of neighbouring runs), inertia is the peer's against ours. "
        f"Repeat with `{kept['command']}`."
    )


def main(arguments: list[str] | None = None) -> int:
    """Print the table of a record, or put it into a file."""
    parser = argparse.ArgumentParser(prog="python -m benches.end_to_end.table")
    parser.add_argument("record", type=Path)
    parser.add_argument("--write", type=Path, metavar="README.md", help="replace it in this file")
    options = parser.parse_args(arguments)
    try:
        text = markdown(record.read(options.record))
        if options.write is None:
            print(text)
        else:
            old = options.write.read_text(encoding="utf-8")
            options.write.write_text(replace_in(old, text), encoding="utf-8")
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
