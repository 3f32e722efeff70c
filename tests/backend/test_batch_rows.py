"""The rows of mini-batches, for steps that are taken elsewhere."""

import numpy as np
import pytest

from fastcluster import _core


@pytest.mark.parametrize("sampling", ["rows", "blocks"])
def test_an_epoch_draws_every_row_once(sampling):
    batches = _core.BatchRows(300, sample_weight=None, sampling=sampling, seed=2)
    rows = np.concatenate([batches.draw(100) for _ in range(3)])
    assert sorted(rows) == list(range(300))
    assert (batches.draw(100) != rows[:100]).any()


@pytest.mark.parametrize(
    ("n_rows", "weight", "sampling", "message"),
    [
        (0, None, "rows", "n_samples must be at least 1"),
        (2, np.zeros(2), "rows", "at least one positive entry"),
        (2, np.ones(3), "rows", "sample_weight"),
        (2, None, "other", "sampling must be"),
    ],
)
def test_bad_input(n_rows, weight, sampling, message):
    with pytest.raises(ValueError, match=message):
        _core.BatchRows(n_rows, sample_weight=weight, sampling=sampling, seed=0)
