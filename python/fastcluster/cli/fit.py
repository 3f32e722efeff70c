"""`fastcluster fit`: cluster the vectors of a file."""

import json
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

import fastcluster
from fastcluster.cli._labels import write_labels
from fastcluster.cli._methods import Method, build
from fastcluster.cli._output import check_target, new_folder
from fastcluster.cli._run import library_settings, split_names
from fastcluster.cli._summary import (
    FitSummary,
    distances_to_means,
    print_summary,
    summarize_clusters,
)
from fastcluster.cli._texts import read_texts
from fastcluster.data import VectorFile, read_vectors

__all__ = ["fit"]

_SUMMARY = "summary.json"
_MOST = 2**31 - 1
"""The largest count that an option takes."""


class Metric(StrEnum):
    """The distances."""

    EUCLIDEAN = "euclidean"
    COSINE = "cosine"


def fit(  # noqa: PLR0913, PLR0917 - one parameter per option
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .npy, .csv or .parquet file.")],
    n_clusters: Annotated[
        int | None,
        typer.Option(
            "-k",
            "--n-clusters",
            max=_MOST,
            metavar="K",
            help="Number of clusters, for kmeans and minibatch.",
        ),
    ] = None,
    method: Annotated[Method, typer.Option("-m", "--method")] = Method.KMEANS,
    metric: Annotated[Metric, typer.Option(help="Distance.")] = Metric.EUCLIDEAN,
    seed: Annotated[
        int | None,
        typer.Option(max=2**32 - 1, help="The same seed gives the same clusters. [default: 0]"),
    ] = None,
    init: Annotated[str | None, typer.Option(help="Start: k-means++, k-means|| or random.")] = None,
    n_init: Annotated[
        int | None, typer.Option(max=_MOST, help="Starts, of which the best is kept.")
    ] = None,
    max_iter: Annotated[int | None, typer.Option(max=_MOST, help="Most iterations.")] = None,
    tol: Annotated[float | None, typer.Option(help="Stop at this movement of the centers.")] = None,
    batch_size: Annotated[
        int | None, typer.Option(max=_MOST, help="Rows a step, for minibatch.")
    ] = None,
    eps: Annotated[
        float | None, typer.Option(help="Largest distance of two neighbours, for dbscan.")
    ] = None,
    min_samples: Annotated[
        int | None,
        typer.Option(max=_MOST, help="Neighbours of a dense row, itself included (density)."),
    ] = None,
    min_cluster_size: Annotated[
        int | None, typer.Option(max=_MOST, help="Rows of a cluster at least, for hdbscan.")
    ] = None,
    columns: Annotated[
        str | None, typer.Option(help="Columns of a table to use, with commas between.")
    ] = None,
    texts: Annotated[
        Path | None, typer.Option(help="A text per row, one a line, shown in the summary.")
    ] = None,
    show: Annotated[int, typer.Option(min=0, help="Clusters in the printed summary.")] = 10,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="Write labels, model and summary here."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier result in DIR.")
    ] = False,
    jobs: Annotated[int | None, typer.Option("-j", "--jobs", max=1024, help="Threads.")] = None,
    progress: Annotated[
        bool | None, typer.Option(help="A progress bar. [default: on a terminal]")
    ] = None,
) -> None:
    """Cluster the vectors of FILE: into K clusters, or by density, with noise.

    With -o, DIR gets labels.npy, labels.csv, summary.json and the model, which predict reads.
    """
    if output is not None:
        check_target(output, overwrite=overwrite, marker=_SUMMARY)
    options = {
        "n_clusters": n_clusters,
        "seed": seed,
        "init": init,
        "n_init": n_init,
        "max_iter": max_iter,
        "tol": tol,
        "batch_size": batch_size,
        "eps": eps,
        "min_samples": min_samples,
        "min_cluster_size": min_cluster_size,
    }
    estimator = build(method, str(metric), options)
    vectors = read_vectors(file, columns=split_names(columns))
    lines = read_texts(texts, vectors.shape[0])
    with library_settings(progress=progress, n_jobs=jobs):
        summary = _fitted(estimator, vectors, lines)
    if output is not None:
        with new_folder(output) as folder:
            _write(folder, estimator, summary)
    print_summary(summary, show)
    print("nothing was written; -o DIR keeps the result" if output is None else f"wrote {output}")


def _fitted(estimator: Any, vectors: VectorFile, texts: list[str] | None) -> FitSummary:  # noqa: ANN401
    """Fit the estimator and describe what it found."""
    started = time.perf_counter()
    estimator.fit(vectors.values)
    seconds = time.perf_counter() - started
    labels, centers = estimator.labels_, getattr(estimator, "cluster_centers_", None)
    if centers is None:
        n_clusters = int(labels.max(initial=-1)) + 1
        distances = distances_to_means(vectors.values, labels, n_clusters, estimator.metric)
    else:
        n_clusters = len(centers)
        found, _ = fastcluster.nearest_centroids(vectors.values, centers, metric=estimator.metric)
        distances = found[:, 0]
    n_samples, n_features = vectors.shape
    return FitSummary(
        file=vectors.path.name,
        n_samples=n_samples,
        n_features=n_features,
        dtype=vectors.dtype,
        columns=None if vectors.columns is None else list(vectors.columns),
        left_out=list(vectors.left_out),
        estimator=type(estimator).__name__,
        parameters=estimator.get_params(),
        n_iter=None if centers is None else int(estimator.n_iter_),
        inertia=None if centers is None else float(estimator.inertia_),
        n_noise=None if centers is not None else int((labels < 0).sum()),
        seconds=round(seconds, 3),
        clusters=summarize_clusters(labels, distances, n_clusters, texts),
    )


def _write(folder: Path, estimator: Any, summary: FitSummary) -> None:  # noqa: ANN401 - any clusterer
    """Write everything that a fit leaves."""
    estimator.save(folder / "model")
    write_labels(folder / "labels.npy", estimator.labels_)
    write_labels(folder / "labels.csv", estimator.labels_)
    text = json.dumps(summary.as_json(), indent=1, ensure_ascii=False)
    (folder / _SUMMARY).write_text(text + "\n", encoding="utf-8")
