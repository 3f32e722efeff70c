"""What reading a file gives."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["VectorFile"]


@dataclass(frozen=True)
class VectorFile:
    """Vectors that stand in a file.

    `values` is what an estimator takes: a NumPy array of shape (n_samples, n_features),
    memory-mapped for .npy, or an Arrow table whose columns have one float type, so that the
    estimator learns their names.
    """

    path: Path
    values: Any
    columns: tuple[str, ...] | None
    """The columns of a table that are used, in order; None where they have no names."""
    left_out: tuple[str, ...] = ()
    """The columns that are not used, each with its type."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        n_samples, n_features = self.values.shape
        return n_samples, n_features

    @property
    def dtype(self) -> str:
        """The name of the number type."""
        if self.columns is None:
            return str(self.values.dtype)
        return {"float": "float32", "double": "float64"}[str(self.values.schema.types[0])]
