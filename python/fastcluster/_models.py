"""Saving fitted estimators, and loading them: `estimator.save(path)` and `load_model(path)`."""

import warnings
from importlib import import_module
from os import PathLike
from typing import Any, Final

from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from fastcluster._bundle import LIBRARY_VERSION, read_bundle, write_bundle
from fastcluster._stored_values import decode, encode
from fastcluster.exceptions import BundleError, BundleVersionWarning

__all__ = ["SaveMixin", "load_model"]

_FORMAT: Final = "fastcluster-model"
_VERSION: Final = (1, 0)

_HOMES: Final = {
    "AgglomerativeClustering": "fastcluster.cluster",
    "BalancedKMeans": "fastcluster.cluster",
    "DBSCAN": "fastcluster.cluster",
    "HDBSCAN": "fastcluster.cluster",
    "KMeans": "fastcluster.cluster",
    "MiniBatchKMeans": "fastcluster.cluster",
    "NearestCentroid": "fastcluster.cluster",
}
"""The classes that can be saved, and the module that each is found in. A file can name no other."""

_NOT_STORED: Final = {"_metadata_request", "_skl_callbacks"}
"""What scikit-learn keeps on an estimator for the running program: routing requests, callbacks."""


class SaveMixin:
    """Gives an estimator `save`; its class must be among those that `load_model` knows."""

    def save(self, path: str | PathLike[str]) -> None:
        """Write the fitted estimator to a directory.

        The directory holds the parameters and everything the fit found: arrays as `.npy` files, the
        rest in `manifest.json`. `fastcluster.load_model` reads it.

        Parameters
        ----------
        path : str or path-like
            The directory to write; its parent must exist. A saved model that is there is replaced,
            anything else but an empty directory is refused. Whatever happens meanwhile, the path
            holds the old model or the new one, and programs that have the old one open keep it.

        Raises
        ------
        NotFittedError
            If there is nothing to save yet.
        BundleError
            If a parameter or attribute is code (a callable `init`) or of a type that cannot be
            stored, or if something is in the way.
        OSError
            If the system refuses, for instance because the disk is full.

        See Also
        --------
        fastcluster.load_model : The way back.

        Notes
        -----
        Parameters and attributes come back as they were: floats to the last bit, a `RandomState`
        with its state. Arrays on a GPU come back in host memory. A parameter that is an array-like,
        or a list of more than 256 numbers, comes back as an array. scikit-learn's metadata requests
        and callbacks are not stored.

        Examples
        --------
        >>> import tempfile
        >>> from fastcluster import KMeans, load_model
        >>> path = tempfile.mkdtemp() + "/model"
        >>> KMeans(2, init=[[0.0], [9.0]]).fit([[0.0], [1.0], [9.0]]).save(path)
        >>> load_model(path).predict([[2.0], [8.0]]).tolist()
        [0, 1]
        """
        estimator: Any = self
        check_is_fitted(estimator)
        _check_known(type(self))
        parameters = estimator.get_params(deep=False)
        state = estimator.__getstate__()
        attributes = {
            name: value
            for name, value in state.items()
            if name not in parameters and name not in _NOT_STORED
        }
        arrays: dict[str, NDArray[Any]] = {}
        description = {
            "format": _FORMAT,
            "version": list(_VERSION),
            "library": LIBRARY_VERSION,
            "class": type(self).__name__,
            "parameters": {name: encode(name, parameters[name], arrays) for name in parameters},
            "attributes": {name: encode(name, attributes[name], arrays) for name in attributes},
        }
        write_bundle(path, description, arrays)


