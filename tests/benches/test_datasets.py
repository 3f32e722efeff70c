"""Vectors come from files, from the examples or from a generator."""

import numpy as np
import pytest
from benches.end_to_end import datasets, drawn
from benches.end_to_end.cases import DataSource

FILES = DataSource(files=("a.npy", "b.npy"))


@pytest.fixture
def folder(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(6, dtype=np.float16).reshape(3, 2))
    np.save(tmp_path / "b.npy", np.full((2, 2), 9, dtype=np.float16))
    return tmp_path


def test_files_are_joined_as_float32(folder):
    vectors = datasets.load(FILES, folder)
    assert vectors.source == "files"
    assert vectors.data.dtype == np.float32
    assert vectors.data.tolist() == [[0, 1], [2, 3], [4, 5], [9, 9], [9, 9]]
    assert datasets.load(FILES, folder, rows_max=4).data.shape == (4, 2)


def test_a_missing_file_gives_the_examples_and_says_so(folder):
    (folder / "b.npy").unlink()
    vectors = datasets.load(FILES, folder)
    assert (vectors.source, vectors.data.shape) == ("examples", (5000, 384))
    assert datasets.load(FILES, None).source == "examples"


def test_the_users_file_stands_in_for_files_but_not_for_mixtures(folder):
    mixture = DataSource(mixture={"n_samples": 10, "n_features": 3, "n_blobs": 2})
    assert datasets.load(FILES, None, file=folder / "b.npy").source == "b.npy"
    assert datasets.load(mixture, None, file=folder / "b.npy").data.shape == (10, 3)


def test_a_file_that_is_no_matrix_is_refused(folder):
    np.save(folder / "b.npy", np.zeros(3))
    with pytest.raises(ValueError, match="must be a 2-d array, got 1-d"):
        datasets.load(FILES, None, file=folder / "b.npy")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Keep drawn vectors in a folder of the test's own, drawn after few of the examples."""
    np.save(tmp_path / "examples.npy", np.load(datasets.EXAMPLE)[::8])
    monkeypatch.setattr(datasets, "EXAMPLE", tmp_path / "examples.npy")
    monkeypatch.setenv("FASTCLUSTER_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(drawn, "BLOCK_ROWS", 500)
    monkeypatch.setattr(drawn, "N_COMPONENTS", 10)
    return tmp_path / "cache"


def test_drawn_vectors_come_from_the_cache_the_second_time(cache, monkeypatch):
    source = DataSource(drawn={"n_samples": 1200, "n_features": 384})
    first = datasets.load(source, None)
    assert (first.source, first.data.shape) == ("drawn from examples", (1200, 384))
    assert first.data.dtype == np.float32
    (path,) = cache.iterdir()
    assert path.name.endswith("1200x384.npy")
    monkeypatch.setattr(drawn, "fit", None)
    assert np.array_equal(datasets.load(source, None).data, first.data)


def test_fewer_drawn_vectors_are_the_first_of_more(cache):
    source = DataSource(drawn={"n_samples": 1200, "n_features": 384})
    fewer = datasets.load(source, None, rows_max=700).data
    assert np.array_equal(fewer, datasets.load(source, None).data[:700])
    assert len(list(cache.iterdir())) == 2
    # Blocks do not repeat one another.
    assert not np.array_equal(fewer[:200], fewer[500:])


@pytest.mark.parametrize("n_features", [64, 384, 768])
def test_drawn_vectors_look_like_the_source(cache, n_features):
    source = DataSource(drawn={"n_samples": 2000, "n_features": n_features})
    X = datasets.load(source, None).data
    real = np.load(datasets.EXAMPLE).astype(np.float32)
    assert np.square(X).sum(axis=1).mean() == pytest.approx(1.0, rel=0.15)  # of unit length
    variance = np.square(X - X.mean(axis=0)).sum(axis=1).mean()
    assert variance == pytest.approx(
        np.square(real - real.mean(axis=0)).sum(axis=1).mean(), rel=0.2
    )


def test_a_draw_that_stops_halfway_leaves_nothing(cache, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(drawn, "draw", stop)
    with pytest.raises(KeyboardInterrupt):
        drawn.cached([datasets.EXAMPLE], 1200, 384)
    assert list(cache.iterdir()) == []


def test_a_source_may_be_the_first_rows_of_its_files(folder):
    source = DataSource(files=("a.npy", "b.npy"), rows_max=4)
    assert datasets.load(source, folder).data.tolist() == [[0, 1], [2, 3], [4, 5], [9, 9]]
    assert len(datasets.load(source, folder, rows_max=2).data) == 2
    assert len(datasets.load(source, folder, rows_max=9).data) == 4


def test_noise_lies_between_the_blobs_and_changes_no_other_row():
    mixture = {"n_samples": 2000, "n_features": 2, "n_blobs": 4, "spread": 50}
    blobs = datasets.load(DataSource(mixture=mixture), None).data
    noisy = datasets.load(DataSource(mixture={**mixture, "noise_percent": 10}), None).data
    moved = (blobs != noisy).any(axis=1)
    assert 150 < moved.sum() < 250
    assert (noisy.min(axis=0) >= blobs.min(axis=0)).all()
    assert (noisy.max(axis=0) <= blobs.max(axis=0)).all()
