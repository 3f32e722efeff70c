"""Parameters that a case sets, apart from those that it leaves at the library's default."""

__all__ = ["given"]


def given(**parameters: object) -> dict[str, object]:
    """Return the parameters that are not None."""
    return {name: value for name, value in parameters.items() if value is not None}
