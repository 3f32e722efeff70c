"""Settings: where they come from, how long they hold, what they refuse."""

import threading

import pytest

import fastcluster as fc


def test_defaults():
    assert fc.get_config() == {
        "n_jobs": None,
        "device": "auto",
        "show_progress": False,
        "memory_limit": None,
        "gpu_search": "exact",
    }


def test_set_config_changes_only_what_is_passed():
    fc.set_config(n_jobs=2)
    fc.set_config(show_progress=True)
    assert fc.get_config()["n_jobs"] == 2
    assert fc.get_config()["show_progress"] is True
    fc.set_config(n_jobs=None)
    assert fc.get_config()["n_jobs"] is None


def test_changing_the_returned_dict_changes_nothing():
    fc.get_config()["n_jobs"] = 5
    assert fc.get_config()["n_jobs"] is None


def test_a_context_ends_with_its_block():
    fc.set_config(n_jobs=3)
    with fc.config_context(n_jobs=1, device="cpu"):
        with fc.config_context(n_jobs=2):
            assert fc.get_config()["n_jobs"] == 2
            assert fc.get_config()["device"] == "cpu"
        assert fc.get_config()["n_jobs"] == 1
    assert fc.get_config()["n_jobs"] == 3
    assert fc.get_config()["device"] == "auto"


def test_a_context_ends_with_an_error():
    with pytest.raises(ZeroDivisionError), fc.config_context(n_jobs=1):
        1 / fc.get_config()["show_progress"]
    assert fc.get_config()["n_jobs"] is None


def test_set_config_holds_for_other_threads_and_a_context_does_not():
    seen = {}
    fc.set_config(n_jobs=3)
    with fc.config_context(device="cpu"):
        thread = threading.Thread(target=lambda: seen.update(fc.get_config()))
        thread.start()
        thread.join()
    assert seen["n_jobs"] == 3
    assert seen["device"] == "auto"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("n_jobs", "3", 3),
        ("n_jobs", "-1", -1),
        ("device", "cpu", "cpu"),
        ("show_progress", "1", True),
        ("show_progress", "Off", False),
        ("memory_limit", "4GiB", 4 * 2**30),
        ("memory_limit", " 500 MB ", 500_000_000),
        ("memory_limit", "1.5k", 1500),
        ("memory_limit", "1048576", 1048576),
        ("memory_limit", "", None),
        ("gpu_search", "faiss", "faiss"),
    ],
)
def test_the_environment_gives_the_value_until_set_config_does(monkeypatch, name, text, value):
    monkeypatch.setenv(f"FASTCLUSTER_{name.upper()}", text)
    assert fc.get_config()[name] == value
    other = {
        "n_jobs": 7,
        "device": "auto",
        "show_progress": not value,
        "memory_limit": 12,
        "gpu_search": "exact",
    }[name]
    fc.set_config(**{name: other})
    assert fc.get_config()[name] == other


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("n_jobs", "many"),
        ("n_jobs", "0"),
        ("device", "gpu"),
        ("show_progress", "maybe"),
        ("memory_limit", "4 bananas"),
        ("memory_limit", "0"),
        ("gpu_search", "cuvs"),
    ],
)
def test_a_wrong_variable_is_named_with_its_value_and_a_way_out(monkeypatch, name, text):
    variable = f"FASTCLUSTER_{name.upper()}"
    monkeypatch.setenv(variable, text)
    with pytest.raises(ValueError, match=rf"{variable}=.*{text}.*must be[\s\S]*\nhint: "):
        fc.get_config()


@pytest.mark.parametrize(
    "change",
    [
        {"n_jobs": 0},
        {"n_jobs": 1.5},
        {"n_jobs": True},
        {"device": "tpu"},
        {"device": None},
        {"show_progress": 1},
        {"memory_limit": -1},
        {"memory_limit": True},
        {"memory_limit": "lots"},
        {"gpu_search": None},
        {"gpu_search": "approximate"},
    ],
)
def test_a_wrong_value_is_refused_and_nothing_is_changed(change):
    (name,) = change
    before = fc.get_config()
    good = {"device": "cpu"} if name != "device" else {"n_jobs": 2}
    with pytest.raises(ValueError, match=rf"{name}=.* must be[\s\S]*\nhint: "):
        fc.set_config(**good, **change)
    assert fc.get_config() == before
