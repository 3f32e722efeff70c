"""The bundle from Python: every dtype and shape comes back, and what is no bundle is refused.

Damage and hostile manifests are tried exhaustively in Rust, in `bundle/tests/`.
"""

import json
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from bundles import ABOUT, read, run_script, write
from fastcluster._bundle import write_bundle
from fastcluster.exceptions import BundleError

DTYPES = ["?", *(kind + size for kind in "iu" for size in "1248"), "f2", "f4", "f8", "bfloat16"]


@pytest.mark.parametrize("mmap", [True, False])
@pytest.mark.parametrize("name", DTYPES)
def test_every_dtype_comes_back_bit_for_bit(tmp_path, name, mmap):
    dtype = np.dtype(ml_dtypes.bfloat16 if name == "bfloat16" else name)
    array = np.arange(-20, 40).reshape(3, 4, 5).astype(dtype)
    write(tmp_path / "b", x=array)
    found = read(tmp_path / "b", mmap=mmap).arrays["x"]
    assert type(found) is np.ndarray
    assert found.dtype == dtype
    assert found.shape == array.shape
    assert found.tobytes() == array.tobytes()
    assert found.flags.writeable is not mmap


@pytest.mark.parametrize("shape", [(), (0,), (0, 5), (1,), (3, 0, 2), (1,) * 8])
def test_every_shape_comes_back(tmp_path, shape):
    array = np.full(shape, 0.1)
    write(tmp_path / "b", x=array)
    for mmap in (True, False):
        found = read(tmp_path / "b", mmap=mmap).arrays["x"]
        assert found.shape == shape
        np.testing.assert_array_equal(found, array)


def test_any_layout_is_stored_and_mapped_data_is_aligned(tmp_path):
    base = np.arange(600, dtype=np.float32).reshape(20, 30)
    np.save(tmp_path / "mapped.npy", base)
    frozen = base.copy()
    frozen.flags.writeable = False
    layouts = {
        "fortran": np.asfortranarray(base),
        "big_endian": base.astype(">f4"),
        "strided": np.repeat(base, 2, axis=1)[:, ::2],
        "reversed": base[::-1, ::-1].copy()[::-1, ::-1],
        "read_only": frozen,
        "mapped": np.load(tmp_path / "mapped.npy", mmap_mode="r"),
    }
    write(tmp_path / "b", **layouts)
    arrays = read(tmp_path / "b").arrays
    assert set(arrays) == set(layouts)
    for array in arrays.values():
        np.testing.assert_array_equal(array, base)
        assert array.dtype.str == "<f4"
        assert array.flags.c_contiguous
        assert array.ctypes.data % 64 == 0


def test_numpy_alone_reads_the_segments(tmp_path):
    write(tmp_path / "b", x=np.eye(3))
    (file,) = (tmp_path / "b").glob("*-x.npy")
    np.testing.assert_array_equal(np.load(file), np.eye(3))
    record = json.loads((tmp_path / "b" / "manifest.json").read_text())["segments"]["x"]
    assert record["file"] == file.name
    assert (record["dtype"], record["shape"], record["bytes"]) == ("<f8", [3, 3], 72)


def test_floats_in_the_description_come_back_to_the_last_bit(tmp_path):
    numbers = np.random.default_rng(0).standard_normal(500) * 10.0 ** np.arange(-250, 250)
    write_bundle(tmp_path / "b", {**ABOUT, "numbers": numbers.tolist()}, {})
    assert read(tmp_path / "b").description["numbers"] == numbers.tolist()


