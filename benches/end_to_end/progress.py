"""Reports as lines for the terminal, and what of a case's goals they do not reach."""

from typing import Any

from benches.end_to_end.imports import BASE
from benches.end_to_end.imports import OURS as OUR_IMPORT
from fastcluster.bench.contract import OURS
from fastcluster.bench.show import agreement, engine, seconds, times

__all__ = ["line", "shortfalls"]


def line(report: dict[str, Any]) -> str:
    """Return one line for the terminal, and one more for each goal that was missed."""
    if report["measure"] == "skipped":
        return f"{report['case']}: skipped: {report['reason']}"
    if report["measure"] == "import":
        extra = report["statements"][OUR_IMPORT]["on_top_of_base"]
        return f"{report['case']}: KMeans costs {seconds(extra)} on top of `{BASE}`"
    if report["measure"] == "peak":
        return f"{report['case']}: {report['rate']['median'] / 1e9:.0f} GFLOP/s by {report['blas']}"
    parts = [f"{name} {engine(found)}" for name, found in report["engines"].items()]
    parts += [
        f"{times(found['wall']['median'])} {name}{_agreement(report, name)}"
        for name, found in report.get("ratios", {}).items()
    ]
    misses = [f"    short of the goal: {miss}" for miss in shortfalls(report)]
    return "\n".join([f"{report['case']}: {'; '.join(parts)}", *misses])


def _agreement(report: dict[str, Any], name: str) -> str:
    """Return how a peer's answer compares with this library's."""
    if found := report["engines"][name].get("against_ours"):
        return f", {agreement(found)}"
    return f" at inertia {report['ratios'][name]['inertia']['median']:.7f}"


def shortfalls(report: dict[str, Any]) -> list[str]:
    """Return one sentence for each goal of a case that its report does not reach."""
    goals, ratios = report.get("goals", {}), report.get("ratios", {})
    engines = report.get("engines", {})
    ours = engines.get(OURS, {})
    found = []
    for peer, goal in goals.get("faster_than", {}).items():
        if peer in ratios and (reached := ratios[peer]["wall"]["median"]) < goal:
            found.append(f"{times(reached)} {peer}, goal {times(goal)}")
    excess_max = goals.get("inertia_excess_max")
    for peer, ratio in ratios.items():
        if excess_max is None or engines.get(peer, {}).get("own_start"):
            continue
        if (excess := ratio["inertia"]["median"] - 1) > excess_max:
            found.append(f"inertia {excess:.2e} above {peer}, goal at most {excess_max:.0e}")
    if (memory_max := goals.get("memory_max")) and ours.get("times_X", 0.0) > memory_max:
        found.append(f"memory {ours['times_X']:.2f} times X, goal at most {memory_max}")
    if ours.get("n_labels_wrong"):
        found.append(f"{ours['n_labels_wrong']} wrong labels, goal 0")
    return found
