"""Vectors from .npy files."""

import numpy as np
import pytest

from fastcluster.data import read_vectors


def test_the_file_is_mapped_and_keeps_its_dtype(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(6, dtype=np.float16).reshape(3, 2))
    file = read_vectors(tmp_path / "x.npy")
    assert isinstance(file.values, np.memmap)
    assert (file.shape, file.dtype, file.columns) == ((3, 2), "float16", None)
    assert not file.values.flags.writeable


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros(3), r"2 dimensions \(rows, features\), got 1"),
        (np.zeros((2, 2, 2)), "got 3"),
        (np.array(["a", "b"])[:, None], "must hold numbers, got dtype <U1"),
        (np.zeros((2, 2), dtype=complex), "must hold numbers, got dtype complex128"),
    ],
)
def test_other_arrays_are_refused_with_the_way_out(tmp_path, array, message):
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(ValueError, match=message) as error:
        read_vectors(tmp_path / "x.npy")
    assert "\nhint: " in str(error.value)


def test_objects_are_not_unpickled(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("the file ran code",))

    np.save(tmp_path / "x.npy", np.array([[Bomb()]], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match=r"must be a complete \.npy file of numbers"):
        read_vectors(tmp_path / "x.npy")


@pytest.mark.parametrize("kept", [0, 5, 100, 200])
def test_a_truncated_file_is_refused(tmp_path, kept):
    path = tmp_path / "x.npy"
    np.save(path, np.zeros((10, 4)))
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match=r"must be a complete \.npy file of numbers"):
        read_vectors(path)


def test_columns_need_names(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((2, 2)))
    with pytest.raises(ValueError, match="needs a file with named columns"):
        read_vectors(tmp_path / "x.npy", columns=["a"])


def test_a_missing_file_a_folder_and_a_strange_suffix_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.npy does not exist"):
        read_vectors(tmp_path / "none.npy")
    with pytest.raises(FileNotFoundError, match="is a folder"):
        read_vectors(tmp_path)
    (tmp_path / "x.xlsx").write_text("")
    with pytest.raises(ValueError, match=r"must end in \.npy, \.csv or \.parquet, got '\.xlsx'"):
        read_vectors(tmp_path / "x.xlsx")


def test_another_format_is_refused_in_our_words(tmp_path):
    np.savez(tmp_path / "x.npz", np.zeros((2, 2)))
    (tmp_path / "x.npz").rename(tmp_path / "zip.npy")
    (tmp_path / "text.npy").write_text("1,2\n3,4\n")
    for name in ("zip.npy", "text.npy"):
        with pytest.raises(ValueError, match="does not begin as one") as error:
            read_vectors(tmp_path / name)
        assert "pickle" not in str(error.value)
