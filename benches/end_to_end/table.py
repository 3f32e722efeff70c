"""The Markdown tables of records, the place for them in a README, and the chart beside them.

usage: python -m benches.end_to_end.table RECORD.json ... [--write README.md] [--chart FILE.svg]

A case that a later one of the records has at the same level is left out of the earlier ones.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from benches.end_to_end.imports import BASE
from benches.end_to_end.imports import OURS as OUR_IMPORT
from fastcluster.bench import chart, record
from fastcluster.bench.compare import MEASURES
from fastcluster.bench.contract import OURS
from fastcluster.bench.engines import NAMES
from fastcluster.bench.show import seconds
from fastcluster.bench.table import origin, remarks, table

__all__ = ["BEGIN", "END", "markdown", "replace_in", "superseded", "svg"]

BEGIN = "<!-- benchmarks:begin -->"
END = "<!-- benchmarks:end -->"


def markdown(kept: dict[str, Any]) -> str:
    """Return the tables of a record, with a line that says where the numbers come from."""
    parts = []
    for level in kept["levels"]:
        parts += _level_parts(level)
    reports = [report for level in kept["levels"] for report in level["results"]]
    parts += remarks(reports)
    parts += [f"Note: {note}." for note in kept["notes"]]
    parts.append(origin(kept))
    return "\n\n".join(parts)


def superseded(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the records, each without the cases that a later one has at the same level."""
    seen: set[tuple[str, str]] = set()
    shown = []
    for kept in reversed(records):
        levels = []
        for level in kept["levels"]:
            results = [one for one in level["results"] if (level["level"], one["case"]) not in seen]
            levels.append(level | {"results": results})
        seen |= {(level["level"], one["case"]) for level in levels for one in level["results"]}
        shown.append(kept | {"levels": levels})
    return shown[::-1]


def svg(kept: dict[str, Any]) -> str:
    """Return a chart of the times at the first level of a record.

    Raises
    ------
    ValueError
        If the record has no level, or no peer was timed.
    """
    if not kept["levels"]:
        raise ValueError("a chart needs a record with results, got none")
    level, machine = kept["levels"][0], kept["machine"]
    reports = [report for report in level["results"] if report["measure"] in ("time", "iteration")]
    isa = level["software"][OURS].get("isa", "unknown")
    return chart.svg(reports, f"{machine['cpu']}, {kept['n_threads']} threads, {isa}")


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
    """Return a Markdown table per measure of a level, and lines for the peak and for imports."""
    results = level["results"]
    isa = level["software"][OURS].get("isa", "unknown")
    title = f"Instruction set of fastcluster: {isa}"
    if level["level"] != "native":
        title += f" (capped by FASTCLUSTER_ISA={level['level']}; the peers are not capped)"
    tables = [
        table(reports)
        for measure in MEASURES
        if (reports := [report for report in results if report["measure"] == measure])
    ]
    parts = [f"**{title}**", *tables] if tables else []
    parts += [_peak_line(report, results) for report in results if report["measure"] == "peak"]
    parts += [_import_line(report) for report in results if report["measure"] == "import"]
    return parts


def _peak_line(report: dict[str, Any], results: list[dict[str, Any]]) -> str:
    """Return what a matrix product reaches, and the rate that each search comes to beside it."""
    size, rate = report["size"], report["rate"]["median"]
    text = (
        f"A float32 product of {size:,} x {size:,} matrices ({report['blas']}) runs at "
        f"{rate / 1e9:.0f} GFLOP/s here."
    )
    for one in results:
        if one.get("task") != "assign" and one["measure"] != "iteration":
            continue
        n_operations = (
            2.0
            * one["data"]["n_samples"]
            * one["data"]["n_features"]
            * one["settings"]["n_clusters"]
        )
        rates = [
            f"{NAMES.get(name, name)} {n_operations / engine['wall']['median'] / 1e9:.0f}"
            for name, engine in one["engines"].items()
            if "wall" in engine
        ]
        text += f" In the same unit, {one['title']}: {', '.join(rates)}."
    return text


def _import_line(report: dict[str, Any]) -> str:
    statements = report["statements"]
    base, extra = statements[BASE]["median"], statements[OUR_IMPORT]["on_top_of_base"]
    return (
        f"`{BASE}` takes {seconds(base)} in a fresh interpreter; "
        f"importing `fastcluster.KMeans` adds {seconds(max(extra, 0.0))}."
    )


def _image(chart_file: Path, readme: Path) -> str:
    """Return the Markdown that shows a chart in a README."""
    place = Path(os.path.relpath(chart_file, readme.parent)).as_posix()
    return f"![The time of each library over that of fastcluster]({place})"


def main(arguments: list[str] | None = None) -> int:
    """Print the tables of records, or put them into a file; draw the chart of the first."""
    parser = argparse.ArgumentParser(prog="python -m benches.end_to_end.table")
    parser.add_argument("record", type=Path, nargs="+")
    parser.add_argument("--write", type=Path, metavar="README.md", help="replace it in this file")
    parser.add_argument(
        "--chart", type=Path, metavar="FILE.svg", help="draw the ratios, and show them there"
    )
    options = parser.parse_args(arguments)
    try:
        records = [record.read(path) for path in options.record]
        text = "\n\n".join(markdown(kept) for kept in superseded(records))
        if options.chart is not None:
            options.chart.write_text(svg(records[0]), encoding="utf-8")
        if options.write is not None:
            if options.chart is not None:
                text = f"{_image(options.chart, options.write)}\n\n{text}"
            old = options.write.read_text(encoding="utf-8")
            options.write.write_text(replace_in(old, text), encoding="utf-8")
        elif options.chart is None:
            print(text)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
