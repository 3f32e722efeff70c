"""Records are named and read back; tables come from them alone."""

import copy
import doctest
import json
import re

import pytest
from benches.end_to_end import imports, keep, progress, table

from fastcluster.bench import machine, record, show

OURS = {
    "wall_seconds": [0.1, 0.1],
    "cpu_seconds": [0.2, 0.2],
    "wall": {"median": 0.1, "low": 0.1, "high": 0.1},
    "inertia": [100.0, 100.0],
    "n_labels_checked": 600,
    "n_labels_wrong": 0,
    "largest_label_excess": 0.0,
}
THEIRS = OURS | {"wall": {"median": 0.35, "low": 0.3, "high": 0.4}, "inertia": [101.0, 101.0]}
REPORT = {
    "case": "lloyd-k1000",
    "title": "10 Lloyd iterations",
    "measure": "time",
    "task": "lloyd",
    "data": {"n_samples": 43_700, "n_features": 384},
    "goals": {"faster_than": {"scikit-learn": 5.0}, "inertia_excess_max": 1e-6},
    "engines": {"fastcluster": OURS, "scikit-learn": THEIRS, "faiss": {"absent": "not here"}},
    "ratios": {
        "scikit-learn": {
            "wall": {"median": 3.5, "low": 3.0, "high": 4.0},
            "cpu": {"median": 3.5, "low": 3.0, "high": 4.0},
            "inertia": {"median": 100 / 101, "low": 100 / 101, "high": 100 / 101},
        }
    },
}
MEMORY = {
    "case": "memory",
    "title": "fit",
    "measure": "memory",
    "task": "fit",
    "data": {"n_samples": 1000, "n_features": 8},
    "goals": {"memory_max": 0.5},
    "engines": {"fastcluster": {"bytes_added": 1, "times_X": 0.61}},
    "ratios": {},
}
IMPORT = {
    "case": "import",
    "title": "import time",
    "measure": "import",
    "statements": {
        imports.BASE: {"seconds": [1.0], "median": 1.0, "on_top_of_base": 0.0},
        imports.OURS: {"seconds": [1.05], "median": 1.05, "on_top_of_base": 0.05},
    },
}


@pytest.fixture
def kept():
    found = keep.begin("full", 2, "python -m benches.end_to_end")
    found["machine"] |= {"cpu": "Some CPU @ 2.00GHz", "load_average": [0.25, 0.2, 0.1]}
    found |= {"date": "2026-01-02T03:04:05+00:00", "commit": "abcdef0123"}
    software = {
        "fastcluster": {"version": "0.1.0", "isa": "avx512vnni"},
        "scikit-learn": {"version": "1.9.1"},
        "faiss": {"absent": "not here"},
    }
    results = copy.deepcopy([REPORT, MEMORY, IMPORT])
    found["levels"] = [{"level": "native", "software": software, "results": results}]
    return found


def test_a_table_row_has_times_ratios_and_inertia(kept):
    text = table.markdown(kept)
    assert (
        "| 10 Lloyd iterations | 43,700 x 384 | 100 ms "
        "| 350 ms, **3.5x** (3.0x to 4.0x), inertia +1.00 % | not available |"
    ) in text
    assert "| fit | 1,000 x 8 | 0.61 |" in text
    assert "importing `fastcluster.KMeans` adds 50.0 ms" in text
    assert "Some CPU @ 2.00GHz, 2 threads" in text
    assert "commit abcdef0123, load average 0.25 at the start" in text


def test_a_capped_level_says_so(kept):
    kept["levels"][0]["level"] = "avx2"
    assert "capped by FASTCLUSTER_ISA=avx2; the peers are not capped" in table.markdown(kept)


@pytest.mark.parametrize(("excess", "shown"), [(1e-15, False), (1e-3, True)])
def test_a_wrong_label_is_shown_where_float32_could_have_told(kept, excess, shown):
    theirs = kept["levels"][0]["results"][0]["engines"]["scikit-learn"]
    theirs |= {"n_labels_wrong": 5, "largest_label_excess": excess}
    assert ("5 of 600 labels wrong" in table.markdown(kept)) == shown


