"""Ctrl-C stops a long linkage, and the process goes on."""

import pytest

from interrupts import BOUND_CPU_SECONDS, interrupt_script, needs_proc

SCRIPT = """
X = np.random.default_rng(0).normal(size=({n}, 64)).astype(np.float32)
fc.linkage_vector(X[:50], {method!r})
interrupted(lambda: fc.linkage_vector(X, {method!r}))
print(len(fc.linkage_vector(X[:50], {method!r})))
"""


@needs_proc
@pytest.mark.parametrize(
    ("method", "n"), [("ward", 200_000), ("single", 400_000), ("median", 50_000)]
)
def test_ctrl_c(method, n):
    seconds, words = interrupt_script(SCRIPT.format(method=method, n=n), after=0.5)
    assert words == ["49"]
    assert seconds < BOUND_CPU_SECONDS
