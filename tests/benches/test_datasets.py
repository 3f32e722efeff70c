"""Vectors come from files, from the examples or from a generator; starts are reproducible."""

from dataclasses import replace

import numpy as np
import pytest
from benches.end_to_end import datasets
from benches.end_to_end.cases import DataSource, read_plan

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


def test_start_rows_are_distinct_and_the_same_each_time(cases_file):
    case = replace(read_plan(cases_file).cases[0], n_clusters=3)
    X = np.repeat(np.eye(3, dtype=np.float32), 50, axis=0)
    start = datasets.start_centers(X, case)
    assert sorted(start.tolist()) == sorted(np.eye(3).tolist())
    assert np.array_equal(start, datasets.start_centers(X, case))
    with pytest.raises(ValueError, match="n_clusters=4 needs as many distinct rows, got 3"):
        datasets.start_centers(X, replace(case, n_clusters=4))


def test_start_means_are_those_of_lloyd_iterations(cases_file):
    case = replace(read_plan(cases_file).cases[1], n_clusters=2)
    X = np.array([[0.0], [2.0], [10.0], [14.0]], dtype=np.float32)
    assert sorted(datasets.start_centers(X, case).ravel().tolist()) == [1.0, 12.0]
