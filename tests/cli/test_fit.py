"""`fastcluster fit`."""

import csv
import json

import numpy as np
import pytest
from sklearn.metrics import pairwise_distances

import fastcluster as fc

pytest.importorskip("typer", reason="the extra [cli] is not installed")
from fastcluster.cli import fit as fit_module
from fastcluster.cli._app import run


@pytest.fixture
def vectors(tmp_path):
    """A file of 60 float32 vectors around three corners."""
    rng = np.random.default_rng(0)
    corners = 10 * np.eye(3, 8)[np.repeat([0, 1, 2], [30, 20, 10])]
    np.save(tmp_path / "x.npy", (corners + rng.normal(size=(60, 8))).astype(np.float32))
    return tmp_path / "x.npy"


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("method", "estimator"), [("kmeans", fc.KMeans), ("minibatch", fc.MiniBatchKMeans)]
)
def test_the_files_hold_what_the_library_finds(vectors, tmp_path, capsys, method, estimator):
    assert run(["fit", str(vectors), "-k", "3", "-m", method, "-o", str(tmp_path / "out")]) == 0
    expected = estimator(3, random_state=0).fit(np.load(vectors))

    out = tmp_path / "out"
    assert names_in(out) == ["labels.csv", "labels.npy", "model", "summary.json"]
    np.testing.assert_array_equal(np.load(out / "labels.npy"), expected.labels_)
    with (out / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["row"]) for row in rows] == list(range(60))
    assert [int(row["cluster"]) for row in rows] == expected.labels_.tolist()
    model = fc.load_model(out / "model")
    np.testing.assert_array_equal(model.cluster_centers_, expected.cluster_centers_)

    summary = json.loads((out / "summary.json").read_text())
    assert summary["inertia"] == expected.inertia_
    assert [one["size"] for one in summary["clusters"]] == np.bincount(expected.labels_).tolist()
    for one in summary["clusters"]:
        distances = np.linalg.norm(
            np.load(vectors) - expected.cluster_centers_[one["cluster"]], axis=1
        )
        distances[expected.labels_ != one["cluster"]] = np.inf
        assert one["nearest_rows"] == np.argsort(distances)[:3].tolist()
    assert "60 rows of 8 float32 values into 3 clusters" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["-m", "dbscan", "--eps", "3", "--min-samples", "4"], fc.DBSCAN(3.0, min_samples=4)),
        (
            ["-m", "hdbscan", "--min-cluster-size", "12", "--metric", "cosine"],
            fc.HDBSCAN(12, metric="cosine"),
        ),
    ],
)
def test_clusters_by_density_and_noise(vectors, tmp_path, capsys, options, expected):
    out = tmp_path / "out"
    assert run(["fit", str(vectors), *options, "-o", str(out)]) == 0
    rows = np.load(vectors)
    labels = expected.fit(rows).labels_
    n_noise = (labels == -1).sum()
    assert n_noise > 0
    np.testing.assert_array_equal(np.load(out / "labels.npy"), labels)

    summary = json.loads((out / "summary.json").read_text())
    assert summary["n_noise"] == n_noise
    assert summary["inertia"] is None
    assert [one["size"] for one in summary["clusters"]] == np.bincount(labels + 1)[1:].tolist()
    for cluster, one in enumerate(summary["clusters"]):
        members = np.flatnonzero(labels == cluster)
        mean = rows[members].mean(axis=0, dtype=np.float64)
        found = pairwise_distances(rows[members], mean[None], metric=expected.metric)[:, 0]
        assert one["nearest_rows"] == members[np.argsort(found)[:3]].tolist()
        assert one["mean_distance"] == pytest.approx(found.mean(), rel=1e-5)
    assert f"{n_noise} rows are noise ({n_noise / 60:.1%})" in capsys.readouterr().out

    assert run(["predict", str(out), str(vectors), "-o", str(tmp_path / "l.npy")]) == 0
    np.testing.assert_array_equal(np.load(tmp_path / "l.npy"), labels)


