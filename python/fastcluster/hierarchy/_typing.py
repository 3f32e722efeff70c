"""Types of the linkage functions."""

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Method: TypeAlias = Literal[
    "single", "complete", "average", "weighted", "ward", "centroid", "median"
]
Metric: TypeAlias = str | Callable[[NDArray[Any], NDArray[Any]], float]
Dendrogram: TypeAlias = NDArray[np.float64]
"""Shape (n - 1, 4): the two merged nodes, the height, the number of rows below."""
Counts: TypeAlias = NDArray[np.float64]
"""Whole numbers, one for each pair of rows."""
