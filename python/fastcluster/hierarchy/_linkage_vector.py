"""`linkage_vector`: a dendrogram from vectors, for methods that need not hold all distances."""

import numpy as np
from numpy.typing import ArrayLike

from fastcluster.hierarchy._engine import backend, check_means_fit, dendrogram
from fastcluster.hierarchy._errors import LinkageInputError
from fastcluster.hierarchy._linkage import VECTORS_ABOVE, check_vectors
from fastcluster.hierarchy._methods import VECTOR_METHODS, check_method
from fastcluster.hierarchy._metrics import (
    check_metric,
    check_no_nan_in,
    row_distances,
    vector_distances,
)
from fastcluster.hierarchy._row_by_row import single_linkage
from fastcluster.hierarchy._typing import Dendrogram, Metric


def linkage_vector(
    X: ArrayLike,
    method: str = "single",
    metric: Metric = "euclidean",
    extraarg: ArrayLike | None = None,
) -> Dendrogram:
    """Cluster vectors hierarchically, by single linkage or between means or midpoints.

    Parameters
    ----------
    X : array-like of shape (n, n_features)
        Vectors as rows, at least one feature. Read as numbers; as truth values for the metrics
        made for those, and for 'hamming' if X is a bool array. Never modified.
    method : {'single', 'centroid', 'median', 'ward'}, default='single'
        As in `linkage`.
    metric : str or callable, default='euclidean'
        For 'single': 'euclidean', 'sqeuclidean', 'seuclidean', 'mahalanobis', 'cityblock',
        'chebychev' (or 'chebyshev'), 'minkowski', 'cosine', 'correlation', 'canberra',
        'braycurtis', 'jensenshannon', 'hamming'; for truth values 'jaccard', 'yule', 'matching'
        (or 'sokalmichener'), 'dice', 'rogerstanimoto', 'russellrao', 'sokalsneath', 'kulsinski';
        or a function of two float64 vectors that returns a number. For the other methods only
        'euclidean'.
    extraarg : float or array-like, default=None
        'minkowski': the exponent p > 0, required. 'seuclidean': the variance of each column, shape
        (n_features,); default, that of X with n - 1 below the line. 'mahalanobis': the inverse
        covariance matrix, shape (n_features, n_features); default, that of X. Otherwise None.

    Returns
    -------
    ndarray of shape (n - 1, 4), float64
        The merges, as `linkage` returns them.

    Raises
    ------
    ValueError
        X is not two-dimensional, is empty or complex; metric does not go with method; extraarg does
        not go with metric (all also AssertionErrors); method or metric is unknown (also a
        KeyError).
    FloatingPointError
        A distance is NaN: missing values, or 'kulsinski' and 'cosine' on a row of zeros.

    See Also
    --------
    linkage : Every method and SciPy's metrics; also takes distances.

    Notes
    -----
    Same as in the package `fastcluster` on PyPI: signature, metrics, their values where a count is
    zero. Different: 'chebyshev' and 'jensenshannon' are accepted, complex numbers and exponents
    p <= 0 are not, errors are also ValueErrors.

    Ties: for 'single' those of the older package, where it rounds distances alike. On integer
    grids, where most heights tie, its own `linkage_vector` and `linkage` disagree with each other
    for 'centroid', 'median' and 'ward', and ours may choose another of the tied pairs than either;
    every merge is one of the nearest pairs.

    Time: n * n * n_features steps on all permitted threads; 'centroid' and 'median' may take more.
    'single' and 'ward' search with 8-bit bounds and decide in float64: a small part of that, but
    for 'single' where different rows tie, as on integer grids.

    Memory: a float64 vector for each cluster of two or more vectors, 'single' an 8-bit copy and one
    of the different vectors if some are equal; and some 300 bytes a vector. X of float16, float32,
    float64, int8 and uint8 is read as it is. For metrics
    other than 'euclidean', all distances of up to 4,096 vectors, one row of them of more, and X in
    float64. The GIL is released and Ctrl-C works.

    References
    ----------
    Müllner, arXiv:1109.2378, for the algorithms; Sumengen et al., arXiv:2105.11653, for rounds of
    merges, which 'ward' uses.

    Examples
    --------
    >>> from fastcluster.hierarchy import linkage_vector
    >>> linkage_vector([[0.0, 0.0], [0.0, 1.0], [4.0, 1.0]], metric="cityblock")
    array([[0., 1., 1., 2.],
           [2., 3., 4., 3.]])
    """
    check_method(method, VECTOR_METHODS)
    check_metric(metric, extraarg)
    if method != "single" and metric != "euclidean":
        raise LinkageInputError(
            f"metric must be 'euclidean' for method={method!r}, got {metric!r}\n"
            f"hint: linkage(X, method={method!r}, metric=...) takes any metric, and all distances"
        )
    vectors = check_vectors(np.asarray(X))
    if vectors.shape[1] == 0:
        raise LinkageInputError(f"X must have at least one column, got shape {vectors.shape}")
    if len(vectors) == 1:
        return np.empty((0, 4))
    if metric == "euclidean" and vectors.dtype != bool:
        check_no_nan_in(vectors)
        if np.isfinite(vectors).all():
            check_means_fit(vectors.shape, method)
            return backend().linkage_vectors(vectors, method=method, metric="euclidean")
    if method == "single" and len(vectors) > VECTORS_ABOVE:
        return single_linkage(len(vectors), row_distances(vectors, metric, extraarg))
    return dendrogram(vector_distances(vectors, metric, extraarg), len(vectors), method)
