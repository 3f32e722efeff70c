"""The textbook algorithm: join the two nearest clusters, update the distances, repeat.

It defines the answer that faster code is tested against, and serves distances that the engine
cannot take: infinite ones, and such whose squares overflow. Ties go to the lowest pair of rows.

# Cost
n - 1 searches of a matrix of at most n*n values: cubic time, 16*n*n bytes.

# Source
Lance and Williams, doi:10.1093/comjnl/9.4.373 (the update formula).
"""

import numpy as np
from numpy.typing import NDArray

from fastcluster.hierarchy._methods import SQUARED_METHODS
from fastcluster.hierarchy._typing import Dendrogram


def linkage_naive(condensed: NDArray[np.float64], n: int, method: str) -> Dendrogram:
    """Return the dendrogram of n rows; raise FloatingPointError where an update is not a number."""
    distances = _square(condensed, n)
    squared = method in SQUARED_METHODS
    merges = np.empty((n - 1, 4))
    nodes, sizes = np.arange(n), np.ones(n)
    with np.errstate(invalid="ignore", over="ignore"):
        if squared:
            distances *= distances
        for step in range(n - 1):
            i, j = _nearest(distances)
            height = distances[i, j]
            low, high = sorted((nodes[i], nodes[j]))
            merges[step] = low, high, np.sqrt(height) if squared else height, sizes[i] + sizes[j]
            row = np.delete(_updated(distances, sizes, i, j, method), [i, j])
            if np.isnan(row).any():
                raise FloatingPointError(
                    f"method={method!r} needs distances that stay numbers, got NaN after "
                    f"{step + 1} merges\n"
                    "hint: 'single' and 'complete' take infinite distances; scale huge ones down"
                )
            # The new cluster stands last, so that ties prefer the older ones.
            kept = np.delete(np.delete(distances, [i, j], axis=0), [i, j], axis=1)
            distances = np.pad(kept, (0, 1), constant_values=np.inf)
            distances[-1, :-1] = distances[:-1, -1] = row
            sizes = np.append(np.delete(sizes, [i, j]), sizes[i] + sizes[j])
            nodes = np.append(np.delete(nodes, [i, j]), n + step)
    return merges


def _square(condensed: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Return the n x n matrix with an infinite diagonal."""
    distances = np.full((n, n), np.inf)
    rows, columns = np.triu_indices(n, 1)
    distances[rows, columns] = distances[columns, rows] = condensed
    return distances


def _nearest(distances: NDArray[np.float64]) -> tuple[int, int]:
    """Return the first nearest pair i < j."""
    i, j = divmod(int(distances.argmin()), len(distances))
    # On the diagonal only if every distance is infinite: then the first pair is as near as any.
    return (i, j) if i != j else (0, 1)


def _updated(  # noqa: PLR0911 - one formula a method
    distances: NDArray[np.float64], sizes: NDArray[np.float64], i: int, j: int, method: str
) -> NDArray[np.float64]:
    """Return the distances of the union of clusters i and j to every cluster."""
    to_i: NDArray[np.float64] = distances[i]
    to_j: NDArray[np.float64] = distances[j]
    between: np.float64 = distances[i, j]
    size_i: np.float64 = sizes[i]
    size_j: np.float64 = sizes[j]
    both = size_i + size_j
    match method:
        case "single":
            return np.minimum(to_i, to_j)
        case "complete":
            return np.maximum(to_i, to_j)
        case "average":
            return (size_i * to_i + size_j * to_j) / both
        case "weighted":
            return (to_i + to_j) / 2
        case "ward":
            total = (size_i + sizes) * to_i + (size_j + sizes) * to_j - sizes * between
            return total / (both + sizes)
        case "centroid":
            return (size_i * to_i + size_j * to_j) / both - size_i * size_j * between / both**2
        case _:  # median
            return to_i / 2 + to_j / 2 - between / 4
