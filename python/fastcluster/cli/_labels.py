"""Labels as files: .npy, .csv and .parquet."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["check_labels_path", "write_labels"]

_SUFFIXES: Final = (".npy", ".csv", ".parquet")


def check_labels_path(path: Path) -> None:
    """Refuse a path whose suffix names no format that can be written here.

    Raises
    ------
    ValueError
        If the suffix is another.
    ImportError
        If it is .parquet and pyarrow is missing.
    """
    if path.suffix not in _SUFFIXES:
        raise ValueError(
            f"--output={path} must end in .npy, .csv or .parquet, got {path.suffix!r}\n"
            "hint: the suffix decides the format"
        )
    if path.suffix == ".parquet" and find_spec("pyarrow") is None:
        raise ImportError(
            f"--output={path} needs pyarrow, which is not installed\n"
            "hint: pip install 'fastcluster-rs[table]', or write .csv or .npy"
        )


def write_labels(path: Path, labels: NDArray[Any]) -> None:
    """Write labels of shape (n_samples,) in the format of the suffix.

    The .npy file holds them as they are; the others have the columns `row`, from 0, and `cluster`.
    """
    if path.suffix == ".npy":
        np.save(path, labels)
        return
    rows = np.arange(len(labels))
    if path.suffix == ".csv":
        table = np.column_stack([rows, labels])
        np.savetxt(path, table, fmt="%d", delimiter=",", header="row,cluster", comments="")
        return
    import pyarrow as pa
    import pyarrow.parquet

    pa.parquet.write_table(pa.table({"row": rows, "cluster": labels}), path)
