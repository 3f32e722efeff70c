"""Fail when a tracked file is over 5 MB or all of them together are over 30 MB.

usage: python tools/check_size.py
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
FILE_LIMIT = 5_000_000
"""Bytes: a clone stays quick, and a data file of this size is enough for an example."""
TREE_LIMIT = 30_000_000


def tracked_sizes(root: Path) -> dict[str, int]:
    """Return the size in bytes of every file that git tracks and that is there."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True
    )
    paths = [name for name in listing.stdout.split("\0") if name and (root / name).is_file()]
    return {name: (root / name).stat().st_size for name in paths}


def complaints(sizes: dict[str, int]) -> list[str]:
    """Return one sentence for each limit that is passed."""
    found = [
        f"{name} has {size:,} bytes: a file may have {FILE_LIMIT:,}"
        for name, size in sizes.items()
        if size > FILE_LIMIT
    ]
    total = sum(sizes.values())
    if total > TREE_LIMIT:
        found.append(f"the tracked files have {total:,} bytes together: {TREE_LIMIT:,} are allowed")
    return found


if __name__ == "__main__":
    problems = complaints(tracked_sizes(ROOT))
    print("\n".join(problems) or "sizes: within the limits")
    sys.exit(bool(problems))
