"""Fast, exact clustering of embedding vectors behind scikit-learn's interface.

Names are loaded when they are first used, so that `import fastcluster` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fastcluster._clash import warn_of_the_older_package

if TYPE_CHECKING:
    from fastcluster import metrics as metrics
    from fastcluster._config import config_context as config_context
    from fastcluster._config import get_config as get_config
    from fastcluster._config import set_config as set_config
    from fastcluster._models import load_model as load_model
    from fastcluster._patch import patch_sklearn as patch_sklearn
    from fastcluster._patch import unpatch_sklearn as unpatch_sklearn
    from fastcluster.cluster import DBSCAN as DBSCAN
    from fastcluster.cluster import HDBSCAN as HDBSCAN
    from fastcluster.cluster import AgglomerativeClustering as AgglomerativeClustering
    from fastcluster.cluster import BalancedKMeans as BalancedKMeans
    from fastcluster.cluster import KMeans as KMeans
    from fastcluster.cluster import MiniBatchKMeans as MiniBatchKMeans
    from fastcluster.cluster import NearestCentroid as NearestCentroid
    from fastcluster.cluster import dbscan as dbscan
    from fastcluster.cluster import k_means as k_means
    from fastcluster.cluster import kmeans_plusplus as kmeans_plusplus
    from fastcluster.cluster import nearest_centroids as nearest_centroids
    from fastcluster.hierarchy import average as average
    from fastcluster.hierarchy import centroid as centroid
    from fastcluster.hierarchy import complete as complete
    from fastcluster.hierarchy import linkage as linkage
    from fastcluster.hierarchy import linkage_batch as linkage_batch
    from fastcluster.hierarchy import linkage_vector as linkage_vector
    from fastcluster.hierarchy import median as median
    from fastcluster.hierarchy import single as single
    from fastcluster.hierarchy import ward as ward
    from fastcluster.hierarchy import weighted as weighted

    __version__: str

__all__ = [
    "DBSCAN",
    "HDBSCAN",
    "AgglomerativeClustering",
    "BalancedKMeans",
    "KMeans",
    "MiniBatchKMeans",
    "NearestCentroid",
    "average",
    "centroid",
    "complete",
    "config_context",
    "dbscan",
    "get_config",
    "k_means",
    "kmeans_plusplus",
    "linkage",
    "linkage_batch",
    "linkage_vector",
    "load_model",
    "median",
    "metrics",
    "nearest_centroids",
    "patch_sklearn",
    "set_config",
    "single",
    "unpatch_sklearn",
    "ward",
    "weighted",
]

_HOMES = {
    "fastcluster._config": ("config_context", "get_config", "set_config"),
    "fastcluster._models": ("load_model",),
    "fastcluster._patch": ("patch_sklearn", "unpatch_sklearn"),
    "fastcluster.cluster": (
        "AgglomerativeClustering",
        "BalancedKMeans",
        "DBSCAN",
        "HDBSCAN",
        "KMeans",
        "MiniBatchKMeans",
        "NearestCentroid",
        "dbscan",
        "k_means",
        "kmeans_plusplus",
        "nearest_centroids",
    ),
    "fastcluster.hierarchy": (
        "average",
        "centroid",
        "complete",
        "linkage",
        "linkage_batch",
        "linkage_batch",
        "linkage_vector",
        "median",
        "single",
        "ward",
        "weighted",
    ),
}
_PARTS = ("metrics",)
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

warn_of_the_older_package()


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    """Load a public name from its home, once."""
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("fastcluster-rs")
    elif name in _PARTS:
        value = import_module(f"fastcluster.{name}")
    elif name in _HOME_OF:
        value = getattr(import_module(_HOME_OF[name]), name)
    else:
        raise AttributeError(f"module 'fastcluster' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *__all__, "__version__"})
