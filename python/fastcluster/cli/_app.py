"""The verbs put together, and what every one of them does with an error."""

import sys
from importlib.metadata import version
from typing import Annotated, Final

import typer

from fastcluster.cli.bench import bench
from fastcluster.cli.fit import fit
from fastcluster.cli.predict import predict

__all__ = ["run"]

_WRONG_INPUT: Final = 2
_INTERRUPTED: Final = 130

app: Final = typer.Typer(
    name="fastcluster",
    help="Cluster embedding vectors, exactly and fast.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(fit)
app.command()(predict)
app.command()(bench)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"fastcluster {version('fastcluster-rs')}")
        raise typer.Exit


@app.callback()
def _common(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Cluster embedding vectors, exactly and fast."""


def run(arguments: list[str]) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : list of str
        What stands after `fastcluster` on the command line.

    Returns
    -------
    int
        The exit code. A wrong input is one line on stderr and the code 2; anything else that goes
        wrong is a defect of ours and keeps its traceback.
    """
    try:
        code = app(arguments or ["--help"], prog_name="fastcluster", standalone_mode=False)
    except typer.TyperException as error:
        return _refuse(f"{error.format_message()}\nhint: fastcluster --help lists what there is")
    except ModuleNotFoundError:
        raise  # a broken installation; a missing extra is an ImportError in our own words
    except (ValueError, OSError, ImportError, MemoryError) as error:
        return _refuse(str(error) or "there is not enough memory")
    if code == _INTERRUPTED:
        print("fastcluster: interrupted, nothing was written", file=sys.stderr)
    return int(code or 0)


def _refuse(message: str) -> int:
    """Print a message, whose second line is the hint, as one line."""
    lines = [" ".join(line.split()).rstrip(".") for line in message.splitlines()]
    print("fastcluster:", "; ".join(line for line in lines if line), file=sys.stderr)
    return _WRONG_INPUT
