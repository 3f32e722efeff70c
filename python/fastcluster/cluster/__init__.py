"""Estimators and functions that divide vectors into clusters."""

from fastcluster.cluster._agglomerative import (
    AgglomerativeClustering as AgglomerativeClustering,
)
from fastcluster.cluster._balanced import BalancedKMeans as BalancedKMeans
from fastcluster.cluster._dbscan import DBSCAN as DBSCAN
from fastcluster.cluster._dbscan_function import dbscan as dbscan
from fastcluster.cluster._functions import k_means as k_means
from fastcluster.cluster._functions import kmeans_plusplus as kmeans_plusplus
from fastcluster.cluster._functions import nearest_centroids as nearest_centroids
from fastcluster.cluster._hdbscan import HDBSCAN as HDBSCAN
from fastcluster.cluster._kmeans import KMeans as KMeans
from fastcluster.cluster._minibatch import MiniBatchKMeans as MiniBatchKMeans
from fastcluster.cluster._nearest_centroid import NearestCentroid as NearestCentroid

__all__ = [
    "DBSCAN",
    "HDBSCAN",
    "AgglomerativeClustering",
    "BalancedKMeans",
    "KMeans",
    "MiniBatchKMeans",
    "NearestCentroid",
    "dbscan",
    "k_means",
    "kmeans_plusplus",
    "nearest_centroids",
]
