"""Where records are kept: one JSON file per run, named by processor, day and commit."""

import subprocess
from pathlib import Path
from typing import Any

from fastcluster.bench import machine, record

__all__ = ["begin", "commit", "file_name", "write"]

ROOT = Path(__file__).parents[2]


def begin(form: str, n_threads: int, command: str) -> dict[str, Any]:
    """Return a record without results, which names the commit."""
    return {**record.begin(form, n_threads, command), "commit": commit()}


def file_name(kept: dict[str, Any]) -> str:
    """Return the name under which a record is kept."""
    form = "" if kept["form"] == "full" else f"-{kept['form']}"
    cpu, day = machine.cpu_slug(kept["machine"]["cpu"]), kept["date"][:10]
    return f"{cpu}-{day}-{kept['commit']}{form}.json"


def write(kept: dict[str, Any], folder: Path) -> Path:
    """Write a record into a folder, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_name(kept)
    path.write_text(record.dumps(kept), encoding="utf-8")
    return path


def commit() -> str:
    """Return the short commit, with "-dirty" when tracked files differ from it."""
    try:
        name = _git("rev-parse", "--short=10", "HEAD")
        changes = _git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{name}-dirty" if changes else name


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()
