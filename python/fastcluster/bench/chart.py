"""A bar chart of ratios as SVG, drawn here: one bar per peer and case, on a logarithmic scale."""

import math
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from fastcluster.bench.contract import OURS
from fastcluster.bench.engines import MODULES, NAMES
from fastcluster.bench.show import seconds, times

__all__ = ["svg"]

Report = dict[str, Any]

COLOURS = (
    *("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9"),
    *("#f0e442", "#000000", "#882255", "#999933"),
)
"""Okabe and Ito's eight, which those who see few colours can tell apart, and two of Tol's."""
WIDTH = 960
LEFT = 340
"""Where the bars' scale begins; the names of the cases stand left of it."""
RIGHT = 120
"""Room for the figures behind the longest bar."""
TOP = 96
"""Above the first case, with one line of names above the scale."""
LEGEND_LINE = 18
BAR = 15
GAP = 14
"""Between cases."""
NAME_CHARACTERS = 46
"""As many as fit left of the bars; a longer name is cut."""
FONT = "font-family='system-ui, sans-serif'"


@dataclass(frozen=True)
class _Scale:
    """From a ratio to a place on the page."""

    low: float
    high: float

    def x(self, ratio: float) -> float:
        """Return the place of a ratio."""
        share = math.log(ratio / self.low) / math.log(self.high / self.low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def ticks(self) -> list[float]:
        """Return the round ratios within the scale."""
        every = [mantissa * 10.0**power for power in range(-3, 5) for mantissa in (1, 2, 5)]
        return [tick for tick in every if self.low <= tick <= self.high]


def svg(reports: list[Report], title: str) -> str:
    """Draw how many times longer each peer took than this library.

    Parameters
    ----------
    reports : list of dict
        Reports of timed cases; those without a ratio are left out.
    title : str
        What stands above, such as the processor and the number of threads.

    Returns
    -------
    str
        The text of an SVG file.

    Raises
    ------
    ValueError
        If no report has a ratio.
    """
    reports = [report for report in reports if report.get("ratios")]
    if not reports:
        raise ValueError("a chart needs at least one case in which a peer was timed, got none")
    names = [name for name in MODULES if any(name in report["ratios"] for report in reports)]
    colours = dict(zip(names, COLOURS, strict=False))
    scale = _scale(reports)
    legend, n_lines = _legend(colours)
    top = float(TOP + (n_lines - 1) * LEGEND_LINE)
    parts, y = [], top
    for report in reports:
        bars = float(max(len(report["ratios"]), 2) * BAR)
        parts += _case(report, y, bars, scale, colours)
        y += bars + GAP
    height = y + 20
    opening = (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{height:.0f}' "
        f"viewBox='0 0 {WIDTH} {height:.0f}' {FONT} font-size='12' fill='#222'>"
    )
    frame = [
        opening,
        f"<title>{escape(title)}</title>",
        f"<rect width='{WIDTH}' height='{height:.0f}' fill='#fff'/>",
        _text(16, 26, title, "font-size='15' font-weight='600'"),
        _text(16, 46, "time of each library over that of fastcluster: right of 1x is slower"),
        *legend,
        *_grid(scale, top, y),
    ]
    return "\n".join([*frame, *parts, "</svg>"]) + "\n"


def _scale(reports: list[Report]) -> _Scale:
    """Return a scale with room for every ratio, and for 1."""
    walls = [ratio["wall"] for report in reports for ratio in report["ratios"].values()]
    low, high = (min(wall["low"] for wall in walls), max(wall["high"] for wall in walls))
    return _Scale(min(low, 1.0) / 1.15, max(high, 2.0) * 1.05)


def _legend(colours: dict[str, str]) -> tuple[list[str], int]:
    """Draw the names and their colours; return also how many lines they take."""
    parts, x, line = [], 16.0, 0
    for name, colour in colours.items():
        label = NAMES.get(name, name)
        width = 40 + 7 * len(label)
        if x + width > WIDTH:
            x, line = 16.0, line + 1
        y = 58 + line * LEGEND_LINE
        parts.append(f"<rect x='{x:.0f}' y='{y}' width='11' height='11' fill='{colour}'/>")
        parts.append(_text(x + 16, y + 10, label))
        x += width
    return parts, line + 1


def _grid(scale: _Scale, top: float, bottom: float) -> list[str]:
    parts = []
    for tick in scale.ticks():
        x = scale.x(tick)
        colour, width = ("#222", 1.5) if tick == 1 else ("#ddd", 1)
        parts.append(
            f"<line x1='{x:.1f}' x2='{x:.1f}' y1='{top - 6:.0f}' y2='{bottom:.0f}' "
            f"stroke='{colour}' stroke-width='{width}'/>"
        )
        parts.append(_text(x, top - 10, f"{tick:g}x", "text-anchor='middle' fill='#666'"))
    return parts


def _case(
    report: Report, top: float, height: float, scale: _Scale, colours: dict[str, str]
) -> list[str]:
    """Draw a case's name, this library's time, and a bar per peer from 1x to its ratio."""
    data = report["data"]
    ours = report["engines"][OURS]["wall"]["median"]
    below = f"{data['n_samples']:,} x {data['n_features']}, fastcluster {seconds(ours)}"
    middle = top + height / 2
    name = report["title"]
    if len(name) > NAME_CHARACTERS:
        name = name[: NAME_CHARACTERS - 1].rstrip(" ,") + "…"
    parts = [
        _text(LEFT - 12, middle - 2, name, "text-anchor='end'"),
        _text(LEFT - 12, middle + 12, below, "text-anchor='end' fill='#666' font-size='11'"),
    ]
    for place, (peer, ratio) in enumerate(report["ratios"].items()):
        y, wall = top + place * BAR, ratio["wall"]
        start, end = sorted((scale.x(1.0), scale.x(wall["median"])))
        parts.append(
            f"<rect x='{start:.1f}' y='{y + 1:.1f}' width='{max(end - start, 1):.1f}' "
            f"height='{BAR - 3}' fill='{colours[peer]}'><title>{NAMES.get(peer, peer)}</title>"
            "</rect>"
        )
        low, high = scale.x(wall["low"]), scale.x(wall["high"])
        parts.append(
            f"<line x1='{low:.1f}' x2='{high:.1f}' y1='{y + BAR / 2:.1f}' "
            f"y2='{y + BAR / 2:.1f}' stroke='#222'/>"
        )
        behind = max(end, high, scale.x(1.0)) + 5
        parts.append(_text(behind, y + BAR - 4, times(wall["median"]), "font-size='11'"))
    return parts


def _text(x: float, y: float, words: str, attributes: str = "") -> str:
    return f"<text x='{x:.1f}' y='{y:.1f}' {attributes}>{escape(words)}</text>"
