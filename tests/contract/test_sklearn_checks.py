"""scikit-learn's checks of estimators: those for everybody, and those only for its own."""

import deselections
import pytest
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

import fastcluster

CHECKS = deselections.read("check")

# Small and quick, as scikit-learn sets up its own k-means for these checks.
ESTIMATORS = [
    fastcluster.AgglomerativeClustering(),
    fastcluster.AgglomerativeClustering(linkage="single"),
    fastcluster.AgglomerativeClustering(linkage="average", metric="manhattan"),
    fastcluster.BalancedKMeans(n_clusters=2, n_init=2, max_iter=5),
    fastcluster.DBSCAN(eps=2.0),
    fastcluster.HDBSCAN(min_samples=1),
    fastcluster.KMeans(n_clusters=2, n_init=2, max_iter=5),
    fastcluster.MiniBatchKMeans(n_clusters=2, n_init=2, max_iter=5, batch_size=10),
    fastcluster.MiniBatchKMeans(
        n_clusters=2, n_init=2, max_iter=5, batch_size=10, batch_growth=2.0
    ),
    fastcluster.NearestCentroid(),
]
TRANSFORMERS = [estimator for estimator in ESTIMATORS if hasattr(estimator, "set_output")]

OF_EVERY_ESTIMATOR = [
    "check_param_validation",
    "check_dataframe_column_names_consistency",
    "check_inplace_ensure_writeable",
]
OF_TRANSFORMERS = [
    "check_set_output_transform",
    "check_set_output_transform_pandas",
    "check_global_output_transform_pandas",
    "check_set_output_transform_polars",
    "check_global_set_output_transform_polars",
    "check_transformer_get_feature_names_out",
    "check_transformer_get_feature_names_out_pandas",
    "check_get_feature_names_out_error",
]


def name(estimator):
    return type(estimator).__name__


def expected_to_fail(estimator):
    """Return the checks that the estimator is listed not to pass, with the reasons."""
    return {entry.id: entry.reason for entry in CHECKS if name(estimator) in entry.estimators}


@pytest.mark.filterwarnings("default")
@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_to_fail, xfail_strict=True)
def test_check(estimator, check):
    check(estimator)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("check", OF_EVERY_ESTIMATOR)
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=name)
def test_check_of_scikit_learns_own(estimator, check):
    getattr(estimator_checks, check)(name(estimator), estimator)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("check", OF_TRANSFORMERS)
@pytest.mark.parametrize("estimator", TRANSFORMERS, ids=name)
def test_check_of_scikit_learns_own_transformers(estimator, check):
    getattr(estimator_checks, check)(name(estimator), estimator)


@pytest.mark.parametrize("entry", CHECKS, ids=lambda entry: entry.id)
def test_every_listed_check_exists(entry):
    assert entry.estimators
    by_name = {name(estimator): estimator for estimator in ESTIMATORS}
    for estimator in entry.estimators:
        checks = estimator_checks_generator(by_name[estimator])
        assert entry.id in {check.func.__name__ for _, check in checks}
