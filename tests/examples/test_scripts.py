"""The example scripts run and say what they found."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"

ARGUMENTS = {
    "cluster_sentences.py": [],
    "drop_in.py": [],
    "larger_than_memory.py": ["20000"],
}


def run(script, folder):
    command = [sys.executable, "-W", "error", str(EXAMPLES / script), *ARGUMENTS[script]]
    done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_script_is_tested():
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(ARGUMENTS)


def test_sentences_of_an_intent_share_a_cluster(tmp_path):
    agreement = re.search(r"adjusted Rand\): (0\.\d+)", run("cluster_sentences.py", tmp_path))
    # scikit-learn's KMeans reaches 0.65 to 0.67; chance gives 0.
    assert float(agreement[1]) > 0.5


def test_code_for_scikit_learn_gives_the_same_under_the_patch(tmp_path):
    lines = run("drop_in.py", tmp_path).splitlines()
    assert lines[0].startswith("sklearn.cluster")
    assert lines[1].startswith("fastcluster.cluster")
    assert float(re.search(r"([\d.]+)% of the rows", lines[2])[1]) > 99


def test_a_mapped_file_is_clustered(tmp_path):
    output = run("larger_than_memory.py", tmp_path)
    assert output.startswith("20,000 rows, 15 MB on disk")
    numbers = re.findall(r": (0\.\d{4})$", output, flags=re.MULTILINE)
    fitted, streamed, exact = (float(number) for number in numbers)
    # A single center leaves 0.95.
    assert 0.4 < exact < fitted < streamed < 0.65
    limit, added = re.search(r"memory_limit (\d+) MB: the fit added (\d+) MB", output).groups()
    assert int(added) <= int(limit) + 8, "8 MB for what Python and the threads take"


@pytest.mark.parametrize("name", ["vectors.npy", "texts.txt", "ATTRIBUTION.md"])
def test_the_data_of_the_examples_is_small_and_attributed(name):
    assert 0 < (EXAMPLES / "data" / "clinc150" / name).stat().st_size < 5_000_000