def test_all_rows_may_be_noise(vectors, capsys):
    assert run(["fit", str(vectors), "-m", "dbscan", "--eps", "0.001"]) == 0
    printed = capsys.readouterr().out
    assert "into 0 clusters" in printed
    assert "60 rows are noise (100.0%)" in printed


def test_options_reach_the_estimator(vectors, tmp_path):
    given = {
        "metric": "cosine",
        "seed": 7,
        "init": "random",
        "n-init": 2,
        "max-iter": 5,
        "tol": 0.5,
    }
    options = [text for name, value in given.items() for text in (f"--{name}", str(value))]
    assert run(["fit", str(vectors), "-k", "2", *options, "-o", str(tmp_path / "out")]) == 0
    used = json.loads((tmp_path / "out" / "summary.json").read_text())["parameters"]
    for option, value in given.items():
        name = "random_state" if option == "seed" else option.replace("-", "_")
        assert used[name] == value


def test_without_output_nothing_is_written(vectors, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["fit", "x.npy", "-k", "3"]) == 0
    assert names_in(tmp_path) == ["x.npy"]
    assert "nothing was written" in capsys.readouterr().out


def test_texts_are_shown_as_they_are_but_for_control_characters(vectors, tmp_path, capsys):
    lines = [f"[red]row {i}\x1b[2J" for i in range(60)]
    (tmp_path / "texts.txt").write_text("\n".join(lines) + "\n")
    assert run(["fit", str(vectors), "-k", "3", "--texts", str(tmp_path / "texts.txt")]) == 0
    printed = capsys.readouterr().out
    assert "[red]row" in printed
    assert "\x1b" not in printed


def test_an_earlier_result_is_replaced_only_when_asked(vectors, tmp_path, capsys):
    out = tmp_path / "out"
    first = ["fit", str(vectors), "-o", str(out), "-k"]
    assert run([*first, "3"]) == 0
    assert run([*first, "2"]) == 2
    assert "exists already; hint: name another, or pass --overwrite" in capsys.readouterr().err
    assert np.load(out / "labels.npy").max() == 2
    assert run([*first, "2", "--overwrite"]) == 0
    assert np.load(out / "labels.npy").max() == 1
    assert names_in(tmp_path) == ["out", "x.npy"]


