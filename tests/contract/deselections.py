"""Read deselections.toml: what of scikit-learn's tests and checks is expected to fail."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import sklearn
from packaging.specifiers import SpecifierSet

FILE = Path(__file__).with_name("deselections.toml")


@dataclass(frozen=True)
class Deselection:
    """One entry that applies to the installed scikit-learn."""

    id: str
    reason: str
    versions: str
    link: str
    estimators: tuple[str, ...] = ()

    def applies(self):
        return sklearn.__version__ in SpecifierSet(self.versions, prereleases=True)

    def matches(self, test_id):
        """Say whether the entry means this test: the very one, or all its parametrizations."""
        return test_id == self.id or test_id.partition("[")[0] == self.id


def read(kind, file=FILE):
    """Return the entries of a kind, "check" or "test", for this version of scikit-learn."""
    with file.open("rb") as stream:
        tables = tomllib.load(stream)
    unknown = set(tables) - {"check", "test"}
    if unknown:
        raise ValueError(f"{file} has unknown tables {sorted(unknown)}")
    entries = [
        Deselection(**{**table, "estimators": tuple(table.get("estimators", ()))})
        for table in tables.get(kind, ())
    ]
    return [entry for entry in entries if entry.applies()]
