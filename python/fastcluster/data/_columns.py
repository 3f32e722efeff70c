"""Which columns of a table are the vectors. Imported on use, because pyarrow is an extra."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from fastcluster.data._vector_file import VectorFile

__all__ = ["select"]


def select(path: Path, table: pa.Table, columns: Sequence[str] | None) -> VectorFile:
    """Keep the columns that are asked for, else the only column of vectors, else all numbers.

    Raises
    ------
    ValueError
        If a column is missing, is not numeric or has missing values, or if none is left.
    """
    _refuse_repeated(path, table)
    chosen = _automatic(table) if columns is None else _asked_for(path, table, columns)
    if not chosen:
        raise ValueError(
            f"FILE={path} must have at least one numeric column, got {_described(table)}\n"
            "hint: encode text and dates as numbers first"
        )
    for name in chosen:
        _refuse_missing(path, name, table.column(name))
    left_out = tuple(_entry(field) for field in table.schema if field.name not in chosen)
    if _is_list(table.schema.field(chosen[0]).type):
        vectors = _vectors(path, chosen[0], table.column(chosen[0]))
        return VectorFile(path, vectors, columns=None, left_out=left_out)
    return VectorFile(path, _one_float_type(table.select(chosen)), tuple(chosen), left_out)


def _automatic(table: pa.Table) -> list[str]:
    """Choose the only column of vectors, else every numeric column that has a name.

    A column without a name is a row number that pandas wrote.
    """
    lists = [field.name for field in table.schema if _is_list(field.type)]
    if len(lists) == 1:
        return lists
    return [field.name for field in table.schema if _is_number(field.type) and field.name]


def _asked_for(path: Path, table: pa.Table, columns: Sequence[str]) -> list[str]:
    """Check the columns that the user named."""
    for name in columns:
        if name not in table.column_names:
            raise ValueError(
                f"columns must name columns of {path}, got {name!r}\n"
                f"hint: it has {_described(table)}"
            )
        kind = table.schema.field(name).type
        if not _is_number(kind) and not (_is_list(kind) and len(columns) == 1):
            raise ValueError(
                f"columns must be numeric, got {name!r} of type {kind}\n"
                "hint: leave it out, or encode it as numbers first"
            )
    return list(dict.fromkeys(columns))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def _is_list(kind: pa.DataType) -> bool:
    kinds = (pa.types.is_fixed_size_list, pa.types.is_list, pa.types.is_large_list)
    return any(test(kind) for test in kinds) and _is_number(kind.value_type)


def _entry(field: pa.Field) -> str:
    return f"{field.name or '(no name)'} ({field.type})"


def _described(table: pa.Table) -> str:
    """List the columns with their types, at most ten."""
    entries = [_entry(field) for field in table.schema]
    more = f" and {len(entries) - 10} more" if len(entries) > 10 else ""
    return (", ".join(entries[:10]) or "no columns") + more


def _refuse_repeated(path: Path, table: pa.Table) -> None:
    names = table.column_names
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise ValueError(
            f"FILE={path} must name each column once, got {repeated[0]!r} more than once\n"
            "hint: rename the columns"
        )


def _refuse_missing(path: Path, name: str, column: pa.ChunkedArray) -> None:
    missing = column.null_count
    if pa.types.is_floating(column.type):
        missing += pa.compute.sum(pa.compute.is_nan(column)).as_py() or 0
    if missing:
        raise ValueError(
            f"column {name!r} of {path} must have no missing values, got {missing} in "
            f"{len(column)} rows\n"
            "hint: fill them or drop those rows, or leave the column out with --columns"
        )


def _one_float_type(table: pa.Table) -> pa.Table:
    """Give all columns the type float32 where that holds every value, else float64."""
    small = {pa.float32(), pa.float16(), pa.int8(), pa.uint8()}
    kind = pa.float32() if set(table.schema.types) <= small else pa.float64()
    return table.cast(pa.schema([(name, kind) for name in table.column_names]), safe=False)


def _vectors(path: Path, name: str, column: pa.ChunkedArray) -> NDArray[Any]:
    """Lay a column of lists out as a matrix."""
    lengths = pa.compute.min_max(pa.compute.list_value_length(column)).as_py()
    if lengths["min"] != lengths["max"]:
        raise ValueError(
            f"column {name!r} of {path} must hold vectors of one length, got "
            f"{lengths['min']} to {lengths['max']}\n"
            "hint: embed all rows with the same model"
        )
    values = pa.compute.list_flatten(column)
    _refuse_missing(path, name, values)
    flat = values.combine_chunks().to_numpy(zero_copy_only=False)
    return np.asarray(flat).reshape(len(column), lengths["max"] or 0)
