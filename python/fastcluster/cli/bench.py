"""`fastcluster bench`: this library beside its peers, on the vectors of a file."""

import warnings
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import typer
from sklearn.exceptions import ConvergenceWarning

from fastcluster.bench import machine, own, record
from fastcluster.bench.contract import Vectors
from fastcluster.bench.engines import EXTRA
from fastcluster.bench.trial import Work
from fastcluster.cli._bench_table import print_comparison
from fastcluster.cli._output import check_target, new_file
from fastcluster.cli._run import library_settings, split_names
from fastcluster.data import read_vectors

__all__ = ["bench"]

_MOST: Final = 2**31 - 1
_WRITERS: Final = {".json": record.dumps, ".md": own.markdown, ".svg": own.svg}


def bench(  # noqa: PLR0913, PLR0917 - one parameter per option
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .npy, .csv or .parquet file.")],
    n_clusters: Annotated[
        int,
        typer.Option(
            "-k", "--n-clusters", min=1, max=_MOST, metavar="K", help="Number of clusters."
        ),
    ],
    iterations: Annotated[
        int, typer.Option(min=1, max=_MOST, help="Lloyd iterations of every engine.")
    ] = 10,
    engines: Annotated[
        str | None,
        typer.Option(help="Peers, with commas between; all if left out."),
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, max=1000, help="Timings per engine.")] = 3,
    memory: Annotated[
        bool, typer.Option("--memory", help="Also each engine's peak memory, in its own process.")
    ] = False,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Write .json, .md or .svg; may be repeated."
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace those files.")] = False,
    jobs: Annotated[
        int | None, typer.Option("-j", "--jobs", min=1, max=1024, help="Threads of every engine.")
    ] = None,
) -> None:
    """Time k-means of this library and of its peers on the vectors of FILE.

    Start centers, iterations and threads are the same, and the engines take turns.

    Inertia is recomputed in float64; labels are checked by brute force. The extra bench has peers.
    """
    names = own.chosen_engines(split_names(engines))
    for path in output or ():
        _check_output(path, names, overwrite=overwrite)
    X = _float32(file)
    with library_settings(progress=False, n_jobs=None):
        # A fit that stops at its number of iterations is what is asked for.
        warnings.simplefilter("ignore", ConvergenceWarning)
        kept = own.run(
            X,
            Work("lloyd", n_clusters, max_iter=iterations, tol=0.0),
            names=names,
            repeats=repeats,
            n_threads=jobs or machine.permitted_threads(),
            source=file.name,
            command=f"fastcluster bench {file.name} -k {n_clusters} --iterations {iterations}",
            memory=memory,
        )
    print_comparison(kept)
    for path in output or ():
        _write(path, kept)


def _check_output(path: Path, names: tuple[str, ...], *, overwrite: bool) -> None:
    if path.suffix not in _WRITERS:
        raise ValueError(
            f"--output={path} must end in .json, .md or .svg, got {path.suffix!r}\n"
            "hint: the suffix decides the format"
        )
    if path.suffix == ".svg" and not own.any_peer(names):
        raise ValueError(
            f"--output={path} needs a peer to compare with, got --engines={','.join(names)}\n"
            f"hint: name scikit-learn, or pip install '{EXTRA}' for others"
        )
    check_target(path, overwrite=overwrite)


def _float32(file: Path) -> Vectors:
    """Read the vectors in the form that every engine takes."""
    X = np.ascontiguousarray(np.asarray(read_vectors(file).values), dtype=np.float32)
    if not np.isfinite(X).all():
        raise ValueError(
            f"FILE={file} must hold finite float32 values, got NaN, infinite or too large ones\n"
            "hint: remove those rows, or scale the vectors"
        )
    return X


def _write(path: Path, kept: dict[str, Any]) -> None:
    text = _WRITERS[path.suffix](kept)
    with new_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    print(f"wrote {path}")
