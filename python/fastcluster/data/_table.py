"""Tables: .csv and .parquet files. Imported on use, because pyarrow is an extra."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from fastcluster.data._columns import select
from fastcluster.data._vector_file import VectorFile

__all__ = ["read_csv", "read_parquet"]


def read_csv(path: Path, columns: Sequence[str] | None) -> VectorFile:
    """Read the numeric columns of a .csv file; a first line of numbers is data, not names.

    Raises
    ------
    ValueError
        If it cannot be parsed, or its columns cannot be used.
    """
    options = pa.csv.ReadOptions(autogenerate_column_names=not _has_header(path))
    try:
        table = pa.csv.read_csv(path, read_options=options)
    except pa.ArrowInvalid as error:
        raise _unreadable(path, "comma-separated values", error) from error
    return select(path, table, columns)


def read_parquet(path: Path, columns: Sequence[str] | None) -> VectorFile:
    """Read the numeric columns of a .parquet file, or its column of vectors.

    Raises
    ------
    ValueError
        If it cannot be parsed, or its columns cannot be used.
    """
    try:
        with pa.parquet.ParquetFile(path) as file:
            table = file.read()
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, "Parquet", error) from error
    return select(path, table, columns)


def _unreadable(path: Path, kind: str, error: Exception) -> ValueError:
    reason = " ".join(str(error).split())
    return ValueError(f"FILE={path} must hold {kind}: {reason}\nhint: write the file again")


def _has_header(path: Path) -> bool:
    """Say whether the first line names the columns.

    A line of numbers is data, except 0, 1, 2, ... or 1, 2, 3, ..., which pandas writes for
    columns without names.
    """
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        cells = next(csv.reader(file), [])
    try:
        numbers = [float(cell) for cell in cells]
    except ValueError:
        return True
    return any(numbers == [float(i + first) for i in range(len(numbers))] for first in (0, 1))