def test_a_folder_of_other_things_is_never_replaced(vectors, tmp_path, capsys):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "thesis.tex").write_text("")
    arguments = ["fit", str(vectors), "-k", "3", "-o", str(tmp_path / "precious"), "--overwrite"]
    assert run(arguments) == 2
    assert "holds other things than an earlier result" in capsys.readouterr().err
    assert names_in(tmp_path / "precious") == ["thesis.tex"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.npy", "-k", "3"], "FILE=none.npy does not exist; hint: "),
        (["x.npy"], "Missing option"),
        (["x.npy", "-k", "three"], "-k"),
        (["x.npy", "-k", "0"], "n_clusters"),
        (["x.npy", "-k", "61"], "n_samples=60 should be >= n_clusters=61; hint: "),
        (["x.npy", "-k", "3", "-m", "dbscan"], "n_clusters=3 needs --method kmeans or minibatch"),
        (["x.npy", "-m", "dbscan"], "Missing option '--eps', which --method dbscan needs"),
        (["x.npy", "-m", "dbscan", "--eps", "0"], "eps"),
        (["x.npy", "-m", "hdbscan", "--eps", "1"], "eps=1.0 needs --method dbscan, got hdbscan"),
        (["x.npy", "-m", "hdbscan", "--seed", "1"], "seed=1 needs --method kmeans"),
        (["x.npy", "-m", "hdbscan", "--min-samples", "61"], "min_samples (61)"),
        (["x.npy", "-k", "3", "--min-samples", "4"], "min_samples=4 needs --method dbscan or hdb"),
        (["x.npy", "-m", "optics"], "optics"),
        (["x.npy", "-k", "3", "--metric", "l1"], "l1"),
        (["x.npy", "-k", "3", "--init", "best"], "init"),
        (["x.npy", "-k", "3", "--seed", "-1"], "random_state"),
        (["x.npy", "-k", "3", "--jobs", "0"], "n_jobs"),
        (["x.npy", "-k", "3", "--batch-size", "5"], "batch_size=5 needs --method minibatch"),
        (["x.npy", "-k", "3", "--columns", "a"], "needs a file with named columns"),
        (["x.npy", "-k", "3", "--texts", "x.npy"], "must be UTF-8 text"),
        (["x.npy", "-k", "3", "--texts", "two.txt"], "got 2 lines for 60 rows"),
        (["nan.npy", "-k", "1"], "NaN"),
    ],
)
def test_wrong_input_is_one_line_and_leaves_nothing(
    vectors, tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.chdir(tmp_path)
    np.save("nan.npy", np.full((2, 2), np.nan))
    (tmp_path / "two.txt").write_text("a\nb\n")
    before = names_in(tmp_path)
    assert run(["fit", *arguments, "-o", "out"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("fastcluster: ")
    assert captured.err.count("\n") == 1
    assert message in captured.err
    assert names_in(tmp_path) == before


@pytest.mark.parametrize("target", ["x.npy", "none/out"])
def test_an_impossible_place_is_refused_before_the_fit(
    vectors, tmp_path, monkeypatch, capsys, target
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fc.KMeans, "fit", lambda *_: pytest.fail("it was fitted"))
    assert run(["fit", "x.npy", "-k", "3", "-o", target, "--overwrite"]) == 2
    assert f"--output={target}" in capsys.readouterr().err


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt, 130), (OSError("disk full"), 2)])
def test_a_write_that_fails_leaves_nothing_and_the_old_result(
    vectors, tmp_path, monkeypatch, capsys, error, code
):
    arguments = ["fit", str(vectors), "-k", "3", "-o", str(tmp_path / "out")]
    assert run(arguments) == 0
    old = (tmp_path / "out" / "summary.json").read_bytes()

    def fail(*_):
        raise error

    monkeypatch.setattr(fit_module, "write_labels", fail)
    assert run([*arguments, "--overwrite"]) == code
    assert names_in(tmp_path) == ["out", "x.npy"]
    assert (tmp_path / "out" / "summary.json").read_bytes() == old
    assert capsys.readouterr().err.count("\n") == 1


def test_warnings_of_the_library_are_single_lines(tmp_path, capsys):
    np.save(tmp_path / "x.npy", np.ones((5, 2)))
    assert run(["fit", str(tmp_path / "x.npy"), "-k", "2"]) == 0
    warnings = capsys.readouterr().err.splitlines()
    assert len(warnings) == 1
    assert warnings[0].startswith("fastcluster: warning: Number of distinct clusters (1)")


def test_columns_of_a_table_are_chosen(tmp_path, capsys):
    pytest.importorskip("pyarrow", reason="the extra [table] is not installed")
    (tmp_path / "t.csv").write_text("name,a,b\n" + "".join(f"n{i},{i % 2},{i}\n" for i in range(9)))
    out = tmp_path / "out"
    arguments = ["fit", str(tmp_path / "t.csv"), "-k", "2", "--columns", "a", "-o", str(out)]
    assert run(arguments) == 0
    np.testing.assert_array_equal(np.load(out / "labels.npy")[::2], np.load(out / "labels.npy")[0])
    summary = json.loads((out / "summary.json").read_text())
    assert summary["columns"] == ["a"]
    assert summary["left_out"] == ["name (string)", "b (int64)"]
    assert "columns left out: name (string), b (int64)" in capsys.readouterr().out


def test_a_place_that_cannot_be_written_is_refused_before_the_work(vectors, tmp_path, capsys):
    assert run(["fit", str(tmp_path / "none.npy"), "-k", "3", "-o", "x" * 300]) == 2
    message = capsys.readouterr().err
    assert "--output=xxx" in message
    assert "cannot be written: File name too long" in message
    assert "-o" in message


@pytest.mark.parametrize("option", ["-k", "--max-iter", "--n-init", "--jobs", "--seed"])
def test_numbers_that_are_too_large_are_one_line(vectors, capsys, option):
    arguments = ["fit", str(vectors), "-k", "3", option, str(2**70)]
    assert run(arguments) == 2
    message = capsys.readouterr().err
    assert option in message
    assert message.count("\n") == 1
