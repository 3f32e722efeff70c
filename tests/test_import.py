"""What `import fastcluster` loads, and what it leaves until it is used."""

import subprocess
import sys

import pytest

import fastcluster as fc

EXTRAS = {
    "cupy", "dask", "faiss", "fastapi", "hypothesis", "jinja2", "matplotlib", "ml_dtypes", "pandas",
    "polars", "pyarrow", "rich", "seaborn", "torch", "typer",
}  # fmt: skip


def modules_after(code):
    """Return the modules that `code` loads on top of `sklearn.base`, and all that are loaded."""
    script = f"""
import sys
import sklearn.base
before = set(sys.modules)
{code}
print(" ".join(set(sys.modules) - before))
print(" ".join(sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=True
    )
    new, loaded = done.stdout.splitlines()
    return set(new.split()), set(loaded.split())


@pytest.mark.parametrize("code", ["import fastcluster", "from fastcluster import KMeans"])
def test_no_extra_and_no_clustering_of_others_is_loaded(code):
    new, loaded = modules_after(code)
    assert "fastcluster" in new
    assert not EXTRAS & {name.partition(".")[0] for name in new}
    assert not {name for name in loaded if name.startswith(("sklearn.cluster", "scipy.cluster"))}


def test_import_alone_does_not_load_the_core():
    new, _ = modules_after("import fastcluster; fastcluster.set_config(n_jobs=1)")
    assert "fastcluster._core" not in new


@pytest.mark.parametrize("name", fc.__all__)
def test_every_public_name_exists_and_is_listed(name):
    assert getattr(fc, name) is getattr(fc, name)
    assert name in dir(fc)


def test_version_is_that_of_the_distribution():
    assert fc.__version__.split(".")[0].isdecimal()


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'KMedians'"):
        fc.KMedians  # noqa: B018 - the access is the test
    with pytest.raises(ImportError):
        from fastcluster import KMedians  # noqa: F401
