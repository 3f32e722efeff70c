"""One entry for every kind of file: the suffix decides who reads it."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from fastcluster.data._npy import read_npy
from fastcluster.data._vector_file import VectorFile

__all__ = ["VectorFile", "read_vectors"]


def read_vectors(path: str | Path, *, columns: Sequence[str] | None = None) -> VectorFile:
    """Read the vectors in a file.

    Parameters
    ----------
    path : str or Path
        A file ending in .npy, .csv or .parquet. A .npy file is mapped into memory, not read.
    columns : sequence of str, optional
        The columns of a .csv or .parquet file to use, in this order. By default all numeric ones;
        or, where a .parquet file has one column of vectors, that one.

    Returns
    -------
    VectorFile
        The vectors, shape (n_samples, n_features), and what is known about their columns.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file holds no matrix of numbers, has missing values, or lacks a column that was
        asked for.
    ImportError
        If a .csv or .parquet file is read without pyarrow.

    Examples
    --------
    >>> import numpy as np, tempfile, pathlib
    >>> from fastcluster.data import read_vectors
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "vectors.npy"
    >>> np.save(path, np.zeros((3, 2), dtype=np.float32))
    >>> read_vectors(path).shape
    (3, 2)
    """
    path = Path(path)
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise FileNotFoundError(f"FILE={path} {what}\nhint: name a .npy, .csv or .parquet file")
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return _read_npy(path, columns)
    if suffix not in (".csv", ".parquet"):
        raise ValueError(
            f"FILE={path} must end in .npy, .csv or .parquet, got {suffix!r}\n"
            "hint: save the vectors with numpy.save, or as .csv or .parquet"
        )
    if find_spec("pyarrow") is None:
        raise ImportError(
            f"FILE={path} needs pyarrow, which is not installed\n"
            "hint: pip install 'fastcluster-rs[table]'"
        )
    from fastcluster.data import _table

    return (_table.read_csv if suffix == ".csv" else _table.read_parquet)(path, columns)


def _read_npy(path: Path, columns: Sequence[str] | None) -> VectorFile:
    if columns is not None:
        raise ValueError(
            f"columns={list(columns)} needs a file with named columns, got {path}\n"
            "hint: leave columns out, or pass a .csv or .parquet file"
        )
    return read_npy(path)
