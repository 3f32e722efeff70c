"""Put our estimators and functions in scikit-learn's place, for code whose imports must stay.

Two steps for each name: ours is set in scikit-learn's public module; then in every loaded
`sklearn.*` module in which that name is the old object, so that scikit-learn's own dependents
(SpectralClustering, Birch, KBinsDiscretizer) use ours. Only the module that defines the old object
keeps it: what was fitted before must still pickle.
"""

import sys
from collections.abc import Iterable
from importlib import import_module
from types import TracebackType
from typing import Any, Final, Self

__all__ = ["REPLACED", "patch_sklearn", "unpatch_sklearn"]

REPLACED: Final[dict[str, tuple[str, str]]] = {
    "AgglomerativeClustering": ("sklearn.cluster", "fastcluster.cluster"),
    "DBSCAN": ("sklearn.cluster", "fastcluster.cluster"),
    "HDBSCAN": ("sklearn.cluster", "fastcluster.cluster"),
    "KMeans": ("sklearn.cluster", "fastcluster.cluster"),
    "MiniBatchKMeans": ("sklearn.cluster", "fastcluster.cluster"),
    "NearestCentroid": ("sklearn.neighbors", "fastcluster.cluster"),
    "dbscan": ("sklearn.cluster", "fastcluster.cluster"),
    "k_means": ("sklearn.cluster", "fastcluster.cluster"),
    "kmeans_plusplus": ("sklearn.cluster", "fastcluster.cluster"),
}
"""Each public name: scikit-learn's module that exports it, and ours."""

_originals: dict[str, Any] = {}
"""What scikit-learn exported under each name that is patched now."""


class Patch:
    """What `patch_sklearn` returns: a context manager that undoes, at its end, what the call did.

    Examples
    --------
    >>> from fastcluster import patch_sklearn
    >>> with patch_sklearn():
    ...     from sklearn.cluster import KMeans
    >>> KMeans.__module__.partition(".")[0]
    'fastcluster'
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names

    def __repr__(self) -> str:
        return f"<scikit-learn patched: {', '.join(self.names) or 'nothing new'}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        unpatch_sklearn(self.names)


def patch_sklearn(names: Iterable[str] | None = None) -> Patch:
    """Make `from sklearn.cluster import KMeans`, and the like, give the classes of fastcluster.

    Parameters
    ----------
    names : iterable of str, default=None
        What to replace: 'AgglomerativeClustering', 'DBSCAN', 'HDBSCAN', 'KMeans',
        'MiniBatchKMeans', 'NearestCentroid', 'dbscan', 'k_means', 'kmeans_plusplus'. None
        replaces all of them.

    Returns
    -------
    Patch
        Its `names` are those replaced by this call: none where all were replaced before. As a
        context manager it puts them back at the end of the `with` block.

    Raises
    ------
    ValueError
        A name is not among those listed.

    See Also
    --------
    unpatch_sklearn : Put scikit-learn's own objects back.

    Notes
    -----
    Call it first: a module outside scikit-learn that has imported a class before keeps that class,
    and so do subclasses and fitted objects. Patching twice is the same as patching once. Not for
    use while other threads import or patch.

    Examples
    --------
    >>> import fastcluster
    >>> fastcluster.patch_sklearn(["AgglomerativeClustering", "KMeans"])
    <scikit-learn patched: AgglomerativeClustering, KMeans>
    >>> from sklearn.cluster import KMeans
    >>> KMeans is fastcluster.KMeans
    True
    >>> fastcluster.unpatch_sklearn()
    """
    fresh = tuple(name for name in _checked(names) if name not in _originals)
    for name in fresh:
        theirs, ours = REPLACED[name]
        original = getattr(import_module(theirs), name)
        replacement = getattr(import_module(ours), name)
        setattr(import_module(theirs), name, replacement)
        _replace_everywhere(name, original, replacement)
        _originals[name] = original
    return Patch(fresh)


def unpatch_sklearn(names: Iterable[str] | None = None) -> None:
    """Put scikit-learn's own objects back.

    Parameters
    ----------
    names : iterable of str, default=None
        What to put back, as for `patch_sklearn`; names that are not patched are passed over. None
        puts everything back.

    Raises
    ------
    ValueError
        A name is not among those that can be patched.

    See Also
    --------
    patch_sklearn : The opposite.

    Notes
    -----
    Modules of scikit-learn that were first loaded while it was patched are restored too. Modules
    outside scikit-learn keep what they imported.

    Examples
    --------
    >>> import fastcluster
    >>> with fastcluster.patch_sklearn(["KMeans"]):
    ...     fastcluster.unpatch_sklearn()
    >>> import sklearn.cluster
    >>> sklearn.cluster.KMeans is fastcluster.KMeans
    False
    """
    for name in _checked(names):
        if name in _originals:
            theirs, ours = REPLACED[name]
            original = _originals.pop(name)
            setattr(import_module(theirs), name, original)
            _replace_everywhere(name, getattr(import_module(ours), name), original)


def _checked(names: Iterable[str] | None) -> tuple[str, ...]:
    """Return the names, all of them for None; raise for one that is unknown."""
    chosen = (names,) if isinstance(names, str) else tuple(REPLACED if names is None else names)
    for name in chosen:
        if name not in REPLACED:
            raise ValueError(f"names must be among {', '.join(REPLACED)}, got {name!r}")
    return tuple(dict.fromkeys(chosen))


def _replace_everywhere(name: str, old: object, new: object) -> None:
    """Set `new` for `name` in each loaded module of scikit-learn that has `old`, but old's own."""
    defining = getattr(old, "__module__", None)
    for module_name, module in list(sys.modules.items()):
        if module_name == defining or not module_name.startswith("sklearn."):
            continue
        # Straight from the dictionary: asking a lazy module for the name would load things.
        if getattr(module, "__dict__", {}).get(name) is old:
            setattr(module, name, new)
