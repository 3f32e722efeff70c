"""What every part gets: the modules, the sizes, the data and what is left of its time."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benches.gpu import peers, vectors
from benches.gpu.timing import Clock


@dataclass
class Setting:
    """One part's run.

    Attributes
    ----------
    cp : module
        CuPy, or what stands for it.
    clock : Clock
        The part's time.
    folder : Path or None
        Larger data sets, beside those of the repository.
    tiny : bool
        Whether everything is played on a CPU: sizes are small and times mean nothing.
    save : callable
        Takes all results after each of them.
    found : dict
        The results.
    """

    cp: Any
    clock: Clock
    folder: Path | None
    tiny: bool
    save: Callable[[dict], None]
    found: dict = field(default_factory=dict)

    @classmethod
    def make(cls, seconds, folder, save, *, tiny):
        """Import CuPy, or let the stand-in of the tests stand for it."""
        if tiny:
            import sys

            sys.path.insert(0, str(vectors.ROOT / "tests" / "gpu"))
            import standin

            standin.install()
        import cupy

        return cls(cupy, Clock(seconds, cupy.cuda.Device().synchronize), folder, tiny, save)

    def measure(self, name, measurement):
        """Keep what a measurement returns, or why it failed; return it, or None.

        What was kept is safe if a later measurement hangs or takes the device down.
        """
        result = None
        if self.clock.left <= 0:
            self.found[name] = {"skipped": "no time was left"}
        else:
            try:
                result = self.found[name] = measurement()
            except Exception as error:
                lines = traceback.format_exc().splitlines()[-12:]
                self.found[name] = {"failed": f"{type(error).__name__}: {error}", "lines": lines}
        self.save(self.found)
        return result

    def size(self, real, tiny):
        """Return a size for a GPU, or for a trial."""
        return tiny if self.tiny else real

    def drawn(self, n_rows, n_features):
        """Return rows on the device."""
        return vectors.drawn_on_device(self.cp, self.folder, n_rows, n_features)

    def rows_of(self, X, count):
        """Return some of the rows: start centers, queries."""
        return vectors.some_rows(self.cp, X, count)

    def torch(self):
        """Return torch, or None and why."""
        return (None, "a trial on a CPU") if self.tiny else peers.torch_on_gpu()


def tflops(n_rows, n_centers, n_features, seconds):
    """Return the useful work of scoring all pairs, in 10^12 operations a second."""
    return 2.0 * n_rows * n_centers * n_features / seconds / 1e12
