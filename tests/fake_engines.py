"""Engines that do no work: what the tests of the benchmarks put in the places of the real ones."""

from types import SimpleNamespace

import numpy as np

from fastcluster.bench import compare, engines
from fastcluster.bench.contract import Outcome


class FakeEngine(SimpleNamespace):
    """An engine that labels every row 0 and notes when it was called."""

    def __init__(self, name, calls):
        super().__init__(NAME=name, calls=calls)

    def version(self):
        return "1.0"

    def threads(self, n_threads):
        self.n_threads = n_threads
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def lloyd(self, X, centers, settings):
        self.calls.append((self.NAME, len(X), settings.seed, settings.max_iter))
        return Outcome(np.zeros(len(X), dtype=np.int32), centers, settings.max_iter)


def install(monkeypatch):
    """Put fakes in the places of all engines; return them by name, and the list of their calls."""
    calls = []
    fakes = {name: FakeEngine(name, calls) for name in engines.MODULES}
    monkeypatch.setattr(compare, "load", fakes.__getitem__)
    return SimpleNamespace(calls=calls, **{name.replace("-", "_"): fakes[name] for name in fakes})
