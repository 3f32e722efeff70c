"""Which `fastcluster` Python finds when the older package is installed too, and what ours says.

The older package is played by two files as its wheel installs them; `test_clash_installed.py` has
the real one.
"""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import fastcluster
from fastcluster._clash import older_version

OURS = Path(fastcluster.__file__).parent


@pytest.fixture
def site(tmp_path):
    """Return a folder of installed packages that holds the older one."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "fastcluster.py").write_text("older = True\n")
    information = folder / "fastcluster-1.3.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: fastcluster\nVersion: 1.3.0\n"
    )
    return folder


def run(code, *folders):
    """Run code with these folders first on the path; return its lines and its warnings'."""
    head = f"import sys; sys.path[:0] = {[str(folder) for folder in folders]!r}\n"
    done = subprocess.run(
        [sys.executable, "-I", "-W", "always", "-c", head + textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout.splitlines()


def test_in_one_folder_ours_is_found_and_warns_once(site):
    (site / "fastcluster").symlink_to(OURS)
    lines = run(
        """
        import fastcluster
        import fastcluster
        from fastcluster import linkage
        print(hasattr(fastcluster, "older"), linkage([1.0]).shape)
        """,
        site,
    )
    warnings = [line for line in lines if "UserWarning" in line]
    assert len(warnings) == 1, lines
    assert warnings[0].startswith("<string>:3: UserWarning: two installed distributions")
    assert "'fastcluster-rs' (imported now) and 'fastcluster' 1.3.0 (hidden by it)" in warnings[0]
    assert "hint: pip uninstall fastcluster (its linkage functions exist here too)" in lines
    assert lines[-1] == "False (1, 4)"


def test_warning_can_be_silenced(site):
    (site / "fastcluster").symlink_to(OURS)
    lines = run(
        """
        import warnings
        warnings.filterwarnings("ignore", message="two installed distributions")
        import fastcluster
        """,
        site,
    )
    assert lines == []


def test_an_earlier_folder_wins(site):
    assert run("import fastcluster; print(fastcluster.older)", site, OURS.parent) == ["True"]


def test_a_later_folder_warns(site):
    lines = run("import fastcluster; print(hasattr(fastcluster, 'older'))", OURS.parent, site)
    assert "two installed distributions" in lines[0]
    assert lines[-1] == "False"


def test_a_users_own_file_of_that_name_is_no_clash(site):
    for file in (site / "fastcluster-1.3.0.dist-info").iterdir():
        file.unlink()
    (site / "fastcluster-1.3.0.dist-info").rmdir()
    assert run("import fastcluster", OURS.parent, site) == []


def test_without_the_older_package_nothing_is_said():
    assert older_version() is None
    lines = run("import fastcluster; print('importlib.metadata' in sys.modules)", OURS.parent)
    assert lines == ["False"]
