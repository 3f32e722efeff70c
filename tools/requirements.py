"""Print what pip has to install for some extras of this project, without building the project.

usage: python tools/requirements.py EXTRA [EXTRA ...]
"""

import re
import sys
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"


def requirements(project: dict, extras: list[str]) -> list[str]:
    """Return what the project and its extras require; an extra may name other extras."""
    found = list(project["dependencies"])
    itself = re.compile(rf"{re.escape(project['name'])}\[(.*)\]")
    for extra in extras:
        for requirement in project["optional-dependencies"][extra]:
            inner = itself.fullmatch(requirement)
            found += requirements(project, inner[1].split(",")) if inner else [requirement]
    return list(dict.fromkeys(found))


if __name__ == "__main__":
    with PYPROJECT.open("rb") as file:
        print("\n".join(requirements(tomllib.load(file)["project"], sys.argv[1:])))
