"""The bundle, the one on-disk format: arrays and a JSON description, written and read by the core.

A bundle is a directory of `.npy` files and a `manifest.json`. A save is there whole or not at all;
a load checks names, sizes, headers and checksums before it gives an array away. Nothing in it is
ever unpickled.
"""

import json
from collections.abc import Mapping
from os import PathLike, fspath
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastcluster import _core
from fastcluster.exceptions import BundleError

__all__ = ["LIBRARY_VERSION", "Bundle", "read_bundle", "write_bundle"]

LIBRARY_VERSION: str = _core.__version__
"""What a manifest says under "library"."""

_REPLACEMENTS_MAX = 100
"""How often a bundle may be replaced between the check and the mapping of its files."""


class Bundle(NamedTuple):
    """What a bundle holds."""

    description: dict[str, Any]
    """The manifest: what the writer described, and what the format adds."""
    arrays: dict[str, NDArray[Any]]
    """The segments by their names."""


def write_bundle(
    path: str | PathLike[str],
    description: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]],
) -> None:
    """Write a bundle, or replace the one that is there.

    Parameters
    ----------
    path : str or path-like
        The directory to write. Its parent must exist. A bundle of the same format is replaced;
        anything else but an empty directory is refused.
    description : mapping
        Values that JSON has. `format` (it starts with "fastcluster-") and `version` ([major,
        minor]) are required.
    arrays : mapping of str to ndarray
        The segments: booleans, integers, float16, bfloat16, float32 or float64, of up to eight
        dimensions. Copied only where they are not C-contiguous and little-endian.

    Raises
    ------
    BundleError
        If something is in the way, or cannot be stored.
    OSError
        If the system refuses, for instance because the disk is full. The old bundle stays as it
        was, and what was written of the new one is removed.

    See Also
    --------
    read_bundle : The way back.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from fastcluster._bundle import read_bundle, write_bundle
    >>> path = tempfile.mkdtemp() + "/bundle"
    >>> about = {"format": "fastcluster-example", "version": [1, 0], "tol": 0.1}
    >>> write_bundle(path, about, {"centers": np.eye(2)})
    >>> bundle = read_bundle(path, format="fastcluster-example", version=(1, 0))
    >>> bundle.description["tol"], bundle.arrays["centers"].tolist()
    (0.1, [[1.0, 0.0], [0.0, 1.0]])
    """
    segments = {name: _storable(name, array) for name, array in arrays.items()}
    try:
        text = json.dumps(description, indent=2, allow_nan=False)
        _core.bundle_write(fspath(path), text, segments)
    except (TypeError, ValueError) as error:
        raise BundleError(str(error)) from None


def read_bundle(
    path: str | PathLike[str],
    *,
    format: str,  # noqa: A002 - the manifest's word
    version: tuple[int, int],
    mmap: bool = True,
    verify: bool = True,
) -> Bundle:
    """Check a bundle and return what it holds.

    Parameters
    ----------
    path : str or path-like
        The directory that was written.
    format : str
        The kind of bundle that is expected.
    version : (int, int)
        The version that the caller reads. Another major version is refused.
    mmap : bool, default=True
        Map the arrays into memory, read-only. They stay valid when the bundle is replaced. False
        reads them into memory, where they may be changed.
    verify : bool, default=True
        Compare the checksum of every file. False compares lengths and headers only: for bundles
        that are larger than memory.

    Returns
    -------
    bundle : Bundle
        The manifest and the arrays.

    Raises
    ------
    BundleError
        If it is no bundle of this format, or cut short, damaged, or from a newer major version.
    OSError
        If the system refuses; FileNotFoundError where there is nothing.

    See Also
    --------
    write_bundle : The way there, with an example.
    """
    for _ in range(_REPLACEMENTS_MAX):
        try:
            text, files = _core.bundle_open(
                fspath(path), format=format, version=version, verify=verify
            )
        except ValueError as error:
            raise BundleError(str(error)) from None
        description = json.loads(text)
        records = description["segments"]
        try:
            arrays = {
                name: _array(file, records[name]["dtype"], mmap=mmap)
                for name, file in files.items()
            }
        except FileNotFoundError:
            # Replaced since: the new one is as good. One that is incomplete fails in the core.
            continue
        return Bundle(description, arrays)
    raise BundleError(
        f"{path} was replaced {_REPLACEMENTS_MAX} times while it was read\n"
        "hint: load it when its writers are done"
    )


def _storable(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Return the array in C order and little-endian; itself where it is."""
    dtype = array.dtype
    if dtype.kind not in "biuf" and dtype.name != "bfloat16":
        raise BundleError(
            f"segment {name!r} has dtype {dtype}, and a bundle stores booleans, integers and "
            "floats\nhint: convert it with .astype()"
        )
    little = dtype.newbyteorder("<") if dtype.str.startswith(">") else dtype
    return np.asarray(array, dtype=little, order="C")


def _array(file: str, dtype: str, *, mmap: bool) -> NDArray[Any]:
    """Load one checked segment."""
    loaded = np.load(file, mmap_mode="r" if mmap else None, allow_pickle=False)
    # A plain array over the mapping: np.memmap changes the type of every result.
    array: NDArray[Any] = np.asarray(loaded)
    return array.view(_bfloat16()) if dtype == "bfloat16" else array


def _bfloat16() -> np.dtype[Any]:
    """Return the type that NumPy itself does not have."""
    try:
        import ml_dtypes
    except ImportError:
        raise ImportError(
            "this bundle holds bfloat16 values, which need the package ml_dtypes\n"
            "hint: pip install ml_dtypes"
        ) from None
    dtype: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
    return dtype
