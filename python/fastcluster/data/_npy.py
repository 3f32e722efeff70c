"""NumPy files, mapped into memory."""

from pathlib import Path
from typing import Final

import numpy as np

from fastcluster.data._vector_file import VectorFile

__all__ = ["read_npy"]

_MAGIC: Final = b"\x93NUMPY"
"""What every .npy file begins with."""


def read_npy(path: Path) -> VectorFile:
    """Map a .npy file that holds a matrix of numbers.

    Raises
    ------
    ValueError
        If it is no .npy file, is cut short, or holds anything but a matrix of numbers. Objects
        are never unpickled.
    """
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            # numpy.load would take it for a pickle, or an archive.
            raise ValueError(
                f"FILE={path} must be a complete .npy file of numbers, and does not begin as one\n"
                "hint: write the vectors with numpy.save"
            )
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OverflowError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(
            f"FILE={path} must be a complete .npy file of numbers: {reason}\n"
            "hint: write it again with numpy.save; arrays of Python objects are not read"
        ) from error
    if values.ndim != 2:
        raise ValueError(
            f"FILE={path} must hold an array of 2 dimensions (rows, features), got {values.ndim}\n"
            f"hint: its shape is {values.shape}; reshape it and save it again"
        )
    if values.dtype.kind not in "fiub":
        raise ValueError(
            f"FILE={path} must hold numbers, got dtype {values.dtype}\n"
            "hint: save it as float16, float32, float64, int8 or uint8"
        )
    return VectorFile(path, values, columns=None)
