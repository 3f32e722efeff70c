"""Install a wheel in a fresh environment without Rust and run the example there.

usage: python tools/try_wheel.py WHEEL [WHEEL ...]     (the newest is tried)
"""

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "cluster_sentences.py"
VECTORS = ROOT / "examples" / "data" / "clinc150" / "vectors.npy"


def bare_environment(environment: Path) -> dict[str, str]:
    """Return the variables of a process that sees the new environment and no Rust."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CARGO", "RUST", "PYTHON", "VIRTUAL_ENV"))
    }
    return kept | {"PATH": str(environment / "bin")}


def try_wheel(wheel: Path, folder: Path) -> None:
    """Install `wheel` in a new environment, run the example and the command there."""
    environment = folder / "environment"
    venv.create(environment, with_pip=True)
    variables = bare_environment(environment)
    python = str(environment / "bin" / "python")

    def run(*command: str) -> None:
        subprocess.run(command, cwd=folder, env=variables, check=True)

    run(python, "-m", "pip", "install", "--quiet", "--only-binary=:all:", str(wheel))
    run(python, str(EXAMPLE))
    run(python, "-m", "pip", "install", "--quiet", "--only-binary=:all:", f"{wheel}[cli]")
    command = str(environment / "bin" / "fastcluster")
    run(command, "--version")
    # Against scikit-learn, which is always there; the other peers are not installed.
    run(command, "bench", str(VECTORS), "-k", "20", "--repeats", "1", "-o", "bench.svg")


if __name__ == "__main__":
    newest = max((Path(name).resolve() for name in sys.argv[1:]), key=lambda p: p.stat().st_mtime)
    with tempfile.TemporaryDirectory() as name:
        try_wheel(newest, Path(name))
    print(f"{newest.name} installs without Rust and runs {EXAMPLE.relative_to(ROOT)}")