@pytest.mark.parametrize(
    ("about", "arrays", "reason"),
    [
        (ABOUT, {"x": np.array([object()])}, "has dtype object"),
        (ABOUT, {"x": np.zeros(2, dtype=complex)}, "has dtype complex128"),
        (ABOUT, {"x": np.zeros(2, dtype="f4,i4")}, "stores booleans, integers and floats"),
        (ABOUT, {"../x": np.zeros(2)}, "must be named in letters"),
        (ABOUT, {"x": np.zeros((1,) * 9)}, "over 8 dimensions"),
        ({**ABOUT, "x": float("nan")}, {}, "not JSON compliant"),
        ({**ABOUT, "x": object()}, {}, "not JSON serializable"),
        ({**ABOUT, "segments": {}}, {}, 'the key "segments" occurs twice'),
        ({"format": "fastcluster-test"}, {}, "states no format and version"),
    ],
)
def test_what_cannot_be_stored_is_refused_and_nothing_is_written(tmp_path, about, arrays, reason):
    with pytest.raises(BundleError, match=reason):
        write_bundle(tmp_path / "b", about, arrays)
    assert list(tmp_path.iterdir()) == []


def test_system_errors_keep_their_class_and_path(tmp_path):
    with pytest.raises(FileNotFoundError) as missing:
        read(tmp_path / "b")
    assert missing.value.filename == str(tmp_path / "b")
    with pytest.raises(FileNotFoundError) as nowhere:
        write(tmp_path / "missing" / "b", x=np.zeros(2))
    assert nowhere.value.filename == str(tmp_path / "missing" / "b")


def test_what_is_no_bundle_is_refused_both_ways(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"\x80\x04N.")
    with pytest.raises(BundleError, match="is not a bundle: it is a file\nhint:"):
        read(file)
    with pytest.raises(BundleError, match="is a file, and a save replaces only bundles\nhint:"):
        write(file, x=np.zeros(2))
    with pytest.raises(BundleError, match="a directory without manifest"):
        read(tmp_path)
    with pytest.raises(BundleError, match="is a directory with other files"):
        write(tmp_path, x=np.zeros(2))
    assert file.read_bytes() == b"\x80\x04N."
    assert list(tmp_path.iterdir()) == [file]


def test_damage_is_found_unless_verify_is_off(tmp_path):
    write(tmp_path / "b", x=np.zeros(100))
    (file,) = (tmp_path / "b").glob("*-x.npy")
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + b"\x01")
    with pytest.raises(BundleError, match=r"is damaged: its checksum is \w+, expected \w+\nhint:"):
        read(tmp_path / "b")
    assert read(tmp_path / "b", verify=False).arrays["x"][-1] != 0
    file.write_bytes(whole[:-1])
    for verify in (True, False):
        with pytest.raises(BundleError, match=r"bytes long, expected \d+: it was cut short"):
            read(tmp_path / "b", verify=verify)


def test_an_open_bundle_survives_its_replacement(tmp_path):
    write(tmp_path / "b", x=np.full(5000, 1))
    old = read(tmp_path / "b").arrays["x"]
    write(tmp_path / "b", x=np.full(5000, 2))
    assert set(old.tolist()) == {1}
    assert set(read(tmp_path / "b").arrays["x"].tolist()) == {2}


def test_permissions_follow_the_umask(tmp_path):
    run_script(
        """
        import os, stat, sys
        import numpy as np
        from fastcluster._bundle import write_bundle
        os.umask(0o027)
        about = {"format": "fastcluster-test", "version": [1, 0]}
        write_bundle(sys.argv[1], about, {"x": np.zeros(2)})
        modes = {stat.S_IMODE(os.stat(sys.argv[1]).st_mode)}
        assert modes == {0o750}, modes
        modes = {stat.S_IMODE(entry.stat().st_mode) for entry in os.scandir(sys.argv[1])}
        assert modes == {0o640}, modes
        """,
        tmp_path / "b",
    )


def test_a_bundle_is_found_through_a_link_and_a_relative_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("b", x=np.zeros(2))
    Path("latest").symlink_to("b")
    write("latest/", x=np.ones(2))
    assert Path("latest").is_symlink()
    assert read(Path("b")).arrays["x"].tolist() == [1.0, 1.0]
