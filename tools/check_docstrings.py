"""Check the docstrings of everything public with numpydoc, by the settings in pyproject.toml.

usage: python tools/check_docstrings.py
"""

import inspect
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from numpydoc.validate import ERROR_MSGS, validate

import fastcluster

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"


def public_names() -> Iterator[str]:
    """Yield the functions and classes of the package, and the methods that its classes define."""
    for name in fastcluster.__all__:
        value = getattr(fastcluster, name)
        if inspect.ismodule(value):
            yield from (f"fastcluster.{name}.{part}" for part in value.__all__)
            continue
        yield f"fastcluster.{name}"
        if inspect.isclass(value):
            for method, function in inspect.getmembers(value, inspect.isfunction):
                if not method.startswith("_") and function.__module__.startswith("fastcluster."):
                    yield f"fastcluster.{name}.{method}"


def selected_codes() -> set[str]:
    """Return the checks that are on: "all" turns the list into exceptions, as numpydoc does."""
    with PYPROJECT.open("rb") as file:
        checks = set(tomllib.load(file)["tool"]["numpydoc_validation"]["checks"])
    return set(ERROR_MSGS) - checks if "all" in checks else checks


def complaints() -> list[str]:
    """Return one line for each fault."""
    codes = selected_codes()
    return [
        f"{name}: {code} {message}"
        for name in public_names()
        for code, message in validate(name)["errors"]
        if code in codes
    ]


if __name__ == "__main__":
    found = complaints()
    print("\n".join(found) or "docstrings: complete")
    sys.exit(bool(found))
