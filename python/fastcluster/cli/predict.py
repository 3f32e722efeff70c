"""`fastcluster predict`: put the vectors of a file into the clusters of a model."""

import sys
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

import fastcluster
from fastcluster.cli._labels import check_labels_path, write_labels
from fastcluster.cli._output import check_target, new_file
from fastcluster.cli._run import library_settings
from fastcluster.data import read_vectors

__all__ = ["predict"]


def predict(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A saved model, or the DIR of a fit.")
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .npy, .csv or .parquet file.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write .npy, .csv or .parquet."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace that file.")] = False,
    jobs: Annotated[int | None, typer.Option("-j", "--jobs", max=1024, help="Threads.")] = None,
    progress: Annotated[
        bool | None, typer.Option(help="A progress bar. [default: on a terminal]")
    ] = None,
) -> None:
    """Find the cluster of each vector of FILE; without -o, print one a line."""
    if output is not None:
        check_labels_path(output)
        check_target(output, overwrite=overwrite)
        if output.exists() and output.samefile(file):
            raise ValueError(f"--output={output} is the file to read\nhint: name another")
    folder = _model_folder(model)
    if not (folder / "manifest.json").is_file():
        raise FileNotFoundError(
            f"MODEL={model} is no saved model\nhint: name what fit -o or model.save wrote"
        )
    estimator = fastcluster.load_model(folder)
    with library_settings(progress=progress, n_jobs=jobs):
        labels = estimator.predict(_values(estimator, file))
    if output is None:
        sys.stdout.writelines(f"{label}\n" for label in labels)
        return
    with new_file(output) as path:
        write_labels(path, labels)
    print(f"wrote {output}")


def _model_folder(path: Path) -> Path:
    """Return the model itself, which a fit keeps in its folder."""
    inner = path / "model"
    return inner if inner.is_dir() else path


def _values(estimator: Any, file: Path) -> Any:  # noqa: ANN401 - any clusterer; array or table
    """Read what the model was fitted on: columns by their names where it knows them."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is None or file.suffix.lower() == ".npy":
        return np.asarray(read_vectors(file).values)
    return read_vectors(file, columns=[str(name) for name in names]).values
