"""The wheel: what is in it, and that it works in a fresh environment without Rust."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3600),  # a whole build with link-time optimisation
    pytest.mark.skipif(
        not (ROOT / "Cargo.lock").is_file(), reason="needs the source tree to build from"
    ),
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    command = [
        *(sys.executable, "-m", "maturin", "build", "--release", "--locked", "--quiet"),
        *("--compatibility", "pypi", "--out", str(folder)),
    ]
    subprocess.run(command, cwd=ROOT, check=True)
    (built,) = folder.glob("*.whl")
    return built


def test_one_wheel_serves_every_python_from_3_11_on(wheel):
    assert re.fullmatch(r"fastcluster_rs-[\d.]+-cp311-abi3-\w+\.whl", wheel.name)


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    package = [name for name in names if not name.split("/")[0].endswith(".dist-info")]
    sources = {
        str(path.relative_to(ROOT / "python"))
        for path in (ROOT / "python" / "fastcluster").rglob("*")
        if path.suffix in (".py", ".pyi", ".cu", ".cuh") or path.name == "py.typed"
    }
    compiled = {name for name in package if name.startswith("fastcluster/_core.")} - {
        "fastcluster/_core.pyi"
    }
    assert len(compiled) == 1
    assert set(package) - compiled == sources
    licences = {Path(name).name for name in names if "/licenses/" in name}
    assert {"LICENSE", "LICENSE-MIT", "LICENSE-APACHE"} <= licences


def test_the_command_is_an_entry_point(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith("entry_points.txt")]
        assert "fastcluster=fastcluster.cli:main" in archive.read(name).decode().replace(" ", "")


def test_it_installs_without_rust_and_runs_the_example(wheel):
    command = [sys.executable, str(ROOT / "tools" / "try_wheel.py"), str(wheel)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "adjusted Rand" in done.stdout
    assert done.stdout.rstrip().endswith("runs examples/cluster_sentences.py")
