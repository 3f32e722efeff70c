"""One function per method, as in `scipy.cluster.hierarchy`."""

from numpy.typing import ArrayLike

from fastcluster.hierarchy._linkage import linkage
from fastcluster.hierarchy._typing import Dendrogram


def single(D: ArrayLike) -> Dendrogram:
    """Cluster hierarchically with the method 'single'.

    Two clusters are as far apart as the distance of their nearest members. Long chains of near
    neighbours join early.

    Parameters
    ----------
    D : array-like of shape (n * (n - 1) / 2,) or (n, n_features)
        Condensed distances, or vectors as rows, between which distances are Euclidean.

    Returns
    -------
    ndarray of shape (n - 1, 4), float64
        The merges, as `linkage` returns them.

    Raises
    ------
    ValueError
        D has the wrong form.
    FloatingPointError
        A distance is NaN, or becomes NaN in a merge.

    See Also
    --------
    linkage : Any method and metric; what happens on ties.

    Examples
    --------
    >>> from fastcluster.hierarchy import single
    >>> float(single([1.0, 5.0, 4.0])[-1, 2].round(3))
    4.0
    """
    return linkage(D, method="single")


def complete(D: ArrayLike) -> Dendrogram:
    """Cluster hierarchically with the method 'complete'.

    Two clusters are as far apart as the distance of their farthest members. Clusters stay compact.

    Parameters
    ----------
    D : array-like of shape (n * (n - 1) / 2,) or (n, n_features)
        Condensed distances, or vectors as rows, between which distances are Euclidean.

    Returns
    -------
    ndarray of shape (n - 1, 4), float64
        The merges, as `linkage` returns them.

    Raises
    ------
    ValueError
        D has the wrong form.
    FloatingPointError
        A distance is NaN, or becomes NaN in a merge.

    See Also
    --------
    linkage : Any method and metric; what happens on ties.

    Examples
    --------
    >>> from fastcluster.hierarchy import complete
    >>> float(complete([1.0, 5.0, 4.0])[-1, 2].round(3))
    5.0
    """
    return linkage(D, method="complete")


def average(D: ArrayLike) -> Dendrogram:
    """Cluster hierarchically with the method 'average'.

    Two clusters are as far apart as the mean distance over all pairs of members. Also known as
    UPGMA.

    Parameters
    ----------
    D : array-like of shape (n * (n - 1) / 2,) or (n, n_features)
        Condensed distances, or vectors as rows, between which distances are Euclidean.

    Returns
    -------
    ndarray of shape (n - 1, 4), float64
        The merges, as `linkage` returns them.

    Raises
    ------
    ValueError
        D has the wrong form.
    FloatingPointError
        A distance is NaN, or becomes NaN in a merge.

    See Also
    --------
    linkage : Any method and metric; what happens on ties.

    Examples
    --------
    >>> from fastcluster.hierarchy import average
    >>> float(average([1.0, 5.0, 4.0])[-1, 2].round(3))
    4.5
    """
    return linkage(D, method="average")


def weighted(D: ArrayLike) -> Dendrogram:
    """Cluster hierarchically with the method 'weighted'.

    Two clusters are as far apart as the mean of the distances of the two halves merged last. Also
    known as WPGMA.

    Parameters
    ----------
    D : array-like of shape (n * (n - 1) / 2,) or (n, n_features)
        Condensed distances, or vectors as rows, between which distances are Euclidean.

    Returns
    -------
    ndarray of shape (n - 1, 4), float64
        The merges, as `linkage` returns them.

    Raises
    ------
    ValueError
        D has the wrong form.
    FloatingPointError
        A distance is NaN, or becomes NaN in a merge.

    See Also
    --------
    linkage : Any method and metric; what happens on ties.

    Examples
    --------
    >>> from fastcluster.hierarchy import weighted
    >>> float(weighted([1.0, 5.0, 4.0])[-1, 2].round(3))
    4.5
    """
    return linkage(D, method="weighted")


def ward(D: ArrayLike) -> Dendrogram:
    """Cluster hierarchically with the method 'ward'.

    Two clusters are as far apart as the growth in the sum of squared errors that their union
    brings. Expects Euclidean distances, not squared; heights are in their unit.

    Parameters
    ----------
    D : array-like of shape (n * (n - 1) / 2,) or (n, n_features)
        Condensed distances, or vectors as rows, between which distances are Euclidean.

    Returns
    -------
    ndarray of shape (n - 1, 4), float64
        The merges, as `linkage` returns them.

    Raises
    ------
    ValueError
        D has the wrong form.
    FloatingPointError
        A distance is NaN, or becomes NaN in a merge.

    See Also
    --------
    linkage : Any method and metric; what happens on ties.

    Examples
    --------
    >>> from fastcluster.hierarchy import ward
    >>> float(ward([1.0, 5.0, 4.0])[-1, 2].round(3))
    5.196
    """
    return linkage(D, method="ward")


def centroid(D: ArrayLike) -> Dendrogram:
    """Cluster hierarchically with the method 'centroid'.

    Two clusters are as far apart as the distance of their means. Expects Euclidean distances, not
    squared. A merge can be lower than the one before.

    Parameters
    ----------
    D : array-like of shape (n * (n - 1) / 2,) or (n, n_features)
        Condensed distances, or vectors as rows, between which distances are Euclidean.

    Returns
    -------
    ndarray of shape (n - 1, 4), float64
        The merges, as `linkage` returns them.

    Raises
    ------
    ValueError
        D has the wrong form.
    FloatingPointError
        A distance is NaN, or becomes NaN in a merge.

    See Also
    --------
    linkage : Any method and metric; what happens on ties.

    Examples
    --------
    >>> from fastcluster.hierarchy import centroid
    >>> float(centroid([1.0, 5.0, 4.0])[-1, 2].round(3))
    4.5
    """
    return linkage(D, method="centroid")


def median(D: ArrayLike) -> Dendrogram:
    """Cluster hierarchically with the method 'median'.

    Two clusters are as far apart as the distance of their midpoints, each halfway between those of
    its halves. Expects Euclidean distances, not squared. A merge can be lower than the one before.

    Parameters
    ----------
    D : array-like of shape (n * (n - 1) / 2,) or (n, n_features)
        Condensed distances, or vectors as rows, between which distances are Euclidean.

    Returns
    -------
    ndarray of shape (n - 1, 4), float64
        The merges, as `linkage` returns them.

    Raises
    ------
    ValueError
        D has the wrong form.
    FloatingPointError
        A distance is NaN, or becomes NaN in a merge.

    See Also
    --------
    linkage : Any method and metric; what happens on ties.

    Examples
    --------
    >>> from fastcluster.hierarchy import median
    >>> float(median([1.0, 5.0, 4.0])[-1, 2].round(3))
    4.5
    """
    return linkage(D, method="median")
