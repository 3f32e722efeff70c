"""Figures and reports in words: what the terminal, the table and the chart share."""

import statistics
from typing import Any

__all__ = ["agreement", "engine", "excess", "found_clusters", "seconds", "times"]


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


def excess(share: float) -> str:
    """Return how far an inertia is from another, rounded to what is of interest.

    Examples
    --------
    >>> excess(3e-8), excess(0.00412), excess(-0.00003)
    ('equal to 1e-6', '+0.41 %', '-3e-05')
    """
    if abs(share) <= 1e-6:
        return "equal to 1e-6"
    return f"{share:+.0e}" if abs(share) < 5e-5 else f"{100 * share:+.2f} %"


def engine(report: dict[str, Any]) -> str:
    """Return what one engine did, in a line."""
    for reason in ("absent", "failed"):
        if reason in report:
            return f"{reason} ({report[reason]})"
    if "times_X" in report:
        return f"{report['times_X']:.2f} times X"
    wrong = report.get("n_labels_wrong", 0)
    note = f", {wrong} of {report['n_labels_checked']} labels wrong" if wrong else ""
    note += f" by at most {report['largest_label_excess']:.0e}" if wrong else ""
    cpu = statistics.median(report["cpu_seconds"])
    note += f", {clusters}" if (clusters := found_clusters(report)) else ""
    return f"{seconds(report['wall']['median'])} (cpu {seconds(cpu)}){note}"


def found_clusters(report: dict[str, Any]) -> str:
    """Return how many clusters a density method found, and how much noise; nothing for others.

    Examples
    --------
    >>> found_clusters({"n_clusters": 1200, "noise": 0.314}), found_clusters({})
    ('1,200 clusters, 31 % noise', '')
    """
    if "noise" not in report:
        return ""
    return f"{report['n_clusters']:,} clusters, {100 * report['noise']:.0f} % noise"


def agreement(found: dict[str, Any]) -> str:
    """Return how a peer's answer differs from this library's.

    Examples
    --------
    >>> agreement({"rows_otherwise": 0}), agreement({"rows_otherwise": 1500})
    ('labels equal', '1,500 rows otherwise')
    >>> agreement({"adjusted_rand": 0.98765})
    'adjusted Rand index 0.988'
    >>> agreement({"largest_relative_difference": 3e-16}), agreement({"difference": -2e-7})
    ('heights within 3e-16', 'score -2e-07')
    """
    if "rows_otherwise" in found:
        n_rows = found["rows_otherwise"]
        return f"{n_rows:,} rows otherwise" if n_rows else "labels equal"
    if "adjusted_rand" in found:
        return f"adjusted Rand index {found['adjusted_rand']:.3f}"
    if "largest_relative_difference" in found:
        largest = found["largest_relative_difference"]
        return f"heights within {largest:.0e}" if largest else "heights equal"
    return f"score {found['difference']:+.0e}" if found["difference"] else "score equal"
