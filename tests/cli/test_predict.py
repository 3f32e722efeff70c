"""`fastcluster predict`."""

import numpy as np
import pytest

import fastcluster as fc

pytest.importorskip("typer", reason="the extra [cli] is not installed")
from fastcluster.cli._app import run


@pytest.fixture
def fitted(tmp_path, monkeypatch, capsys):
    """A folder with x.npy and the result of a fit in out/, as the current one."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    np.save("x.npy", rng.normal(size=(50, 4)).astype(np.float32))
    assert run(["fit", "x.npy", "-k", "5", "-o", "out"]) == 0
    capsys.readouterr()
    return np.load("out/labels.npy")


@pytest.mark.parametrize("model", ["out", "out/model"])
def test_the_rows_of_the_fit_get_their_labels_back(fitted, capsys, model):
    assert run(["predict", model, "x.npy"]) == 0
    printed = capsys.readouterr().out.split()
    assert [int(label) for label in printed] == fitted.tolist()


def test_every_format_holds_the_labels(fitted, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra [table] is not installed")
    for name in ("l.npy", "l.csv", "l.parquet"):
        assert run(["predict", "out", "x.npy", "-o", name]) == 0
    np.testing.assert_array_equal(np.load("l.npy"), fitted)
    table = np.loadtxt("l.csv", delimiter=",", skiprows=1, dtype=int)
    np.testing.assert_array_equal(table, np.column_stack([np.arange(50), fitted]))
    assert parquet.read_table("l.parquet")["cluster"].to_pylist() == fitted.tolist()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none", "x.npy"], "none"),
        (["out", "none.npy"], "FILE=none.npy does not exist"),
        (["out", "wide.npy"], "5 features"),
        (["out", "x.npy", "-o", "l.txt"], "must end in .npy, .csv or .parquet, got '.txt'"),
        (["out", "x.npy", "-o", "none/l.npy"], "needs a folder that exists"),
        (["out", "x.npy", "-o", "wide.npy"], "exists already"),
        (["out", "x.npy", "-o", "x.npy", "--overwrite"], "is the file to read"),
    ],
)
def test_wrong_input_is_one_line_and_leaves_nothing(fitted, tmp_path, capsys, arguments, message):
    np.save("wide.npy", np.zeros((3, 5)))
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert run(["predict", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert message in captured.err
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_a_damaged_model_is_refused(fitted, tmp_path, capsys):
    arrays = sorted((tmp_path / "out" / "model").rglob("*.npy"))
    content = bytearray(arrays[0].read_bytes())
    content[-1] ^= 1
    arrays[0].write_bytes(content)
    assert run(["predict", "out", "x.npy"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_columns_are_found_by_name(tmp_path, monkeypatch, capsys):
    pytest.importorskip("pyarrow", reason="the extra [table] is not installed")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("a,b\n0,100\n1,200\n0,300\n1,400\n")
    (tmp_path / "swapped.csv").write_text("b,more,a\n100,9,0\n200,9,1\n300,9,0\n400,9,1\n")
    (tmp_path / "short.csv").write_text("a,c\n0,1\n")
    assert run(["fit", "t.csv", "-k", "2", "-o", "out"]) == 0
    assert fc.load_model("out/model").feature_names_in_.tolist() == ["a", "b"]
    assert run(["predict", "out", "swapped.csv", "-o", "l.npy"]) == 0
    np.testing.assert_array_equal(np.load("l.npy"), np.load("out/labels.npy"))
    capsys.readouterr()
    assert run(["predict", "out", "short.csv"]) == 2
    assert "got 'b'; hint: it has a (int64), c (int64)" in capsys.readouterr().err


def test_a_path_that_is_no_model_is_named(fitted, capsys):
    assert run(["predict", "nomodel", "x.npy"]) == 2
    assert "MODEL=nomodel is no saved model" in capsys.readouterr().err
