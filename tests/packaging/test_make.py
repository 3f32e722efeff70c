"""make stops with one sentence when something is missing, and its tools judge what they should."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PREFLIGHT = ROOT / "tools" / "preflight.sh"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="make runs on POSIX systems")


def program(folder, name, text):
    """Put a shell script in a folder as a program."""
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def programs(tmp_path):
    """A folder to be the whole PATH: the usual tools, this Python, and a Rust that fits."""
    for name in ("sed", "cut", "sort", "head", "sh"):
        (tmp_path / name).symlink_to(shutil.which(name))
    (tmp_path / "python3").symlink_to(sys.executable)
    program(tmp_path, "cargo", "true")
    program(tmp_path, "rustc", "echo 'rustc 99.0.0 (abc 2030-01-01)'")
    return tmp_path


def preflight(folder, python="python3"):
    done = subprocess.run(
        ["/bin/sh", str(PREFLIGHT), python],
        check=False,
        cwd=ROOT,
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stderr


def test_all_is_well_when_all_is_there(programs):
    assert preflight(programs) == (0, "")


def test_a_missing_cargo_is_one_sentence(programs):
    (programs / "cargo").unlink()
    code, message = preflight(programs)
    assert code == 1
    assert message.count("\n") == 1
    assert "'cargo' was not found: install it from https://rustup.rs" in message


def test_an_old_rust_is_one_sentence(programs):
    program(programs, "rustc", "echo 'rustc 1.70.0 (abc 2023-01-01)'")
    code, message = preflight(programs)
    assert (code, message.count("\n")) == (1, 1)
    assert "found 1.70.0" in message


def test_an_old_python_is_one_sentence(programs):
    program(programs, "old", 'case "$2" in *exit*) exit 1;; *) echo 3.9.2;; esac')
    code, message = preflight(programs, "old")
    assert (code, message.count("\n")) == (1, 1)
    assert "'old' is 3.9.2: install a newer one" in message


def test_a_missing_python_is_one_sentence(programs):
    code, message = preflight(programs, "nowhere")
    assert (code, message.count("\n")) == (1, 1)
    assert "'nowhere' was not found" in message


def load(name):
    import importlib.util

    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_large_files_and_large_trees_are_refused():
    complaints = load("check_size").complaints
    assert complaints({"a": 5_000_000}) == []
    assert complaints({"a": 5_000_001}) == ["a has 5,000,001 bytes: a file may have 5,000,000"]
    assert "together" in complaints({str(i): 4_000_000 for i in range(8)})[0]


def test_extras_that_name_extras_are_followed_once():
    project = {
        "name": "p",
        "dependencies": ["numpy"],
        "optional-dependencies": {"dev": ["p[a,b]", "x"], "a": ["y>=1", "numpy"], "b": ["z"]},
    }
    assert load("requirements").requirements(project, ["dev"]) == ["numpy", "y>=1", "z", "x"]
