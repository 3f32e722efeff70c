"""The list of deselections is strict, and complete in what it says."""

import deselections
import pytest

ENTRY = """
[[test]]
id = "module::test_a"
reason = "why"
versions = "{versions}"
link = "https://example.org/1"
"""


@pytest.mark.parametrize("kind", ["check", "test"])
def test_every_entry_gives_its_reason_and_link(kind):
    for entry in deselections.read(kind):
        assert entry.reason.strip()
        assert entry.link.startswith("https://")


@pytest.mark.parametrize(("versions", "n_entries"), [(">=1.0", 1), ("<1.0", 0)])
def test_version_condition(tmp_path, versions, n_entries):
    file = tmp_path / "list.toml"
    file.write_text(ENTRY.format(versions=versions))
    assert len(deselections.read("test", file)) == n_entries
    assert deselections.read("check", file) == []


@pytest.mark.parametrize(
    ("test_id", "meant"),
    [
        ("module::test_a", True),
        ("module::test_a[42]", True),
        ("module::test_ab", False),
        ("other::test_a", False),
    ],
)
def test_id_without_brackets_means_every_parametrization(tmp_path, test_id, meant):
    file = tmp_path / "list.toml"
    file.write_text(ENTRY.format(versions=">=1.0"))
    (entry,) = deselections.read("test", file)
    assert entry.matches(test_id) is meant


def test_unknown_table_or_key(tmp_path):
    file = tmp_path / "list.toml"
    file.write_text("[[tests]]\nid = 'a'\n")
    with pytest.raises(ValueError, match="unknown tables"):
        deselections.read("test", file)
    file.write_text(ENTRY.format(versions=">=1.0") + "reson = 'typo'\n")
    with pytest.raises(TypeError, match="reson"):
        deselections.read("test", file)
