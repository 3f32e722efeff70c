"""Vectors from .csv and .parquet files."""

import numpy as np
import pytest

from fastcluster.data import read_vectors

pa = pytest.importorskip("pyarrow", reason="the extra [table] is not installed")
parquet = pytest.importorskip("pyarrow.parquet", reason="the extra [table] is not installed")


def write_csv(folder, text):
    path = folder / "table.csv"
    path.write_text(text)
    return path


def write_parquet(folder, **columns):
    path = folder / "table.parquet"
    parquet.write_table(pa.table(columns), path)
    return path


def test_numeric_columns_are_used_and_the_others_are_reported(tmp_path):
    file = read_vectors(write_csv(tmp_path, "name,a,b\nx,1,2.5\ny,3,4\n"))
    assert file.columns == ("a", "b")
    assert file.left_out == ("name (string)",)
    assert file.dtype == "float64"
    np.testing.assert_array_equal(np.asarray(file.values), [[1, 2.5], [3, 4]])


def test_columns_are_taken_in_the_order_asked_for(tmp_path):
    file = read_vectors(write_csv(tmp_path, "a,b,c\n1,2,3\n"), columns=["c", "a"])
    np.testing.assert_array_equal(np.asarray(file.values), [[3, 1]])


@pytest.mark.parametrize(
    ("text", "n_rows"),
    [
        ("0.5,1.5\n2,3\n", 2),  # numpy.savetxt: no names
        ("0,1\n2,3\n", 1),  # pandas: numbered columns
        ("1,2\n2,3\n", 1),
        ("1,3\n2,3\n", 2),
    ],
)
def test_a_first_line_of_numbers_is_data_unless_it_counts_the_columns(tmp_path, text, n_rows):
    assert read_vectors(write_csv(tmp_path, text)).shape == (n_rows, 2)


def test_a_column_without_a_name_is_a_row_number(tmp_path):
    file = read_vectors(write_csv(tmp_path, ",a\n0,5\n1,6\n"))
    assert file.columns == ("a",)
    assert file.left_out == ("(no name) (int64)",)


@pytest.mark.parametrize("gap", ["", "NaN"])
def test_missing_values_are_counted_and_their_column_is_named(tmp_path, gap):
    path = write_csv(tmp_path, f"a,b\n1,2.5\n3,{gap}\n4,{gap}\n")
    with pytest.raises(ValueError, match=r"column 'b' of .* must have no missing values, got 2"):
        read_vectors(path)
    assert read_vectors(path, columns=["a"]).shape == (3, 1)


def test_nan_in_a_parquet_file_is_a_missing_value(tmp_path):
    path = write_parquet(tmp_path, a=[1.0, float("nan"), None])
    with pytest.raises(ValueError, match=r"column 'a' of .* got 2 in 3 rows"):
        read_vectors(path)


def test_small_number_types_stay_float32(tmp_path):
    path = write_parquet(
        tmp_path, a=pa.array([1, 2], pa.float32()), b=pa.array([1, 255], pa.uint8())
    )
    assert read_vectors(path).dtype == "float32"


@pytest.mark.parametrize("kind", [pa.list_(pa.float32()), pa.list_(pa.float32(), 2)])
def test_a_column_of_vectors_wins_over_numbers(tmp_path, kind):
    path = write_parquet(tmp_path, id=[7, 8], vector=pa.array([[1, 2], [3, 4]], kind))
    file = read_vectors(path)
    assert file.values.dtype == np.float32
    np.testing.assert_array_equal(file.values, [[1, 2], [3, 4]])
    assert file.left_out == ("id (int64)",)


def test_vectors_of_several_lengths_or_with_gaps_are_refused(tmp_path):
    with pytest.raises(ValueError, match="vectors of one length, got 1 to 2"):
        read_vectors(write_parquet(tmp_path, v=[[1.0, 2.0], [3.0]]))
    with pytest.raises(ValueError, match=r"column 'v' of .* must have no missing values, got 1"):
        read_vectors(write_parquet(tmp_path, v=[[1.0, None], [3.0, 4.0]]))
    with pytest.raises(ValueError, match=r"column 'v' of .* must have no missing values, got 1"):
        read_vectors(write_parquet(tmp_path, v=[[1.0, 2.0], None]))


def test_a_column_that_cannot_be_used_is_named(tmp_path):
    path = write_csv(tmp_path, "a,name\n1,x\n")
    with pytest.raises(ValueError, match=r"got 'z'\nhint: it has a \(int64\), name \(string\)"):
        read_vectors(path, columns=["z"])
    with pytest.raises(ValueError, match="must be numeric, got 'name' of type string"):
        read_vectors(path, columns=["name"])


def test_a_table_without_numbers_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"at least one numeric column, got name \(string\)"):
        read_vectors(write_csv(tmp_path, "name\nx\n"))


def test_repeated_names_are_refused(tmp_path):
    with pytest.raises(ValueError, match="must name each column once, got 'a' more than once"):
        read_vectors(write_csv(tmp_path, "a,a\n1,2\n"))


@pytest.mark.parametrize(("name", "content"), [("x.csv", "a,b\n1\n"), ("x.parquet", "no")])
def test_a_broken_file_is_refused_in_one_clear_error(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=r"FILE=.* must hold (comma|Parquet)"):
        read_vectors(tmp_path / name)


def test_an_empty_csv_is_refused(tmp_path):
    with pytest.raises(ValueError, match="must hold comma-separated values"):
        read_vectors(write_csv(tmp_path, ""))
