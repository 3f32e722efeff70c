"""Reports in words: for the terminal, and the cells that the Markdown table shares with it."""

import statistics
from typing import Any

from benches.end_to_end.cases import OURS
from benches.end_to_end.imports import BASE
from benches.end_to_end.imports import OURS as OUR_IMPORT

__all__ = ["line", "seconds", "shortfalls", "times"]


def seconds(value: float) -> str:
    """Return a time with three significant digits.

    Examples
    --------
    >>> seconds(12.345), seconds(0.012345), seconds(0.000012345)
    ('12.3 s', '12.3 ms', '12.3 µs')
    """
    for unit, scale in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if value * scale >= 1.0 or unit == "µs":
            break
    scaled = value * scale
    digits = max(0, 2 - len(str(int(scaled))) + 1)
    return f"{scaled:.{digits}f} {unit}"


def times(ratio: float) -> str:
    """Return a ratio with two significant digits or more.

    Examples
    --------
    >>> times(0.954), times(3.14159), times(41.7)
    ('0.95x', '3.1x', '42x')
    """
    return f"{ratio:.{2 if ratio < 1 else 1 if ratio < 10 else 0}f}x"


def line(report: dict[str, Any]) -> str:
    """Return one line for the terminal, and one more for each goal that was missed."""
    if report["measure"] == "skipped":
        return f"{report['case']}: skipped: {report['reason']}"
    if report["measure"] == "import":
        extra = report["statements"][OUR_IMPORT]["on_top_of_base"]
        return f"{report['case']}: KMeans costs {seconds(extra)} on top of `{BASE}`"
    parts = [f"{name} {_engine(found)}" for name, found in report["engines"].items()]
    parts += [
        f"{times(found['wall']['median'])} {name} at inertia {found['inertia']['median']:.7f}"
        for name, found in report.get("ratios", {}).items()
    ]
    misses = [f"    short of the goal: {miss}" for miss in shortfalls(report)]
    return "\n".join([f"{report['case']}: {'; '.join(parts)}", *misses])


def shortfalls(report: dict[str, Any]) -> list[str]:
    """Return one sentence for each goal of a case that its report does not reach."""
    goals, ratios = report.get("goals", {}), report.get("ratios", {})
    ours = report.get("engines", {}).get(OURS, {})
    found = []
    for peer, goal in goals.get("faster_than", {}).items():
        if peer in ratios and (reached := ratios[peer]["wall"]["median"]) < goal:
            found.append(f"{times(reached)} {peer}, goal {times(goal)}")
    excess_max = goals.get("inertia_excess_max")
    for peer, ratio in ratios.items():
        if excess_max is not None and (excess := ratio["inertia"]["median"] - 1) > excess_max:
            found.append(f"inertia {excess:.2e} above {peer}, goal at most {excess_max:.0e}")
    if (memory_max := goals.get("memory_max")) and ours.get("times_X", 0.0) > memory_max:
        found.append(f"memory {ours['times_X']:.2f} times X, goal at most {memory_max}")
    if ours.get("n_labels_wrong"):
        found.append(f"{ours['n_labels_wrong']} wrong labels, goal 0")
    return found


def _engine(found: dict[str, Any]) -> str:
    for reason in ("absent", "failed"):
        if reason in found:
            return f"{reason} ({found[reason]})"
    if "times_X" in found:
        return f"{found['times_X']:.2f} times X"
    wrong = found["n_labels_wrong"]
    note = f", {wrong} of {found['n_labels_checked']} labels wrong" if wrong else ""
    note += f" by at most {found['largest_label_excess']:.0e}" if wrong else ""
    cpu = statistics.median(found["cpu_seconds"])
    return f"{seconds(found['wall']['median'])} (cpu {seconds(cpu)}){note}"
