"""One text per row, to show what is in a cluster."""

from pathlib import Path

__all__ = ["read_texts"]


def read_texts(path: Path | None, n_samples: int) -> list[str] | None:
    """Read a UTF-8 file with one line per row, or nothing.

    Raises
    ------
    ValueError
        If it is no text, or has another number of lines than there are rows.
    """
    if path is None:
        return None
    try:
        # Not splitlines(): that would also split at form feeds and other separators.
        lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"--texts={path} must be UTF-8 text, got {error.reason} at byte {error.start}\n"
            "hint: save it as UTF-8"
        ) from error
    if len(lines) != n_samples:
        raise ValueError(
            f"--texts={path} must have one line per row, got {len(lines)} lines for {n_samples} "
            "rows\nhint: put the texts in the order of the vectors, without line breaks inside"
        )
    return ["".join(c if c.isprintable() else " " for c in line).strip() for line in lines]
