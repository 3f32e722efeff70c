"""The comparison on a user's own vectors keeps a record, and shows it."""

import numpy as np
import pytest

from fastcluster.bench import own, record
from fastcluster.bench.trial import Work


@pytest.fixture
def kept(fake_engines):
    X = np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32)
    return own.run(
        X,
        Work("lloyd", 5, max_iter=3, tol=0.0),
        names=("fastcluster", "faiss"),
        repeats=2,
        n_threads=1,
        source="x.npy",
        command="fastcluster bench x.npy -k 5",
        memory=False,
    )


def test_the_record_can_be_read_back(kept, tmp_path):
    (tmp_path / "r.json").write_text(record.dumps(kept), encoding="utf-8")
    assert record.read(tmp_path / "r.json") == kept
    (report,) = kept["levels"][0]["results"]
    assert report["data"] == {"source": "x.npy", "n_samples": 300, "n_features": 4}
    assert report["settings"]["start"] == "rows"
    assert set(report["engines"]) == {"fastcluster", "faiss"}
    assert "commit" not in kept


def test_the_table_says_what_ran_where(kept):
    text = own.markdown(kept)
    assert "| 3 Lloyd iterations, 5 clusters | 300 x 4 |" in text
    assert "1 threads for every engine" in text
    assert "`fastcluster bench x.npy -k 5`" in text


def test_engines_are_chosen_by_name_and_this_library_is_always_there():
    assert own.chosen_engines(None)[0] == "fastcluster"
    assert own.chosen_engines(["faiss", "faiss"]) == ("fastcluster", "faiss")
    with pytest.raises(ValueError, match="--engines=fais must be known\nhint: one of fastcluster"):
        own.chosen_engines(["fais"])
