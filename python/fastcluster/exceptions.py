"""Errors and warnings that fastcluster raises on its own account.

Where a built-in exception says it all (`ValueError`, `TypeError`), the built-in is raised. The
classes here are for the cases in which a program may want to react, and each is also the built-in
that fits best.
"""

__all__ = ["DeviceUnavailableError", "MemoryLimitError"]


class DeviceUnavailableError(RuntimeError):
    """The device that was asked for cannot be used, and the message says why."""


class MemoryLimitError(MemoryError):
    """The work needs more memory than `memory_limit` allows; it was refused before it began."""
