"""Errors of the linkage functions, still caught by code written for the older package.

That package lets assertions and dictionary look-ups fail. Each class here is the built-in error a
reader expects and, besides, the one that package raises.
"""


class LinkageInputError(ValueError, AssertionError):
    """Wrong input: a ValueError, and the AssertionError that the older package raises."""


class UnknownNameError(ValueError, KeyError):
    """An unknown method or metric: a ValueError, and the KeyError that the older package raises."""

    # KeyError prints its argument quoted, which would spoil a sentence of two lines.
    __str__ = Exception.__str__