def test_notes_are_printed(kept):
    kept["notes"] = ["read this"]
    assert "Note: read this." in table.markdown(kept)


def test_goals_that_were_missed_are_named():
    assert progress.shortfalls(REPORT) == ["3.5x scikit-learn, goal 5.0x"]
    assert progress.shortfalls(MEMORY) == ["memory 0.61 times X, goal at most 0.5"]
    worse = copy.deepcopy(REPORT)
    worse["ratios"]["scikit-learn"]["inertia"]["median"] = 1.001
    assert "inertia 1.00e-03 above scikit-learn, goal at most 1e-06" in progress.shortfalls(worse)


def test_a_record_is_read_back_as_it_was_written(kept, tmp_path):
    path = keep.write(kept, tmp_path / "new")
    assert path.name == "some-2026-01-02-abcdef0123.json"
    assert record.read(path) == kept


def test_an_inertia_from_another_start_is_marked_and_no_goal_compares_it(kept):
    report = kept["levels"][0]["results"][0]
    report["engines"]["scikit-learn"] |= {"own_start": True, "remark": "draws its own start"}
    report["ratios"]["scikit-learn"]["inertia"]["median"] = 1.001
    text = table.markdown(kept)
    assert "own start, inertia -0.10 %" in text
    assert "scikit-learn, lloyd: draws its own start." in text
    assert not any("inertia" in miss for miss in progress.shortfalls(report))


def test_the_searches_are_read_by_what_the_machine_reaches(kept):
    results = kept["levels"][0]["results"]
    results[0] |= {"task": "assign", "settings": {"n_clusters": 1000}}
    rate = {"median": 4e11, "low": 4e11, "high": 4e11}
    results.append(
        {"case": "peak", "title": "", "measure": "peak", "size": 4096, "blas": "b 1", "rate": rate}
    )
    text = table.markdown(kept)
    assert "A float32 product of 4,096 x 4,096 matrices (b 1) runs at 400 GFLOP/s here." in text
    # 2 x 43,700 x 384 x 1,000 operations in 0.1 and in 0.35 seconds.
    assert "10 Lloyd iterations: fastcluster 336, scikit-learn 96." in text
    assert progress.line(results[-1]) == "peak: 400 GFLOP/s by b 1"


def test_the_chart_is_drawn_from_the_record(kept, tmp_path, capsys):
    path = keep.write(kept, tmp_path)
    assert table.main([str(path), "--chart", str(tmp_path / "c.svg")]) == 0
    assert "Some CPU @ 2.00GHz, 2 threads, avx512vnni" in (tmp_path / "c.svg").read_text()
    assert capsys.readouterr().out == ""
    readme = tmp_path / "README.md"
    readme.write_text(f"{table.BEGIN}\n{table.END}\n")
    arguments = [str(path), "--write", str(readme), "--chart", str(tmp_path / "c.svg")]
    assert table.main(arguments) == 0
    image = "![The time of each library over that of fastcluster](c.svg)"
    assert readme.read_text().startswith(f"{table.BEGIN}\n{image}\n\n**Instruction set")


def test_what_is_no_record_is_refused(kept, tmp_path):
    path = tmp_path / "x.json"
    for content in ("{", "[]", '{"format": "other"}'):
        path.write_text(content)
        with pytest.raises(ValueError, match="is not a benchmark record"):
            record.read(path)
    path.write_text(json.dumps(kept | {"version": 99}))
    with pytest.raises(ValueError, match="version 99, newer than 1"):
        record.read(path)


