"""The progress bar of long fits."""

import sys

import numpy as np
import pytest

import fastcluster as fc

X = np.random.default_rng(0).normal(size=(400, 4))


@pytest.fixture(params=["with rich", "without rich"])
def rich(request, monkeypatch):
    """Run a test with rich, and as if it were not installed."""
    if request.param == "without rich":
        monkeypatch.setitem(sys.modules, "rich.progress", None)
    else:
        pytest.importorskip("rich")


@pytest.mark.parametrize(
    "model",
    [fc.KMeans(5, random_state=0, n_init=2), fc.MiniBatchKMeans(5, random_state=0, batch_size=50)],
)
def test_a_bar_on_stderr_when_it_is_asked_for(rich, model, capsys):
    model.fit(X)
    assert capsys.readouterr() == ("", "")
    with fc.config_context(show_progress=True):
        model.fit(X)
    out, err = capsys.readouterr()
    assert out == ""
    assert type(model).__name__ in err
    assert "inertia" in err
    assert err.endswith("\n")


def test_the_bar_is_closed_when_the_fit_fails(rich, capsys, monkeypatch):
    class Broken:
        def write(self, text):
            raise OSError

        def flush(self):
            pass

    fc.set_config(show_progress=True)
    monkeypatch.setattr("sys.stdout", Broken())
    with pytest.raises(OSError):  # noqa: PT011 - the error has no text
        fc.KMeans(5, random_state=0, verbose=1).fit(X)
    monkeypatch.undo()
    with fc.config_context(show_progress=True):
        fc.KMeans(2, random_state=0).fit(X)
    assert "KMeans" in capsys.readouterr().err
