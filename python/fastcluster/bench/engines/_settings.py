"""What a trial sets, and what it leaves at the library's default."""

from fastcluster.bench.contract import Settings

__all__ = ["fixed_iterations", "given"]


def given(**parameters: object) -> dict[str, object]:
    """Return the parameters that are not None."""
    return {name: value for name, value in parameters.items() if value is not None}


def fixed_iterations(settings: Settings, name: str) -> int:
    """Return the number of iterations for a library without a tolerance like scikit-learn's.

    Raises
    ------
    ValueError
        If the trial asks for a tolerance, or leaves the number of iterations open.
    """
    if settings.tol != 0 or settings.max_iter is None:
        raise ValueError(
            f"tol={settings.tol} must be 0 and max_iter={settings.max_iter} a number: "
            f"{name} has no tolerance that means the same"
        )
    return settings.max_iter
