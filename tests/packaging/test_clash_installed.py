"""Our wheel beside the real older package, in fresh environments and in both orders.

The wheel is the newest in dist/, or the one that FASTCLUSTER_WHEEL names. NumPy, SciPy and
scikit-learn are borrowed from the environment that runs the tests.
"""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest
import sklearn

pytestmark = pytest.mark.slow

OLDER = "fastcluster==1.3.0"
REPOSITORY = Path(__file__).parents[2]

USE_OURS = """
import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import fastcluster
print(sum("two installed distributions" in str(w.message) for w in caught))
print(len(caught))
print(fastcluster.KMeans(2, random_state=0).fit([[0.0], [1.0], [8.0]]).inertia_)
print(fastcluster.linkage([1.0]).tolist())
"""
USE_OLDER = (
    "import fastcluster; print(fastcluster.__version__, fastcluster.linkage([1.0]).tolist())"
)


@pytest.fixture(scope="module")
def wheel():
    named = os.environ.get("FASTCLUSTER_WHEEL")
    wheels = (
        [Path(named)]
        if named
        else sorted(
            (REPOSITORY / "dist").glob("fastcluster_rs-*.whl"),
            key=lambda path: path.stat().st_mtime,
        )
    )
    if not wheels:
        pytest.skip("no wheel: run `make wheel`, or set FASTCLUSTER_WHEEL")
    return wheels[-1].resolve(strict=True)


class Environment:
    """A virtual environment without pip, which borrows this one's other packages."""

    def __init__(self, folder):
        venv.create(folder, with_pip=False)
        self.folder = folder
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        site = folder / "lib" / version / "site-packages"
        # A plain path line: the .pth files there, of our own source folder, are not followed.
        (site / "borrowed.pth").write_text(f"{Path(sklearn.__file__).parents[1]}\n")

    def pip(self, *arguments):
        command = [sys.executable, "-m", "pip", "--python", self.folder, "--quiet", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def install(self, what):
        # The borrowed folder may hold a development install of ours, and pip would be content.
        done = self.pip("install", "--no-deps", "--ignore-installed", "--only-binary=:all:", what)
        if done.returncode and what == OLDER:
            pytest.skip(f"{OLDER} cannot be installed here: {done.stderr.strip().splitlines()[-1]}")
        assert done.returncode == 0, done.stderr

    def uninstall(self, name):
        done = self.pip("uninstall", "--yes", name)
        assert done.returncode == 0, done.stderr

    def run(self, code):
        done = subprocess.run(
            [self.folder / "bin" / "python", "-I", "-c", code],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()


@pytest.fixture
def environment(tmp_path):
    return Environment(tmp_path / "environment")


def test_alone(environment, wheel):
    environment.install(wheel)
    assert environment.run(USE_OURS) == ["0", "0", "0.5", "[[0.0, 1.0, 1.0, 2.0]]"]


@pytest.mark.parametrize("ours_first", [True, False], ids=["ours first", "older first"])
def test_both(environment, wheel, ours_first):
    for what in (wheel, OLDER) if ours_first else (OLDER, wheel):
        environment.install(what)
    assert environment.run(USE_OURS) == ["1", "1", "0.5", "[[0.0, 1.0, 1.0, 2.0]]"]


def test_either_can_be_uninstalled_alone(environment, wheel):
    environment.install(OLDER)
    environment.install(wheel)

    environment.uninstall("fastcluster")
    assert environment.run(USE_OURS)[:3] == ["0", "0", "0.5"]

    environment.install(OLDER)
    environment.uninstall("fastcluster-rs")
    assert environment.run(USE_OLDER) == ["1.3.0 [[0.0, 1.0, 1.0, 2.0]]"]
