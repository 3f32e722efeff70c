"""What a run says while it runs: verbose lines on stdout, and a progress bar on stderr."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from fastcluster._config import setting
from fastcluster._typing import OnEvent
from fastcluster.cluster._progress import Progress, progress

__all__ = ["observe_kmeans", "observe_minibatch", "reassigning", "say"]


def say(line: str) -> None:
    """Write a verbose line to whatever `sys.stdout` is now."""
    sys.stdout.write(line + "\n")


def reassigning(n_centers: int) -> str:
    """Return scikit-learn's line about centers that are moved to random rows."""
    return f"[MiniBatchKMeans] Reassigning {n_centers} cluster centers."


@contextmanager
def observe_kmeans(
    title: str, *, verbose: bool, n_init: int, max_iter: int
) -> Iterator[OnEvent | None]:
    """Give the callback for a k-means fit, or None when nobody listens."""
    with _bar(title, n_init * max_iter) as bar:

        def on_event(kind: str, run: int, step: int, a: float, b: float) -> None:
            if verbose:
                say(_KMEANS_LINES[kind].format(step=step, a=a, b=b))
            if bar is not None and kind == "iteration":
                bar.update(run * max_iter + step + 1, f"inertia {a:.6g}")

        yield on_event if verbose or bar is not None else None


@contextmanager
def observe_minibatch(title: str, *, verbose: bool, n_steps: int) -> Iterator[OnEvent | None]:
    """Give the callback for a mini-batch fit, or None when nobody listens."""
    with _bar(title, n_steps) as bar:

        def on_event(kind: str, _run: int, step: int, a: float, b: float) -> None:
            if verbose and kind == "reassigned":
                say(reassigning(step))
            elif verbose:
                # The first step measures the start centers; the smoothed inertia begins with the
                # second.
                key = "first_step" if kind == "step" and step == 1 else kind
                say(_MINIBATCH_LINES[key].format(step=step, n_steps=n_steps, a=a, b=b))
            if bar is not None and kind == "step":
                bar.update(step, f"batch inertia {a:.6g}")

        yield on_event if verbose or bar is not None else None


_KMEANS_LINES = {
    "init": "Initialization complete",
    "iteration": "Iteration {step}, inertia {a}.",
    "strict": "Converged at iteration {step}: strict convergence.",
    "tolerance": "Converged at iteration {step}: center shift {a} within tolerance {b}.",
}

_MINIBATCH_LINES = {
    "first_step": "Minibatch step {step}/{n_steps}: mean batch inertia: {a}",
    "step": "Minibatch step {step}/{n_steps}: mean batch inertia: {a}, ewa inertia: {b}",
    "small_change": "Converged (small centers change) at step {step}/{n_steps}",
    "no_improvement": "Converged (lack of improvement in inertia) at step {step}/{n_steps}",
}


@contextmanager
def _bar(title: str, n_steps: int) -> Iterator[Progress | None]:
    if not setting("show_progress"):
        yield None
        return
    bar = progress(title, n_steps)
    try:
        yield bar
    finally:
        bar.close()
