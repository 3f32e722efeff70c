"""NearestCentroid: the same results as scikit-learn's."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.datasets import load_iris
from sklearn.neighbors import NearestCentroid as SklearnNearestCentroid

from fastcluster import NearestCentroid

X, y = load_iris(return_X_y=True)
ATTRIBUTES = ("centroids_", "classes_", "class_prior_", "deviations_", "within_class_std_dev_")
METHODS = ("predict", "decision_function", "predict_proba", "predict_log_proba")


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("priors", ["uniform", "empirical", [0.7, 0.2, 0.1]])
@pytest.mark.parametrize("shrink_threshold", [None, 0.1, 5.0])
@pytest.mark.parametrize("metric", ["euclidean", "manhattan"])
@pytest.mark.parametrize("classes", [2, 3])
def test_agrees_with_scikit_learn(metric, shrink_threshold, priors, sparse, classes):
    rows = y < classes
    data = scipy.sparse.csr_array(X[rows]) if sparse else X[rows]
    if isinstance(priors, list) and classes == 2:
        priors = [0.7, 0.3]
    arguments = {"metric": metric, "shrink_threshold": shrink_threshold, "priors": priors}
    ours = NearestCentroid(**arguments).fit(data, y[rows])
    # scikit-learn's own classifier has no shrinking for sparse data with its empirical mean.
    theirs = SklearnNearestCentroid(**arguments).fit(X[rows], y[rows])
    for name in ATTRIBUTES:
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-9)
    for name in METHODS:
        assert hasattr(ours, name) == hasattr(theirs, name)
        if hasattr(theirs, name):
            np.testing.assert_allclose(
                getattr(ours, name)(data), getattr(theirs, name)(X[rows]), rtol=1e-7, atol=1e-9
            )


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int8, np.uint8])
def test_small_dtypes_give_means_in_float64(dtype):
    data = (X * 10).astype(dtype)
    model = NearestCentroid().fit(data, y)
    wide = NearestCentroid().fit(data.astype(np.float64), y)
    np.testing.assert_allclose(model.centroids_, wide.centroids_, rtol=1e-12)
    assert (model.predict(data) == wide.predict(data.astype(np.float64))).all()


def test_classes_keep_their_names():
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    model = NearestCentroid().fit(X, names)
    assert model.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert model.score(X, names) > 0.9
    assert set(model.predict(X)) <= set(names)


def test_equally_near_centroids_give_the_first_class():
    model = NearestCentroid().fit([[-2.0], [-1.0], [1.0], [2.0]], ["b", "b", "a", "a"])
    assert model.predict([[0.0]]).tolist() == ["a"]


@pytest.mark.parametrize(
    ("data", "classes", "arguments", "message"),
    [
        (X, np.zeros(150), {}, "number of classes has to be greater than one; got 1 class"),
        (np.ones((4, 2)), [0, 0, 1, 1], {}, "All features have zero variance"),
        (X, y, {"priors": [-2, 4, 1]}, "priors must be non-negative"),
        (X, y, {"priors": [0.5, 0.5]}, r"priors has shape \(2,\), and there are 3 classes"),
        (X, None, {}, "requires y to be passed, but the target y is None"),
        (X, y[:-1], {}, "inconsistent numbers of samples"),
        (X, X[:, 0], {}, "Unknown label type: continuous"),
        (X, y, {"metric": "cosine"}, "The 'metric' parameter of NearestCentroid must be a str"),
        (np.full_like(X, np.nan), y, {}, "Input X contains NaN"),
    ],
)
def test_wrong_input_is_named(data, classes, arguments, message):
    with pytest.raises(ValueError, match=message):
        NearestCentroid(**arguments).fit(data, classes)


def test_priors_are_normalised_with_a_warning():
    with pytest.warns(UserWarning, match="The priors do not sum to 1. Normalizing") as caught:
        model = NearestCentroid(priors=[2, 4, 2]).fit(X, y)
    assert caught[0].filename == __file__
    assert model.class_prior_.tolist() == [0.25, 0.5, 0.25]
