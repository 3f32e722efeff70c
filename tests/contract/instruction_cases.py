"""Run one small fixed problem in the compiled core, which is loaded by its path.

usage: python -I -S tests/contract/instruction_cases.py CASE CORE SITE_PACKAGES
"""

import sys
from importlib.util import module_from_spec, spec_from_file_location

CASE, CORE, SITE_PACKAGES = sys.argv[1:]
sys.path.append(SITE_PACKAGES)

import numpy as np  # noqa: E402 - found by the line above

N_ROWS = 4096


def drawn(n_features, n_groups):
    """Return overlapping groups of rows."""
    rng = np.random.default_rng(0)
    centers = rng.random((n_groups, n_features), dtype=np.float32)
    noise = rng.random((N_ROWS, n_features), dtype=np.float32)
    return centers[rng.integers(n_groups, size=N_ROWS)] + noise


def assign(core):
    X = drawn(128, 256)
    core.assign(X, X[:256], metric="euclidean", sample_weight=None, n_threads=1, inertia=False)


def seeding(core):
    core.init_centers(
        drawn(64, 64),
        n_clusters=64,
        init="k-means++",
        sample_weight=None,
        seed=0,
        metric="euclidean",
        n_threads=1,
    )


def lloyd(core):
    X = drawn(64, 64)
    core.kmeans_fit(
        X,
        n_clusters=64,
        init=[X[:64]],
        n_init=1,
        max_iter=5,
        tol=0.0,
        sample_weight=None,
        seed=0,
        metric="euclidean",
        n_threads=1,
        algorithm="lloyd",
        memory_limit=None,
    )


def minibatch(core):
    X = drawn(64, 64)
    core.minibatch_fit(
        X,
        X[:64],
        batch_size=512,
        max_iter=3,
        tol=0.0,
        max_no_improvement=None,
        reassignment_ratio=0.01,
        sample_weight=None,
        sampling="rows",
        growth=None,
        seed=0,
        metric="euclidean",
        n_threads=1,
    )


spec = spec_from_file_location("fastcluster._core", CORE)
module = module_from_spec(spec)
spec.loader.exec_module(module)
{"assign": assign, "seeding": seeding, "lloyd": lloyd, "minibatch": minibatch}[CASE](module)
