"""PyPI's older package `fastcluster` has our import name; this notices when both are installed."""

import sys
import warnings
from pathlib import Path

OLDER_DISTRIBUTION = "fastcluster"
OLDER_FILE = "fastcluster.py"

MESSAGE = (
    "two installed distributions provide the module 'fastcluster': 'fastcluster-rs' (imported now)"
    " and 'fastcluster' {version} (hidden by it); only one should be installed\n"
    "hint: pip uninstall fastcluster (its linkage functions exist here too)"
)


def warn_of_the_older_package() -> None:
    """Warn, in the name of the importer of the module that calls this, if both are installed.

    Notes
    -----
    Python imports a module once, so a call at import warns once in a process. Without the older
    package it costs one look for a file in each folder of `sys.path`, some ten microseconds each.

    Examples
    --------
    >>> from fastcluster._clash import warn_of_the_older_package
    >>> warn_of_the_older_package()
    """
    version = older_version()
    if version is not None:
        warnings.warn(MESSAGE.format(version=version), UserWarning, stacklevel=3)


def older_version() -> str | None:
    """Return the version of the older package, or None if it is not installed."""
    if not any((Path(folder) / OLDER_FILE).exists() for folder in sys.path):
        return None
    # Loaded only here: it takes longer to load than all else that `import fastcluster` does.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(OLDER_DISTRIBUTION)
    except PackageNotFoundError:
        return None
