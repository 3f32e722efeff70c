"""The command `fastcluster`. It needs the extra [cli]; without it, one sentence says so."""

import sys
from importlib.util import find_spec

__all__ = ["main"]


def main() -> int:
    """Run the command line and return its exit code.

    Returns
    -------
    int
        0 when all went well, 2 for wrong input, 130 after Ctrl-C, 1 when an extra is missing.
    """
    if find_spec("typer") is None or find_spec("rich") is None:
        print(
            "fastcluster: the command line needs two more packages: "
            "pip install 'fastcluster-rs[cli]'",
            file=sys.stderr,
        )
        return 1
    try:
        from fastcluster.cli._app import run

        return run(sys.argv[1:])
    except KeyboardInterrupt:
        # While the libraries are being loaded; later, run() answers.
        return 130