def test_the_table_is_put_between_the_markers_again_and_again(kept, tmp_path, capsys):
    path, readme = keep.write(kept, tmp_path), tmp_path / "README.md"
    readme.write_text(f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n")
    for _ in range(2):
        assert table.main([str(path), "--write", str(readme)]) == 0
        text = readme.read_text()
        assert text == f"before\n{table.BEGIN}\n{table.markdown(kept)}\n{table.END}\nafter\n"
    # The tables of several records stand one after another.
    other = copy.deepcopy(kept)
    for one in other["levels"][0]["results"]:
        one["case"] += "-other"
    (tmp_path / "other.json").write_text(json.dumps(other))
    records = [str(path), str(tmp_path / "other.json")]
    assert table.main([*records, "--write", str(readme)]) == 0
    assert readme.read_text().count("**Instruction set") == 2
    readme.write_text("no markers")
    assert table.main([str(path), "--write", str(readme)]) == 2
    assert "the text needs one line" in capsys.readouterr().err
    assert readme.read_text() == "no markers"


def test_a_later_record_takes_the_place_of_an_earlier_ones_cases(kept):
    later = copy.deepcopy(kept)
    later["levels"][0]["results"] = later["levels"][0]["results"][1:]
    first, second = table.superseded([kept, later])
    cases = [one["case"] for one in first["levels"][0]["results"]]
    assert cases == ["lloyd-k1000"]
    assert second == later
    later["levels"][0]["level"] = "avx2"
    assert table.superseded([kept, later]) == [kept, later]


def test_a_new_record_says_where_it_was_made():
    made = keep.begin("short", 2, "command")
    assert made["machine"]["n_cores_permitted"] >= 1
    assert re.fullmatch(r"[0-9a-f]{10}(-dirty)?|unknown", made["commit"])
    assert keep.file_name(made).endswith("-short.json")


@pytest.mark.parametrize("module", [machine, show])
def test_the_examples_in_docstrings_are_true(module):
    result = doctest.testmod(module)
    assert (result.failed, result.attempted > 0) == (0, True)


DENSITY = {
    **REPORT,
    "title": "DBSCAN",
    "task": "dbscan",
    "settings": {"n_clusters": 0, "parameters": {"eps": 0.7}},
    "goals": {"faster_than": {"scikit-learn": 12.0}},
    "engines": {
        name: {key: value for key, value in found.items() if key != "inertia"}
        | {"n_clusters": 12, "noise": 0.25}
        for name, found in (("fastcluster", OURS), ("scikit-learn", THEIRS))
    },
    "ratios": {
        "scikit-learn": {"wall": REPORT["ratios"]["scikit-learn"]["wall"], "cpu": {"median": 3.5}}
    },
}


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ({"rows_otherwise": 0}, "labels equal"),
        ({"rows_otherwise": 1200}, "1,200 rows otherwise"),
        ({"adjusted_rand": 0.5}, "adjusted Rand index 0.500"),
        ({"largest_relative_difference": 0.0}, "heights equal"),
        ({"largest_relative_difference": 1e-9}, "heights within 1e-09"),
        ({"difference": 0.0}, "score equal"),
    ],
)
def test_answers_without_inertia_are_shown_by_how_they_agree(kept, found, shown):
    report = copy.deepcopy(DENSITY)
    report["engines"]["scikit-learn"]["against_ours"] = found
    kept["levels"][0]["results"].append(report)
    text = table.markdown(kept)
    assert (
        "| DBSCAN | 43,700 x 384 | 100 ms, 12 clusters, 25 % noise "
        f"| 350 ms, 12 clusters, 25 % noise, **3.5x** (3.0x to 4.0x), {shown} |"
    ) in text
    line, miss = progress.line(report).splitlines()
    assert line.endswith(f"3.5x scikit-learn, {shown}")
    assert miss == "    short of the goal: 3.5x scikit-learn, goal 12x"
    assert "DBSCAN" in table.svg(kept)


def test_the_records_of_the_repository_can_still_be_shown():
    paths = sorted(keep.ROOT.glob("benches/record/*.json"))
    assert paths
    for path in paths:
        found = record.read(path)
        assert "inertia" in table.markdown(found)
        assert table.svg(found).startswith("<svg")
