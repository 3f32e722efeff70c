"""The code in the README runs, and the commands that it names exist."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)


def test_the_python_runs(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "examples" / "data", tmp_path / "examples" / "data")
    monkeypatch.chdir(tmp_path)
    code = blocks("python")
    assert code
    for block in code:
        exec(compile(block, "README.md", "exec"), {})
    assert (tmp_path / "model").is_dir()


def test_every_target_of_make_that_is_named_exists():
    prose = re.sub(r"^```.*?^```", "", README, flags=re.DOTALL | re.MULTILINE)
    code = "\n".join([*blocks("sh"), *re.findall("`([^`]+)`", prose)])
    named = set(re.findall(r"^make ([a-z-]+)", code, flags=re.MULTILINE))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert {"demo", "test"} <= named <= targets


def test_every_command_line_that_is_named_parses(monkeypatch, capsys):
    pytest.importorskip("typer", reason="the extra [cli] is not installed")
    from fastcluster.cli import bench, fit, predict
    from fastcluster.cli._app import run

    lines = [
        shlex.split(line, comments=True)[1:]
        for block in blocks("sh")
        for line in block.splitlines()
        if line.startswith("fastcluster ")
    ]
    assert len(lines) == 4
    # The files are not there: what is left of a command that parses is that complaint.
    monkeypatch.setattr(fit, "check_target", lambda *_, **__: None)
    monkeypatch.setattr(predict, "check_target", lambda *_, **__: None)
    monkeypatch.setattr(bench, "check_target", lambda *_, **__: None)
    for arguments in lines:
        assert run(arguments) == 2
        assert re.search(r"FILE=vectors.npy|result", capsys.readouterr().err)


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#:]+)\)", README))
def test_every_file_that_is_linked_exists(link):
    assert (ROOT / link).exists()
