"""Files that appear whole or not at all: written beside their place, then renamed."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["check_target", "new_file", "new_folder"]


def check_target(target: Path, *, overwrite: bool, marker: str | None = None) -> None:
    """Refuse a place that cannot be written, before any work is done.

    Parameters
    ----------
    target : Path
        Where the result shall stand.
    overwrite : bool
        Whether what stands there may be replaced.
    marker : str, optional
        For a folder: the file by which an older result is known. A folder without it is never
        replaced.

    Raises
    ------
    ValueError
        If something stands there and may not be replaced.
    FileNotFoundError
        If the folder around it does not exist.
    OSError
        If nothing can be written there.
    """
    if not target.absolute().parent.is_dir():
        raise FileNotFoundError(
            f"--output={target} needs a folder that exists, got {target.absolute().parent}\n"
            "hint: make that folder first"
        )
    _try_to_write(target)
    if not target.exists():
        return
    if not overwrite:
        raise ValueError(
            f"--output={target} exists already\nhint: name another, or pass --overwrite"
        )
    if target.is_dir() != (marker is not None):
        kind = "a folder" if target.is_dir() else "a file"
        raise ValueError(f"--output={target} is {kind}\nhint: name another place")
    if marker is not None and any(target.iterdir()) and not (target / marker).is_file():
        raise ValueError(
            f"--output={target} holds other things than an earlier result, which are kept\n"
            "hint: name another folder"
        )


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Give a new folder to write in; it takes the place of `target` when the block ends well."""
    temporary = _sibling(target)
    temporary.mkdir()
    try:
        yield temporary
        _replace_folder(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """Give a new path to write to; it takes the place of `target` when the block ends well."""
    temporary = _sibling(target)
    try:
        yield temporary
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _try_to_write(target: Path) -> None:
    """Make and remove what a result is first written to: only that tells whether it will work."""
    temporary = _sibling(target)
    try:
        target.exists()  # fails for a name that the file system cannot hold
        temporary.mkdir()
        temporary.rmdir()
    except OSError as error:
        raise OSError(
            f"--output={target} cannot be written: {error.strerror}\n"
            "hint: name a place with -o where you may write"
        ) from error


def _sibling(target: Path) -> Path:
    """Return an unused name in the same folder, with the same suffix."""
    target = target.absolute()
    return target.with_name(f".{os.getpid()}-{secrets.token_hex(4)}.tmp{target.suffix}")


def _replace_folder(new: Path, target: Path) -> None:
    """Rename `new` to `target`; what stood there is removed only when that has worked."""
    if not target.exists():
        new.rename(target)
        return
    old = _sibling(target)
    target.rename(old)
    try:
        new.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
