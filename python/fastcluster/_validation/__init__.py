"""Checks at the edge: what comes in is either right afterwards, or refused with one clear error.

scikit-learn's private helpers are used here and nowhere else; the wording that its estimator checks
demand comes with them. Where a message is scikit-learn's, it is the first line, and our hint the
second.
"""

from fastcluster._validation._centers import check_centers as check_centers
from fastcluster._validation._constraints import CONSTRAINTS as CONSTRAINTS
from fastcluster._validation._constraints import PAIR_METRICS as PAIR_METRICS
from fastcluster._validation._constraints import array_like as array_like
from fastcluster._validation._constraints import check_metric_name as check_metric_name
from fastcluster._validation._constraints import checked_call as checked_call
from fastcluster._validation._distances import check_distances as check_distances
from fastcluster._validation._fits import connected_clustering as connected_clustering
from fastcluster._validation._fits import gives_frames as gives_frames
from fastcluster._validation._fits import unchanged_on_failure as unchanged_on_failure
from fastcluster._validation._labels import check_cluster_numbers as check_cluster_numbers
from fastcluster._validation._labels import check_labels as check_labels
from fastcluster._validation._labels import check_targets as check_targets
from fastcluster._validation._labels import numbered as numbered
from fastcluster._validation._memory import check_memory as check_memory
from fastcluster._validation._random import draw_rows as draw_rows
from fastcluster._validation._random import draw_seed as draw_seed
from fastcluster._validation._vectors import check_dense as check_dense
from fastcluster._validation._vectors import check_enough_rows as check_enough_rows
from fastcluster._validation._vectors import check_vectors as check_vectors
from fastcluster._validation._vectors import split_finite as split_finite
from fastcluster._validation._weights import check_signed_weights as check_signed_weights
from fastcluster._validation._weights import check_weights as check_weights

__all__ = [
    "CONSTRAINTS",
    "PAIR_METRICS",
    "array_like",
    "check_centers",
    "check_cluster_numbers",
    "check_dense",
    "check_distances",
    "check_enough_rows",
    "check_labels",
    "check_memory",
    "check_metric_name",
    "check_signed_weights",
    "check_targets",
    "check_vectors",
    "check_weights",
    "checked_call",
    "connected_clustering",
    "draw_rows",
    "draw_seed",
    "gives_frames",
    "numbered",
    "split_finite",
    "unchanged_on_failure",
]
