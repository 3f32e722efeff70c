"""`cupy.random`: what draws the vectors of the benchmarks; the package has its own numbers."""

from types import ModuleType

import numpy as np

from ._array import adopt


class Generator:
    """As CuPy's, with other numbers."""

    def __init__(self, seed):
        self._numpys = np.random.default_rng(seed)

    def standard_normal(self, size=None, dtype=np.float64):
        return adopt(np.asarray(self._numpys.standard_normal(size, dtype)))

    def random(self, size=None, dtype=np.float64):
        return adopt(np.asarray(self._numpys.random(size, dtype)))


def random():
    """Return the module."""
    module = ModuleType("cupy.random")
    module.default_rng = module.Generator = Generator
    return module
