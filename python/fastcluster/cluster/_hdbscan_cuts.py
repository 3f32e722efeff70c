"""Other clusters from the tree of a fitted HDBSCAN: other selections, every radius of DBSCAN."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from fastcluster.cluster._hdbscan_fit import FitOfHDBSCAN

__all__ = ["CutsOfHDBSCAN"]

_SELECTION = (
    "min_cluster_size",
    "cluster_selection_epsilon",
    "max_cluster_size",
    "cluster_selection_method",
    "allow_single_cluster",
    "store_centers",
    "ties",
)
"""Parameters that only select clusters from the tree."""


class CutsOfHDBSCAN(FitOfHDBSCAN):
    """The methods of `HDBSCAN` that cut its tree again."""

    def recut(self, **changes: Any) -> Self:  # noqa: ANN401 - values of parameters
        """Select other clusters from the same tree, without fitting again.

        Parameters
        ----------
        **changes : min_cluster_size, cluster_selection_method, cluster_selection_epsilon, \
max_cluster_size, allow_single_cluster, store_centers, ties
            Parameters that change. `min_samples` stays what it was in the fit, also where it
            followed `min_cluster_size`.

        Returns
        -------
        model : HDBSCAN
            A new fitted estimator that shares the tree; this one stays as it is.

        Raises
        ------
        ValueError
            If a value is out of its range.
        TypeError
            If a parameter needs another tree.

        Notes
        -----
        O(n), but for `store_centers`. Equal to a fresh fit with these parameters.

        Examples
        --------
        >>> from fastcluster import HDBSCAN
        >>> model = HDBSCAN(2).fit([[0.0], [1.0], [8.0], [9.0]])
        >>> model.recut(allow_single_cluster=True, min_cluster_size=3).labels_.tolist()
        [0, 0, 0, 0]
        """
        check_is_fitted(self)
        strange = sorted(set(changes) - set(_SELECTION))
        if strange:
            raise TypeError(
                f"recut takes {', '.join(_SELECTION)}, got {', '.join(strange)}\n"
                "hint: other parameters need a new fit"
            )
        model: Any = clone(self).set_params(min_samples=self._min_samples, **changes)
        model._validate_params()  # noqa: SLF001 - another of its class
        fitted = {name: value for name, value in vars(self).items() if name not in vars(model)}
        vars(model).update(fitted)
        model._select(self._backend())  # noqa: SLF001 - as above
        recut: Self = model
        return recut

    def dbscan_clustering(self, cut_distance: float, min_cluster_size: int = 5) -> NDArray[np.intp]:
        """Return the clusters at one height of the tree: DBSCAN*, without border rows.

        Parameters
        ----------
        cut_distance : float
            Rows stay together where they are joined below this mutual reachability.
        min_cluster_size : int, default=5
            Smaller parts are noise.

        Returns
        -------
        labels : ndarray of intp of shape (n_samples,)
            As scikit-learn's; -1 for noise, -2 and -3 for rows with infinity and with NaN.

        See Also
        --------
        dbscan_labels : DBSCAN with border rows, as scikit-learn's DBSCAN.

        Examples
        --------
        >>> from fastcluster import HDBSCAN
        >>> model = HDBSCAN(2).fit([[0.0], [1.0], [8.0], [9.0]])
        >>> model.dbscan_clustering(2.0, min_cluster_size=2).tolist()
        [0, 0, 1, 1]
        """
        backend = self._backend()
        labels = backend.density_cut_at(
            self._tree_of_fit(), height=float(cut_distance), min_cluster_size=min_cluster_size
        )
        return self._labels(backend, self._rows_of_fit(), labels)

    def dbscan_labels(self, eps: float) -> NDArray[np.intp]:
        """Return the labels of DBSCAN with any radius, from this one fit.

        Parameters
        ----------
        eps : float
            The radius, inclusive.

        Returns
        -------
        labels : ndarray of intp of shape (n_samples,)
            Equal to those of `sklearn.cluster.DBSCAN(eps, min_samples=min_samples)`, border rows
            and numbers of labels included; -2 and -3 for rows with infinity and with NaN.

        Raises
        ------
        ValueError
            If the fit had another alpha than 1, or eps is not positive.

        Notes
        -----
        O(n min_samples). Under "euclidean" squared distances are compared with eps squared, as
        scikit-learn does.

        Examples
        --------
        >>> from fastcluster import HDBSCAN
        >>> model = HDBSCAN(2).fit([[0.0], [1.0], [8.0], [9.0]])
        >>> model.dbscan_labels(7.0).tolist()
        [0, 0, 0, 0]
        """
        fitted = self._tree_of_fit()
        if self.alpha != 1.0:
            raise ValueError(
                f"dbscan_labels needs a fit with alpha=1, got alpha={self.alpha}\n"
                "hint: DBSCAN knows no alpha; fit with alpha=1.0"
            )
        if not eps > 0:
            raise ValueError(f"eps={eps} must be > 0\nhint: it is the radius of a neighbourhood")
        native, backend = self._native(), self._backend()
        labels = backend.dbscan_of_tree(
            fitted,
            eps=float(eps),
            vectors=self._training_for(backend) if native == "euclidean" else None,
            metric=native or "euclidean",
        )
        return self._labels(backend, self._rows_of_fit(), labels)
