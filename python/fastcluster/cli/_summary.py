"""What a fit found, cluster by cluster: as data for summary.json and as a table for people."""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from rich.text import Text

import fastcluster

__all__ = [
    "WIDTH_OF_A_FILE",
    "ClusterSummary",
    "FitSummary",
    "distances_to_means",
    "print_summary",
    "summarize_clusters",
]

N_NEAREST: Final = 3
"""Rows named per cluster: enough to see what it is about, few enough to read."""
WIDTH_OF_A_FILE: Final = 120
"""Columns when the output is no terminal."""


@dataclass(frozen=True)
class ClusterSummary:
    """One cluster."""

    cluster: int
    size: int
    mean_distance: float | None
    """Mean distance of its rows to its center (by density: their mean), in the metric of the fit;
    None without rows."""
    nearest_rows: list[int]
    """The rows nearest to the center, nearest first."""
    nearest_texts: list[str] | None


@dataclass(frozen=True)
class FitSummary:
    """A fit as it is written to summary.json."""

    file: str
    n_samples: int
    n_features: int
    dtype: str
    columns: list[str] | None
    left_out: list[str]
    estimator: str
    parameters: dict[str, Any]
    n_iter: int | None
    inertia: float | None
    """As `n_iter`, None for methods without centers."""
    n_noise: int | None
    """Rows in no cluster; None for methods that leave none out."""
    seconds: float
    clusters: list[ClusterSummary]

    def as_json(self) -> dict[str, Any]:
        """Return the content of summary.json."""
        return {"format": "fastcluster-fit", "version": [1, 0], **asdict(self)}


def summarize_clusters(
    labels: NDArray[Any],
    distances: NDArray[Any],
    n_clusters: int,
    texts: list[str] | None,
) -> list[ClusterSummary]:
    """Describe every cluster.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,)
        The cluster of each row, from 0; negative for none.
    distances : ndarray of shape (n_samples,)
        The distance of each row to the center of its cluster.
    n_clusters : int
        How many clusters there are, empty ones included.
    texts : list of str, optional
        A text for each row.

    Returns
    -------
    list of ClusterSummary
        In the order of the labels.
    """
    order = np.lexsort((distances, labels))
    bounds = np.searchsorted(labels[order], np.arange(n_clusters + 1))
    found = []
    for cluster in range(n_clusters):
        rows = order[bounds[cluster] : bounds[cluster + 1]]
        nearest = [int(row) for row in rows[:N_NEAREST]]
        found.append(
            ClusterSummary(
                cluster=cluster,
                size=len(rows),
                mean_distance=float(distances[rows].mean(dtype=np.float64)) if len(rows) else None,
                nearest_rows=nearest,
                nearest_texts=None if texts is None else [texts[row] for row in nearest],
            )
        )
    return found


def distances_to_means(
    vectors: Any,  # noqa: ANN401 - array or frame
    labels: NDArray[Any],
    n_clusters: int,
    metric: str,
) -> NDArray[np.float64]:
    """Return the distance of each row to the mean of its cluster's rows; 0 for noise."""
    rows = np.asarray(vectors)
    distances = np.zeros(len(rows))
    for cluster in range(n_clusters):
        members = np.flatnonzero(labels == cluster)
        mean = rows[members].mean(axis=0, dtype=np.float64, keepdims=True)
        found, _ = fastcluster.nearest_centroids(rows[members], mean, metric=metric)
        distances[members] = found[:, 0]
    return distances


def print_summary(summary: FitSummary, n_shown: int) -> None:
    """Print the fit and its largest clusters to stdout."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH_OF_A_FILE)
    metric = summary.parameters.get("metric", "euclidean")
    sizes = [cluster.size for cluster in summary.clusters]
    console.print(
        Text(
            f"{summary.estimator} put {summary.n_samples:,} rows of {summary.n_features} "
            f"{summary.dtype} values into {len(sizes)} clusters ({metric})\n"
            f"{_outcome(summary)}"
            + (
                f"; sizes {min(sizes):,} to {max(sizes):,}, median {int(np.median(sizes)):,}"
                if sizes
                else ""
            )
        )
    )
    if summary.left_out:
        console.print(Text("columns left out: " + ", ".join(summary.left_out)))
    if n_shown and sizes:
        console.print(_table(summary, n_shown))


def _outcome(summary: FitSummary) -> str:
    """Say how the fit went, as its method counts."""
    if summary.n_noise is not None:
        share = summary.n_noise / summary.n_samples
        return f"{summary.seconds:.2f} s, {summary.n_noise:,} rows are noise ({share:.1%})"
    return f"{summary.n_iter} iterations, {summary.seconds:.2f} s, inertia {summary.inertia:.6g}"


def _table(summary: FitSummary, n_shown: int) -> Table:
    """Lay out the largest clusters, largest first."""
    largest = sorted(summary.clusters, key=lambda cluster: (-cluster.size, cluster.cluster))
    table = Table(title=f"The {min(n_shown, len(largest))} largest clusters", title_justify="left")
    for name in ("cluster", "rows", "share", "mean distance"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("nearest to the center")
    for cluster in largest[:n_shown]:
        nearest = cluster.nearest_texts or [f"row {row}" for row in cluster.nearest_rows]
        mean = "" if cluster.mean_distance is None else f"{cluster.mean_distance:.4g}"
        table.add_row(
            str(cluster.cluster),
            f"{cluster.size:,}",
            f"{cluster.size / summary.n_samples:.1%}",
            mean,
            # Text, not str: square brackets in a text are no markup. One line, cut at the edge:
            # the cell asks for it, because a column that may not wrap takes width from the others.
            Text(" | ".join(nearest), no_wrap=True, overflow="ellipsis"),
        )
    return table
