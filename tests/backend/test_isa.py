"""`FASTCLUSTER_ISA` with a name that is none."""

import os
import subprocess
import sys

import pytest

TWO_FITS = "from fastcluster import KMeans; [KMeans(1).fit([[0.0], [1.0]]) for _ in range(2)]"


@pytest.mark.parametrize(("name", "n_warnings"), [("avx9", 1), ("avx2vnni", 0), ("", 0)])
def test_an_unknown_name_is_one_warning(name, n_warnings):
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", TWO_FITS],
        env={**os.environ, "FASTCLUSTER_ISA": name},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.count(f"RuntimeWarning: FASTCLUSTER_ISA={name!r}") == n_warnings
    assert done.stderr.count("avx512vnni") == n_warnings
