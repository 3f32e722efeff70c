"""What a reader must know before believing a record is noted in it."""

import pytest
from benches.end_to_end import notes


def kept(shares=(), load=0.0, **report):
    results = [{"case": "c", "measure": "time", "others_cpu_share": share} for share in shares]
    if report:
        results.append({"case": "c", **report})
    return {
        "machine": {"load_average": [load, 0.0, 0.0]},
        "levels": [{"level": "native", "software": {"fastcluster": {}}, "results": results}],
    }


@pytest.mark.parametrize(
    ("shares", "load", "quiet"),
    [
        ((0.01, 0.02), 0.0, True),
        # The load average lags behind: what was measured counts.
        ((0.01, 0.02), 4.0, True),
        ((0.01, 0.30), 0.0, False),
        ((None,), 0.1, True),
        ((None,), 4.0, False),
    ],
)
def test_one_disturbed_case_disturbs_the_run(shares, load, quiet):
    found = kept(shares, load)
    assert notes.is_quiet(found) == quiet
    assert any("do not quote these ratios" in note for note in notes.all_notes(found)) != quiet


def test_what_a_reader_must_know_is_noted():
    assert notes.all_notes(kept()) == []
    (note,) = notes.all_notes(kept(measure="skipped", reason="too few rows"))
    assert note == "c was skipped: too few rows"
    (note,) = notes.all_notes(kept(measure="time", data={"source": "examples"}))
    assert "5,000 example embeddings" in note
    found = kept()
    found["levels"].append({"software": {"fastcluster": {"core_sha256": "0"}}, "results": []})
    found["levels"][1]["failed"] = "the worker of level avx2 ended with status -11"
    assert "different builds" in notes.all_notes(found)[0]
    assert notes.all_notes(found)[1] == "the worker of level avx2 ended with status -11"
