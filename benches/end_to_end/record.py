"""Records: one JSON file per run, named by processor, day and commit."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benches.end_to_end import machine

__all__ = ["FORMAT", "VERSION", "begin", "file_name", "read", "write"]

FORMAT = "fastcluster-benchmark"
VERSION = 1


def begin(form: str, n_threads: int, command: str) -> dict[str, Any]:
    """Return a record without results; taken before the first case, for the load average."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": machine.commit(),
        "form": form,
        "command": command,
        "n_threads": n_threads,
        "machine": machine.describe(),
        "notes": [],
        "levels": [],
    }


def file_name(record: dict[str, Any]) -> str:
    """Return the name under which a record is kept."""
    form = "" if record["form"] == "full" else f"-{record['form']}"
    cpu, day = machine.cpu_slug(record["machine"]["cpu"]), record["date"][:10]
    return f"{cpu}-{day}-{record['commit']}{form}.json"


def write(record: dict[str, Any], folder: Path) -> Path:
    """Write a record into a folder, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_name(record)
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


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
