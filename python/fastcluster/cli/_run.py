"""What the verbs share around the library's calls: the bar, the threads, the warnings."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import fastcluster

__all__ = ["library_settings", "split_names"]


@contextmanager
def library_settings(*, progress: bool | None, n_jobs: int | None) -> Iterator[None]:
    """Run a block with a progress bar, some threads, and warnings as single lines on stderr.

    Parameters
    ----------
    progress : bool, optional
        Whether to show a bar; None shows one if stderr is a terminal.
    n_jobs : int, optional
        How many threads to use; None leaves it to the library.
    """
    changes: dict[str, Any] = {
        "show_progress": sys.stderr.isatty() if progress is None else progress
    }
    if n_jobs is not None:
        changes["n_jobs"] = n_jobs
    with (
        fastcluster.config_context(**changes),
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        yield
    for message in dict.fromkeys(" ".join(str(one.message).split()) for one in caught):
        print(f"fastcluster: warning: {message}", file=sys.stderr)


def split_names(names: str | None) -> list[str] | None:
    """Split "a, b" at its commas."""
    if names is None:
        return None
    return [name.strip() for name in names.split(",") if name.strip()]
