"""Bundles to try things on: writing, reading, and scripts that save in a process of their own."""

import subprocess
import sys
import textwrap

import numpy as np

from fastcluster._bundle import read_bundle, write_bundle

ABOUT = {"format": "fastcluster-test", "version": [1, 0]}


def write(path, **arrays):
    write_bundle(path, ABOUT, arrays)


def read(path, **options):
    return read_bundle(path, format="fastcluster-test", version=(1, 0), **options)


def run_script(script, *arguments):
    """Run a script that needs a process of its own; it fails by its exit code."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=550,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# Saves whose arrays and description agree on one number, so that a mixture of two would show.
SAVING = """
import os, random, resource, signal, sys, time
from pathlib import Path
import numpy as np
from fastcluster._bundle import read_bundle, write_bundle

path = Path(sys.argv[1])

def save(number):
    arrays = {name: np.full(20_000, number) for name in ("a", "b", "c")}
    about = {"format": "fastcluster-test", "version": [1, 0], "number": number}
    write_bundle(path, about, arrays)

def load():
    bundle = read_bundle(path, format="fastcluster-test", version=(1, 0))
    numbers = {int(n) for array in bundle.arrays.values() for n in np.unique(array)}
    assert numbers == {bundle.description["number"]}, numbers
    return numbers.pop()

def in_a_child(work):
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    return child

def kill_within(child, delay, seed):
    # Callers lengthen or shorten the delay by what they find, so that about half of the
    # kills come before the end of a save, however fast the machine and its disk are.
    delay = random.Random(seed).uniform(0.0, delay)
    if delay > 1e-5:  # on one core even the shortest sleep may let the child do all its work
        time.sleep(delay)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""


def number_in(path):
    bundle = read(path)
    (number,) = {int(n) for array in bundle.arrays.values() for n in np.unique(array)}
    assert number == bundle.description["number"]
    return number


def save_number(path, number):
    arrays = {name: np.full(20_000, number) for name in "abc"}
    write_bundle(path, {**ABOUT, "number": number}, arrays)
