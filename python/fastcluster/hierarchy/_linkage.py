"""`linkage`: a dendrogram from condensed distances, or from vectors by way of them."""

from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastcluster.hierarchy._condensed import n_observations, real
from fastcluster.hierarchy._engine import (
    backend,
    check_distances_fit,
    check_means_fit,
    dendrogram,
    is_kept,
)
from fastcluster.hierarchy._errors import LinkageInputError, UnknownNameError
from fastcluster.hierarchy._methods import check_method
from fastcluster.hierarchy._typing import Dendrogram, Metric


def linkage(
    X: ArrayLike,
    method: str = "single",
    metric: Metric = "euclidean",
    preserve_input: bool = True,
) -> Dendrogram:
    """Cluster hierarchically, from distances or from vectors.

    Parameters
    ----------
    X : array-like of shape (n * (n - 1) / 2,) or (n, n_features)
        One dimension: condensed distances, as `scipy.spatial.distance.pdist` returns them. Two
        dimensions: always vectors, one a row, never a square distance matrix. Anything that NumPy
        reads; masks are ignored. Not modified, but see `preserve_input`.
    method : str, default='single'
        How far a merged cluster is from the others: by the nearest member ('single'), the farthest
        ('complete'), the mean over all members ('average') or over its two halves ('weighted'), the
        growth in squared error ('ward'), between means ('centroid') or midpoints ('median'). The
        last three expect Euclidean distances, not squared; on others they compute the same formula,
        and it is for you to know whether it means anything.
    metric : str or callable, default='euclidean'
        The distance between vectors, any that `scipy.spatial.distance.pdist` takes ('chebychev' is
        'chebyshev'). Ignored for condensed distances.
    preserve_input : bool, default=True
        False lets the function use condensed distances as scratch memory, which spares a copy and
        destroys them. Ignored for vectors.

    Returns
    -------
    ndarray of shape (n - 1, 4), float64
        One row per merge, in the form of `scipy.cluster.hierarchy.linkage`: the two nodes, lower
        first; the distance between them; the number of vectors below the new node. Vectors are
        nodes 0 to n - 1, merge i makes node n + i. For one vector, shape (0, 4).

    Raises
    ------
    ValueError
        X has no or more than two dimensions (also an AssertionError), holds complex numbers or no
        row, or is not as long as condensed distances are; method is unknown (also a KeyError);
        metric is unknown.
    FloatingPointError
        A distance is NaN, or becomes NaN in a merge.

    See Also
    --------
    linkage_vector : The same from vectors only, with a few more metrics.

    Notes
    -----
    Same as in the package `fastcluster` on PyPI: signature, input forms, errors, infinite
    distances. Different: wrong arguments raise a `ValueError` that is also the older error; an
    unknown method is refused even for one vector; complex numbers are refused, not cut to their
    real part.

    Ties: from distances, and from vectors by way of them, the result is that of version 1.3.0 of
    the older package to the last bit, ties included (tested on integer grids and integer
    distances for every method). From more than 4,096 vectors, 'ward' with 'euclidean' and 'average'
    with 'cosine' are computed from the means of clusters. Where no heights tie, that is the same
    dendrogram, heights within rounding; where they do, it may be another valid one.

    Time: of the order of n * n steps on one thread from distances ('centroid' and 'median': on most
    data), the search for near clusters on all permitted threads from means.

    Memory: 8 bytes for each of the n * (n - 1) / 2 distances, and a copy of condensed distances
    unless `preserve_input=False` or method is 'single'. From means, a float64 vector for each
    cluster of two or more vectors and some 300 bytes a vector; X of float16, float32, float64, int8
    and uint8 is read as it is. `memory_limit` refuses distances that do not fit. The GIL is
    released, and Ctrl-C works.

    References
    ----------
    Müllner, "Modern hierarchical, agglomerative clustering algorithms", arXiv:1109.2378; Sumengen
    et al., "Scaling hierarchical agglomerative clustering to billion-sized datasets",
    arXiv:2105.11653.

    Examples
    --------
    >>> from fastcluster.hierarchy import linkage
    >>> linkage([[0.0], [1.0], [5.0]], method="average")
    array([[0. , 1. , 1. , 2. ],
           [2. , 3. , 4.5, 3. ]])
    """
    check_method(method)
    array = np.asarray(X)
    if array.ndim == 1:
        condensed = real(array)
        converted = not np.may_share_memory(condensed, array)
        scratch = converted or not preserve_input
        return dendrogram(condensed, n_observations(condensed), method, scratch=scratch)
    vectors = check_vectors(array)
    if len(vectors) == 1:
        return np.empty((0, 4))
    if len(vectors) > VECTORS_ABOVE and vectors.dtype != bool and goes_without(method, metric):
        merges = without_distances(vectors, method, metric)
        if merges is not None:
            return merges
    return dendrogram(pairwise(vectors, metric), len(vectors), method)


VECTORS_ABOVE: Final = 4096
"""Rows above which the distances of all pairs are avoided: they take 64 MiB here."""


def goes_without(method: str, metric: Metric) -> bool:
    """Whether distances of clusters follow from their means."""
    # A metric may be a function, or an array by mistake: compared only as text.
    name = metric if isinstance(metric, str) else None
    return (method, name) in {("ward", "euclidean"), ("average", "cosine")}


def without_distances(vectors: NDArray[Any], method: str, metric: Metric) -> Dendrogram | None:
    """Return the dendrogram of vectors from means of clusters; None where they are not finite."""
    if not np.isfinite(vectors).all():
        return None
    if metric == "cosine" and not (nonzero := vectors.any(axis=1)).all():
        raise FloatingPointError(
            "X must give no NaN distance, but for metric='cosine' row "
            f"{int(nonzero.argmin())} of zeros has no direction\nhint: drop rows of zeros"
        )
    check_means_fit(vectors.shape, method)
    name: Literal["euclidean", "cosine"] = "cosine" if metric == "cosine" else "euclidean"
    return backend().linkage_vectors(vectors, method=method, metric=name)


def check_vectors(array: NDArray[Any]) -> NDArray[Any]:
    """Return vectors: two dimensions, a row or more, of a type that the core reads, or bool."""
    if array.ndim != 2:
        raise LinkageInputError(
            f"X must have two dimensions (vectors as rows), got shape {array.shape}\n"
            "hint: linkage also takes condensed distances, which have one dimension"
        )
    if len(array) == 0:
        raise LinkageInputError(f"X must have at least one row, got shape {array.shape}")
    if array.dtype == bool:
        return array
    return array if is_kept(array) else real(array)


def pairwise(vectors: NDArray[Any], metric: Metric, **arguments: Any) -> NDArray[np.float64]:  # noqa: ANN401
    """Return condensed distances in SciPy's definition of the metric."""
    from scipy.spatial import distance

    check_distances_fit(len(vectors))
    rows = vectors if vectors.dtype == bool else real(vectors)
    try:
        condensed: NDArray[np.float64] = distance.pdist(rows, metric, **arguments)
    except ValueError as error:
        if "Unknown Distance Metric" not in str(error):
            raise
        raise UnknownNameError(
            f"metric must be one that scipy.spatial.distance.pdist takes, got {metric!r}\n"
            "hint: 'euclidean', 'cosine', 'correlation', 'cityblock' and 'chebyshev' are common; "
            "a function works too"
        ) from error
    return condensed
