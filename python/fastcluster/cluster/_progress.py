"""A progress bar on stderr for long fits: rich's, or else one line that rewrites itself."""

import sys
import time
from typing import Any, Final, Protocol

__all__ = ["Progress", "progress"]

_SECONDS_BETWEEN_LINES: Final = 0.1


class Progress(Protocol):
    """What a fit needs of a bar."""

    def update(self, done: int, note: str) -> None:
        """Show that `done` of the steps are done."""

    def close(self) -> None:
        """Leave the terminal as it was found, with the last state standing."""


def progress(title: str, n_steps: int) -> Progress:
    """Return a bar for at most `n_steps` steps."""
    try:
        import rich.progress
    except ImportError:
        return _LineProgress(title, n_steps)
    return _RichProgress(rich.progress, title, n_steps)


class _LineProgress:
    """Rewrites one line with a carriage return, at most ten times a second."""

    def __init__(self, title: str, n_steps: int) -> None:
        self._title = title
        self._n_steps = n_steps
        self._next_time = 0.0
        self._text = ""
        self._shown = ""

    def update(self, done: int, note: str) -> None:
        self._text = f"{self._title}: {done}/{self._n_steps} {note}"
        now = time.monotonic()
        if now >= self._next_time:
            self._next_time = now + _SECONDS_BETWEEN_LINES
            self._show()

    def close(self) -> None:
        if self._text:
            self._show()
            sys.stderr.write("\n")
            sys.stderr.flush()

    def _show(self) -> None:
        # Blanks cover what is left of a longer line.
        sys.stderr.write("\r" + self._text.ljust(len(self._shown)))
        sys.stderr.flush()
        self._shown = self._text


class _RichProgress:
    """The bar of rich, on stderr."""

    def __init__(self, rich_progress: Any, title: str, n_steps: int) -> None:  # noqa: ANN401 - a module
        from rich.console import Console

        self._bar = rich_progress.Progress(
            rich_progress.TextColumn("{task.description}"),
            rich_progress.BarColumn(),
            rich_progress.MofNCompleteColumn(),
            rich_progress.TextColumn("{task.fields[note]}"),
            rich_progress.TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        self._bar.start()
        self._task = self._bar.add_task(title, total=n_steps, note="")

    def update(self, done: int, note: str) -> None:
        self._bar.update(self._task, completed=done, note=note)

    def close(self) -> None:
        self._bar.stop()
