"""Every name of CuPy that is used is there: in the stand-in, and in CuPy where it is installed."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from fastcluster._backend.gpu.runtime import _cupy

FOLDER = Path(_cupy.__file__).parents[1]
OURS = {"host", "flat", "n_releases", "take", "give", "put", "drain"}
"""Of the stand-in's classes: for itself."""
PLAYED = (
    "cupy", "cupy.cuda", "cupy.cuda.runtime", "cupy.cuda.memory", "cupyx", "cupy:ndarray",
    "cupy:RawModule", "cupy.cuda:Device", "cupy.cuda:Stream", "cupy.cuda:Event",
    "cupy.cuda:MemoryPool", "cupy.cuda:MemoryPointer",
)  # fmt: skip
"""Modules and classes of the stand-in."""


def chain_of(node, aliases):
    """Return the path of `cp.a.b`, `cupy().a.b` or an alias of one; None of anything else."""
    if isinstance(node, ast.Attribute):
        owner = chain_of(node.value, aliases)
        return None if owner is None else f"{owner}.{node.attr}".lstrip(".")
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "cupy":
        return ""
    return aliases.get(node.id) if isinstance(node, ast.Name) else None


def names_in(tree):
    """Return the paths below CuPy that a module uses."""
    aliases = {"cp": ""}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute | ast.Tuple):
            names, values = node.targets[0], node.value
            pairs = (
                zip(names.elts, values.elts, strict=False)
                if isinstance(names, ast.Tuple) and isinstance(values, ast.Tuple)
                else [(names, values)]
            )
            for name, value in pairs:
                path = chain_of(value, aliases) if isinstance(value, ast.Attribute) else None
                if path and isinstance(name, ast.Name):
                    aliases[name.id] = path
    found = (chain_of(node, aliases) for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    return {path for path in found if path}


def used():
    """Return all paths below CuPy that the package uses."""
    trees = (ast.parse(path.read_text()) for path in sorted(FOLDER.rglob("*.py")))
    return sorted(set().union(*(names_in(tree) for tree in trees)))


def missing(module, paths):
    """Return the paths that a module lacks; what an array or a number has is not looked up."""
    lost = []
    for path in paths:
        part = module
        for name in path.split("."):
            if not hasattr(part, name):
                lost.append(path)
                break
            part = getattr(part, name)
            if not isinstance(part, type(sys)):
                break
    return lost


def test_names_are_read_from_sources():
    source = "\n".join(
        [
            "cp = cupy()",
            "runtime = cupy().cuda.runtime",
            "runtime.memGetInfo()",
            "x = cp.empty(3).sum()",
            "a, b = cp.cuda, 1",
            "a.Device(0)",
            "other.name",
        ]
    )
    found = names_in(ast.parse(source))
    assert {"cuda.runtime", "cuda.runtime.memGetInfo", "empty", "cuda.Device"} <= found
    assert not any("name" in path or "sum" in path for path in found)
    assert missing(sys, ["path", "no_such_name", "path.anything"]) == ["no_such_name"]


def test_the_stand_in_has_every_name_that_is_used(standin):
    cupy = importlib.import_module("cupy")
    assert len(used()) > 10
    assert missing(cupy, used()) == []
    cublas = importlib.import_module("cupy_backends.cuda.libs.cublas")
    assert missing(cublas, _cupy.CUBLAS_NAMES) == []


QUESTION = """
import importlib, sys
kind, *names = sys.argv[1:]
try:
    module, _, name = kind.partition(":")
    owner = importlib.import_module(module)
    owner = getattr(owner, name) if name else owner
except ImportError as error:
    print("absent", error)
    sys.exit()
for name in names:
    try:
        part = owner
        for piece in name.split("."):
            part = getattr(part, piece)
            if not isinstance(part, type(sys)):
                break
    except AttributeError:
        print("missing", kind, name)
"""


def asked(kind, names):
    """Ask the real CuPy, in a process of its own; skip where it is not installed."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", QUESTION, kind, *names],
        capture_output=True,
        text=True,
        check=True,
    )
    if done.stdout.startswith("absent"):
        pytest.skip("needs CuPy: " + done.stdout.split("\n")[0])
    return done.stdout.splitlines()


def test_cupy_has_every_name_that_is_used():
    assert asked("cupy", used()) == []


def test_cupys_binding_of_cublas_has_every_name_that_is_used():
    assert asked("cupy_backends.cuda.libs.cublas", _cupy.CUBLAS_NAMES) == []


@pytest.mark.parametrize("kind", PLAYED)
def test_cupy_has_every_name_that_the_stand_in_plays(standin, kind):
    module, _, name = kind.partition(":")
    owner = importlib.import_module(module)
    owner = getattr(owner, name) if name else owner
    names = [name for name in vars(owner) if not name.startswith("_") and name not in OURS]
    assert names
    assert asked(kind, names) == []
