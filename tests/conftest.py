"""What all tests share."""

import os
import sys
from pathlib import Path

import hypothesis
import numpy as np
import pytest

# Tests are imported by path; this makes `import oracle` work in all of them.
sys.path.insert(0, str(Path(__file__).parent))

# A slow or busy machine is no failure.
PATIENT = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}

hypothesis.settings.register_profile("default", max_examples=40, derandomize=True, **PATIENT)
hypothesis.settings.register_profile("all", max_examples=1000, **PATIENT)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(autouse=True)
def fresh_settings(monkeypatch):
    """Give each test the default settings, whatever the environment says, and undo its changes."""
    from fastcluster import _config

    for name in _config.get_config():
        monkeypatch.delenv(f"FASTCLUSTER_{name.upper()}", raising=False)
    monkeypatch.setattr(_config, "_process_wide", {})


@pytest.fixture(autouse=True)
def same_numbers():
    """Let what is drawn without a `random_state` be the same each time, whatever ran before."""
    np.random.seed(0)  # noqa: NPY002 - it is NumPy's global generator that estimators draw from


@pytest.fixture(scope="session")
def data_folder():
    """Return the folder of larger data sets that may lie beside the repository, or skip."""
    folder = Path(__file__).parents[1].parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"needs the data sets of {folder}")
    return folder
