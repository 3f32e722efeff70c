"""The command as a program: how it starts, what it says without its extras, how it stops."""

import subprocess
import sys
from importlib.metadata import version

import numpy as np
import pytest

from interrupts import HEED, interrupt, needs_proc

ANNOUNCE = f"""{HEED}
import fastcluster as fc
fit = fc.KMeans.fit
def announced(self, X):
    print("fitting", file=sys.stderr, flush=True)
    return fit(self, X)
fc.KMeans.fit = announced
"""
MAIN = "import sys; from fastcluster.cli import main; sys.exit(main())"


def start(*arguments, before="", **options):
    command = [sys.executable, "-c", f"import sys\n{before}\n{MAIN}", *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def finish(process):
    out, err = process.communicate(timeout=400)
    return process.returncode, out, err


@pytest.mark.parametrize("package", ["typer", "rich"])
def test_without_the_extra_one_sentence_says_what_to_install(package):
    code, out, err = finish(start("--version", before=f"sys.modules[{package!r}] = None"))
    assert (code, out) == (1, "")
    assert err == (
        "fastcluster: the command line needs two more packages: pip install 'fastcluster-rs[cli]'\n"
    )


def test_without_pyarrow_a_table_is_refused_in_one_line(tmp_path):
    (tmp_path / "t.csv").write_text("a\n1\n")
    process = start("fit", "t.csv", "-k", "1", before="sys.modules['pyarrow'] = None", cwd=tmp_path)
    code, _, err = finish(process)
    assert code == 2
    assert err == (
        "fastcluster: FILE=t.csv needs pyarrow, which is not installed; "
        "hint: pip install 'fastcluster-rs[table]'\n"
    )


def test_the_version_is_that_of_the_package():
    assert finish(start("--version")) == (0, f"fastcluster {version('fastcluster-rs')}\n", "")


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help_names_the_verbs(arguments):
    code, out, err = finish(start(*arguments))
    assert (code, err) == (0, "")
    assert "fit" in out
    assert "predict" in out


def test_an_unknown_verb_is_one_line():
    code, out, err = finish(start("clsuter"))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "clsuter" in err


def test_the_bar_is_on_stderr_and_only_when_asked_or_on_a_terminal(tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "x.npy", rng.normal(size=(2000, 16)))
    arguments = ["fit", "x.npy", "-k", "20"]
    assert finish(start(*arguments, cwd=tmp_path))[2] == ""
    _, out, err = finish(start(*arguments, "--progress", cwd=tmp_path))
    assert "KMeans" in err
    assert out.startswith("KMeans put 2,000 rows")


@needs_proc
def test_ctrl_c_ends_with_130_and_one_line_and_writes_nothing(tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "x.npy", rng.normal(size=(20_000, 64)).astype(np.float32))
    endless = ["--tol", "0", "--max-iter", "1000000", "--n-init", "1000000"]
    arguments = ["fit", "x.npy", "-k", "500", *endless, "-o", "out"]
    with start(*arguments, before=ANNOUNCE, cwd=tmp_path) as process:
        assert process.stderr.readline() == "fitting\n"
        try:
            interrupt(process)
            code, out, err = finish(process)
        finally:
            process.kill()
    assert (code, out) == (130, "")
    assert err == "fastcluster: interrupted, nothing was written\n"
    assert [path.name for path in tmp_path.iterdir()] == ["x.npy"]
