"""`fastcluster bench`."""

import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest

pytest.importorskip("typer", reason="the extra [cli] is not installed")
from fastcluster.bench import engines, measure
from fastcluster.cli._app import run


@pytest.fixture(autouse=True)
def vectors(tmp_path, monkeypatch):
    """Stand in a folder with 300 float16 vectors; make no pauses."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(measure, "PAUSE_SECONDS", 0.0)
    np.save("x.npy", np.random.default_rng(0).normal(size=(300, 8)).astype(np.float16))


ARGUMENTS = ["bench", "x.npy", "-k", "4", "--engines", "scikit-learn", "--repeats", "1", "-j", "1"]


def test_every_format_is_written(tmp_path, capsys):
    outputs = [text for suffix in ("json", "md", "svg") for text in ("-o", f"out.{suffix}")]
    assert run([*ARGUMENTS, "--iterations", "3", *outputs]) == 0
    printed = capsys.readouterr().out
    assert "3 Lloyd iterations, 4 clusters, 300 rows of 8 float32 values, 1 threads" in printed
    assert "scikit-learn" in printed
    kept = json.loads((tmp_path / "out.json").read_text())
    (report,) = kept["levels"][0]["results"]
    assert report["ratios"]["scikit-learn"]["inertia"]["median"] == pytest.approx(1, abs=1e-6)
    assert report["engines"]["fastcluster"]["n_labels_wrong"] == 0
    assert kept["command"] == "fastcluster bench x.npy -k 4 --iterations 3"
    assert "| 3 Lloyd iterations, 4 clusters | 300 x 8 |" in (tmp_path / "out.md").read_text()
    assert ET.parse(tmp_path / "out.svg").getroot().tag.endswith("svg")


def test_a_missing_peer_says_which_extra_brings_it(monkeypatch, capsys):
    monkeypatch.setitem(engines.MODULES, "faiss", "no_such_library")
    assert run(["bench", "x.npy", "-k", "4", "--engines", "faiss", "--repeats", "1"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "no_such_library is not installed: pip install 'fastcluster-rs[bench]'" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.npy", "-k", "4"], "FILE=none.npy does not exist"),
        (["x.npy", "-k", "301"], "n_clusters=301 needs as many distinct rows, got 300"),
        (["x.npy", "-k", "0"], "-k"),
        (["x.npy"], "-k"),
        (
            ["x.npy", "-k", "4", "--engines", "sklearn"],
            "--engines=sklearn must be known; hint: one",
        ),
        (["x.npy", "-k", "4", "--iterations", "0"], "--iterations"),
        (["x.npy", "-k", "4", "-o", "out.txt"], "must end in .json, .md or .svg, got '.txt'"),
        (["x.npy", "-k", "4", "-o", "no/out.md"], "needs a folder that exists"),
        (["x.npy", "-k", "4", "-o", "there.md"], "exists already"),
        (["nan.npy", "-k", "4"], "must hold finite float32 values"),
        (["large.npy", "-k", "4"], "must hold finite float32 values"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
def test_wrong_input_is_one_line_and_nothing_is_written(tmp_path, capsys, arguments, message):
    (tmp_path / "there.md").write_text("mine")
    np.save("nan.npy", np.full((10, 2), np.nan))
    np.save("large.npy", np.full((10, 2), 1e300))
    before = sorted(tmp_path.iterdir())
    assert run(["bench", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert message in err
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "there.md").read_text() == "mine"


def test_a_chart_without_peers_is_refused_before_any_work(capsys):
    arguments = ["bench", "x.npy", "-k", "4", "--engines", "fastcluster", "-o", "out.svg"]
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "needs a peer to compare with, got --engines=fastcluster" in err
