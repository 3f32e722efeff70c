"""Records: what a run of benchmarks keeps, as JSON."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastcluster.bench import machine

__all__ = ["FORMAT", "VERSION", "begin", "dumps", "read"]

FORMAT = "fastcluster-benchmark"
VERSION = 1


def begin(form: str, n_threads: int, command: str) -> dict[str, Any]:
    """Return a record without results; taken before the first of them, for the load average.

    Parameters
    ----------
    form : str
        Which cases were run, such as "full", "short" or "file".
    n_threads : int
        The threads of every engine.
    command : str
        What repeats the run.
    """
    return {
        "format": FORMAT,
        "version": VERSION,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "form": form,
        "command": command,
        "n_threads": n_threads,
        "machine": machine.describe(),
        "notes": [],
        "levels": [],
    }


def dumps(record: dict[str, Any]) -> str:
    """Return a record as it stands in a file."""
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n"


def read(path: Path) -> dict[str, Any]:
    """Read a record; a file that is none, or a newer one, is a ValueError."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is not a benchmark record: {error}") from error
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise ValueError(f"{path} is not a benchmark record")
    if record["version"] > VERSION:
        raise ValueError(f"{path} is a record of version {record['version']}, newer than {VERSION}")
    return record
