"""How good a clustering is, from the vectors and their labels alone."""

from fastcluster.metrics._density import validity_index as validity_index
from fastcluster.metrics._dispersion import calinski_harabasz_score as calinski_harabasz_score
from fastcluster.metrics._dispersion import davies_bouldin_score as davies_bouldin_score
from fastcluster.metrics._estimate import SilhouetteEstimate as SilhouetteEstimate
from fastcluster.metrics._estimate import silhouette_estimate as silhouette_estimate
from fastcluster.metrics._silhouette import silhouette_samples as silhouette_samples
from fastcluster.metrics._silhouette import silhouette_score as silhouette_score

__all__ = [
    "SilhouetteEstimate",
    "calinski_harabasz_score",
    "davies_bouldin_score",
    "silhouette_estimate",
    "silhouette_samples",
    "silhouette_score",
    "validity_index",
]
