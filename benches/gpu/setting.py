"""What every part gets: the modules, the sizes, the data and what is left of its time."""

from dataclasses import dataclass
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
    """

    cp: Any
    clock: Clock
    folder: Path | None
    tiny: bool

    @classmethod
    def make(cls, seconds, folder, *, tiny):
        """Import CuPy, or let the stand-in of the tests stand for it."""
        if tiny:
            import sys

            sys.path.insert(0, str(vectors.ROOT / "tests" / "gpu"))
            import standin

            standin.install()
        import cupy

        return cls(cupy, Clock(seconds, cupy.cuda.Device().synchronize), folder, tiny)

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
