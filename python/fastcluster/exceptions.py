"""Errors that fastcluster raises on its own account.

Where a built-in exception says it all (`ValueError`, `TypeError`, `MemoryError`), the built-in is
raised. Here are the cases to which a program may want to react, each a subclass of the built-in
that fits best.
"""

__all__ = ["BundleError", "BundleVersionWarning", "DeviceUnavailableError"]


class BundleError(ValueError):
    """A saved model cannot be read (damaged, incomplete, newer, or no model), or not be written."""


class BundleVersionWarning(UserWarning):
    """A saved model was written by another version of fastcluster."""


class DeviceUnavailableError(RuntimeError):
    """The device that was asked for cannot be used, and the message says why."""
