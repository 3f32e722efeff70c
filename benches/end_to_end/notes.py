"""What a reader of a record has to know before believing it."""

from collections.abc import Iterator
from typing import Any

from benches.end_to_end.cases import OURS
from benches.end_to_end.contention import SHARE_MAX

__all__ = ["all_notes", "is_quiet"]

LOAD_MAX = 0.5
"""Load average at the start above which the machine was busy, where /proc/stat cannot say."""


def all_notes(kept: dict[str, Any]) -> list[str]:
    """Return a sentence for each thing that makes a record less than it seems."""
    return list(_notes(kept))


def is_quiet(kept: dict[str, Any]) -> bool:
    """Say whether this run had the machine to itself, as far as can be known."""
    shares = _shares(kept)
    if shares:
        return max(shares) <= SHARE_MAX
    load = kept["machine"]["load_average"]
    return not load or load[0] <= LOAD_MAX


def _notes(kept: dict[str, Any]) -> Iterator[str]:
    if not is_quiet(kept):
        taken = f"up to {max(shares):.0%} of the processor" if (shares := _shares(kept)) else "time"
        yield (
            f"other processes took {taken} during the timings, which slows some libraries far "
            "more than others: do not quote these ratios"
        )
    if "examples" in {report.get("data", {}).get("source") for report in _reports(kept)}:
        yield "the larger data sets were not found: the numbers are of the 5,000 example embeddings"
    if len({level["software"][OURS].get("core_sha256") for level in kept["levels"]}) > 1:
        yield "the compiled module was replaced between the levels: they are of different builds"
    yield from (level["failed"] for level in kept["levels"] if "failed" in level)
    skipped = [
        f"{report['case']} was skipped: {report['reason']}"
        for report in _reports(kept)
        if report["measure"] == "skipped"
    ]
    yield from dict.fromkeys(skipped)


def _reports(kept: dict[str, Any]) -> list[dict[str, Any]]:
    return [report for level in kept["levels"] for report in level["results"]]


def _shares(kept: dict[str, Any]) -> list[float]:
    shares = (report.get("others_cpu_share") for report in _reports(kept))
    return [share for share in shares if share is not None]
