"""What a reader of a record has to know before believing it."""

from collections.abc import Iterator
from typing import Any

from fastcluster.bench.contention import disturbance
from fastcluster.bench.contract import OURS

__all__ = ["all_notes", "is_quiet"]


def all_notes(kept: dict[str, Any]) -> list[str]:
    """Return a sentence for each thing that makes a record less than it seems."""
    return list(_notes(kept))


def is_quiet(kept: dict[str, Any]) -> bool:
    """Say whether this run had the machine to itself, as far as can be known."""
    return _disturbance(kept) is None


def _notes(kept: dict[str, Any]) -> Iterator[str]:
    if disturbed := _disturbance(kept):
        yield disturbed
    sources = {report.get("data", {}).get("source", "") for report in _reports(kept)}
    if any(source.endswith("examples") for source in sources):
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


def _disturbance(kept: dict[str, Any]) -> str | None:
    shares = [report.get("others_cpu_share") for report in _reports(kept)]
    return disturbance(shares, kept["machine"]["load_average"])