def load_model(path: str | PathLike[str], *, mmap: bool = True, verify: bool = True) -> Any:  # noqa: ANN401 - the class that was saved
    """Load an estimator that `save` wrote.

    Parameters
    ----------
    path : str or path-like
        The directory that was written.
    mmap : bool, default=True
        Map the arrays into memory, read-only: loading is quick, and processes share the memory.
        They stay valid when another model is saved at the same path. False reads them into memory,
        where they may be changed.
    verify : bool, default=True
        Compare the checksum of every file. False trusts the contents, and checks only the manifest
        and each file's length and header.

    Returns
    -------
    estimator : estimator of this package
        The estimator that was saved; its predictions are the same to the last bit.

    Raises
    ------
    BundleError
        If it is no saved model, or cut short, damaged, or written in a newer format. It is a
        ValueError.
    OSError
        If the system refuses; FileNotFoundError where there is nothing.

    Warns
    -----
    BundleVersionWarning
        If another version of fastcluster wrote it.

    See Also
    --------
    KMeans.save : The way there.

    Notes
    -----
    Nothing in the directory can run code: only NumPy's numbers and JSON are read, and only the
    classes of this library are made.

    Examples
    --------
    >>> import tempfile
    >>> from fastcluster import KMeans, load_model
    >>> path = tempfile.mkdtemp() + "/model"
    >>> KMeans(1).fit([[0.0], [2.0]]).save(path)
    >>> load_model(path).cluster_centers_.tolist()
    [[1.0]]
    """
    bundle = read_bundle(path, format=_FORMAT, version=_VERSION, mmap=mmap, verify=verify)
    description = bundle.description
    cls = _class_named(_member(description, "class", str))
    parameters = _values(description, "parameters", bundle.arrays)
    attributes = _values(description, "attributes", bundle.arrays)
    _check_names(cls, parameters, attributes)
    _warn_of_another_version(path, description.get("library"))
    estimator = cls(**parameters)
    estimator.__setstate__(estimator.__getstate__() | attributes)
    return estimator


def _class_named(name: str) -> Any:  # noqa: ANN401 - one of our classes
    if name not in _HOMES:
        raise BundleError(
            f"class={name!r} must be one of {sorted(_HOMES)}\n"
            "hint: a newer fastcluster may know it: pip install -U fastcluster-rs"
        )
    return getattr(import_module(_HOMES[name]), name)


def _check_known(cls: type) -> None:
    """Refuse a class that loading would not find again, such as a user's subclass."""
    if cls.__name__ not in _HOMES or _class_named(cls.__name__) is not cls:
        raise BundleError(
            f"{cls.__module__}.{cls.__qualname__} cannot be saved: load_model makes only "
            f"{', '.join(sorted(_HOMES))}\n"
            "hint: pickle the estimator, or save an instance of the class it derives from"
        )


def _member(description: dict[str, Any], name: str, kind: type) -> Any:  # noqa: ANN401 - of `kind`
    value = description.get(name)
    if not isinstance(value, kind):
        raise BundleError(
            f"the manifest's {name!r} must be of type {kind.__name__}, got {type(value).__name__}\n"
            "hint: restore the bundle from a copy, or save it again"
        )
    return value


def _values(
    description: dict[str, Any], name: str, arrays: dict[str, NDArray[Any]]
) -> dict[str, Any]:
    members = _member(description, name, dict)
    return {key: decode(stored, arrays) for key, stored in members.items()}


def _check_names(cls: Any, parameters: dict[str, Any], attributes: dict[str, Any]) -> None:  # noqa: ANN401 - a class
    """Refuse parameters that the class does not have, and attributes that would hide a method."""
    known = set(cls().get_params(deep=False))
    strange = sorted(set(parameters) - known)
    strange += sorted(
        name
        for name in attributes
        if name in known or not name.isidentifier() or callable(getattr(cls, name, None))
    )
    if strange:
        raise BundleError(
            f"the manifest gives {cls.__name__} names that it cannot have: {strange}\n"
            "hint: a newer fastcluster may know them: pip install -U fastcluster-rs"
        )


def _warn_of_another_version(path: str | PathLike[str], written_by: object) -> None:
    if written_by != LIBRARY_VERSION:
        warnings.warn(
            f"{path} was written by fastcluster {written_by}, and this is {LIBRARY_VERSION}: "
            "predictions may differ\nhint: fit and save it again with this version",
            BundleVersionWarning,
            stacklevel=3,
        )
