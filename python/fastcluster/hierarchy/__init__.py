"""Hierarchical clustering: the nine functions of the older PyPI package `fastcluster`, and a batch.

One file per concept: `_linkage` (distances or vectors to a dendrogram), `_linkage_vector` (vectors
only, with that package's own metrics), `_batch` (many problems), `_aliases` (one function per
method), `_methods` and `_metrics` (what may be named), `_condensed` (the distances as they enter),
`_engine` (the compiled core), `_row_by_row` (single linkage by any metric), `_naive` (the textbook
definition). Nothing here imports SciPy before a function is called.
"""

from fastcluster.hierarchy._aliases import (
    average as average,
)
from fastcluster.hierarchy._aliases import (
    centroid as centroid,
)
from fastcluster.hierarchy._aliases import (
    complete as complete,
)
from fastcluster.hierarchy._aliases import (
    median as median,
)
from fastcluster.hierarchy._aliases import (
    single as single,
)
from fastcluster.hierarchy._aliases import (
    ward as ward,
)
from fastcluster.hierarchy._aliases import (
    weighted as weighted,
)
from fastcluster.hierarchy._batch import linkage_batch as linkage_batch
from fastcluster.hierarchy._linkage import linkage as linkage
from fastcluster.hierarchy._linkage_vector import linkage_vector as linkage_vector
from fastcluster.hierarchy._methods import mthidx as mthidx
from fastcluster.hierarchy._metrics import mtridx as mtridx

__all__ = [
    "average",
    "centroid",
    "complete",
    "linkage",
    "linkage_batch",
    "linkage_vector",
    "median",
    "single",
    "ward",
    "weighted",
]
