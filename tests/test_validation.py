"""Wrong input: one clear error that says what, where and what to do."""

import ml_dtypes
import numpy as np
import pytest
import scipy.sparse

from fastcluster import KMeans, MiniBatchKMeans, nearest_centroids
from fastcluster._validation import draw_seed

GOOD = np.arange(40.0).reshape(10, 4)
FITS = {
    "KMeans": lambda X, **k: KMeans(2).fit(X, **k),
    "MiniBatchKMeans": lambda X, **k: MiniBatchKMeans(2).fit(X, **k),
    "partial_fit": lambda X, **k: MiniBatchKMeans(2).partial_fit(X, **k),
    "predict": lambda X, **_: KMeans(2).fit(GOOD).predict(X),
    "transform": lambda X, **_: KMeans(2).fit(GOOD).transform(X),
    "score": lambda X, **k: KMeans(2).fit(GOOD).score(X, **k),
    "nearest_centroids": lambda X, **_: nearest_centroids(X, GOOD),
}


@pytest.fixture(params=FITS)
def fit(request):
    """Each call that takes data."""
    return FITS[request.param]


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (3.0, ValueError, "Expected 2D array, got scalar array instead"),
        (np.arange(4.0), ValueError, "Expected 2D array, got 1D array instead"),
        (np.zeros((2, 2, 4)), ValueError, "Found array with dim 3"),
        (np.zeros((0, 4)), ValueError, r"Found array with 0 sample\(s\)"),
        (np.zeros((4, 0)), ValueError, r"Found array with 0 feature\(s\)"),
        (GOOD.astype(complex), ValueError, "Complex data not supported"),
        (scipy.sparse.csr_array(GOOD.astype(complex)), ValueError, "Complex data not supported"),
        ([[1, 2], [3]], ValueError, "inhomogeneous"),
        ([["a", "b"], ["c", "d"]], ValueError, "could not convert string to float"),
        (np.array([[{}, {}]] * 3), TypeError, "argument must be .* string.* number"),
    ],
)
def test_what_is_no_matrix_of_numbers_is_refused(fit, X, error, message):
    with pytest.raises(error, match=message):
        fit(X)


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_the_matrix_class_of_numpy_is_refused_as_in_scikit_learn(fit):
    with pytest.raises(TypeError, match=r"np\.matrix is not supported"):
        fit(np.matrix(GOOD))


def test_none_is_refused(fit):
    with pytest.raises(ValueError, match="Expected 2D array, got scalar array instead"):
        fit(None)


FLOATS = [
    pytest.param(np.float16, np.asarray, id="float16"),
    pytest.param(ml_dtypes.bfloat16, np.asarray, id="bfloat16"),
    pytest.param(np.float32, np.asarray, id="float32"),
    pytest.param(np.float64, np.asarray, id="float64"),
    pytest.param(np.float32, scipy.sparse.csr_array, id="sparse float32"),
    pytest.param(np.float64, scipy.sparse.csc_array, id="sparse float64"),
]


@pytest.mark.parametrize(("dtype", "container"), FLOATS)
@pytest.mark.parametrize(
    ("value", "first_line"),
    [
        (np.nan, "Input X contains NaN."),
        (np.inf, "Input X contains infinity or a value too large for dtype('{}')."),
        (-np.inf, "Input X contains infinity or a value too large for dtype('{}')."),
    ],
)
def test_what_is_not_finite_is_found_with_its_place(fit, dtype, container, value, first_line):
    X = np.ones((10, 4), dtype=dtype)
    X[7, 2] = X[8, 0] = value
    with pytest.raises(ValueError, match="Input X") as caught:
        fit(container(X))
    first, second = str(caught.value).splitlines()
    assert first == first_line.format(np.dtype(dtype).name)
    assert second.startswith("hint: the first is in row 7, column 2; ")


def test_the_last_value_is_looked_at_too():
    X = np.ones((1001, 67), dtype=np.float32, order="F")
    X[-1, -1] = np.nan
    with pytest.raises(ValueError, match="row 1000, column 66"):
        KMeans(2, n_jobs=2).fit(X)


@pytest.mark.parametrize("wrong", [np.nan, None])
def test_missing_values_of_frames_are_nan(wrong):
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    columns = {"a": [1.0, 2.0, wrong], "b": [1.0, 2.0, 3.0]}
    for frame in (pandas.DataFrame(columns), polars.DataFrame(columns)):
        with pytest.raises(ValueError, match=r"contains NaN[\s\S]*row 2, column 0"):
            KMeans(2).fit(frame)


def test_another_width_than_that_of_the_fit_is_refused():
    model = KMeans(2).fit(GOOD)
    for call in (model.predict, model.transform, model.score):
        with pytest.raises(
            ValueError, match="X has 3 features, but KMeans is expecting 4 features"
        ):
            call(GOOD[:, :3])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(9), r"sample_weight.shape == \(9,\), expected \(10,\)"),
        (np.ones((10, 1)), "Sample weights must be 1D array or scalar"),
        (np.zeros(10), "Sample weights must contain at least one non-zero number"),
        (np.r_[-1.0, np.ones(9)], "Negative values in data passed to `sample_weight`"),
        (np.r_[np.nan, np.ones(9)], "Input sample_weight contains NaN"),
        (np.r_[np.inf, np.ones(9)], "Input sample_weight contains infinity"),
        (np.full(10, 1e308), r"sample_weight=1e\+308 should be <= .*\nhint: divide all weights by"),
    ],
)
@pytest.mark.parametrize("name", ["KMeans", "MiniBatchKMeans", "partial_fit", "score"])
def test_wrong_weights_are_refused(name, weights, message):
    with pytest.raises(ValueError, match=message):
        FITS[name](GOOD, sample_weight=weights)


@pytest.mark.parametrize("weights", [2, 2.0, [2] * 10, np.full(10, 2, dtype=np.int8)])
def test_weights_may_be_a_number_a_list_or_integers(weights):
    plain, weighted = (KMeans(2, init=GOOD[:2]).fit(GOOD, sample_weight=w) for w in (None, weights))
    assert (plain.labels_ == weighted.labels_).all()
    assert weighted.inertia_ == 2 * plain.inertia_


@pytest.mark.parametrize("estimator", [KMeans, MiniBatchKMeans])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_clusters", 0),
        ("n_clusters", 2.5),
        ("init", "kmeans++"),
        ("n_init", 0),
        ("max_iter", 0),
        ("tol", -1),
        ("random_state", "seed"),
        ("metric", "manhattan"),
        ("n_jobs", 1.5),
        ("device", "gpu"),
        ("verbose", "yes"),
    ],
)
def test_wrong_parameters_are_named_with_the_rule_and_the_value(estimator, name, value):
    with pytest.raises(ValueError, match=f"The '{name}' parameter of {estimator.__name__} must be"):
        estimator(**{name: value}).fit(GOOD)


@pytest.mark.parametrize("estimator", [KMeans, MiniBatchKMeans])
@pytest.mark.parametrize(
    ("init", "message"),
    [
        (GOOD[:3], r"initial centers \(3, 4\) does not match the number of clusters 2\.\nhint: "),
        (GOOD[:2, :3], r"centers \(2, 3\) does not match the number of features of the data 4"),
        (lambda X, k, random_state: X[:3], "does not match the number of clusters"),
        (np.full((2, 4), np.nan), "Input init contains NaN"),
    ],
)
def test_wrong_start_centers_are_refused(estimator, init, message):
    with pytest.raises(ValueError, match=message):
        estimator(2, init=init, n_init=1).fit(GOOD)


def test_start_centers_are_neither_changed_nor_shared():
    start = GOOD[:2].copy()
    model = KMeans(2, init=start).fit(GOOD)
    assert (start == GOOD[:2]).all()
    assert not np.may_share_memory(model.cluster_centers_, start)


def test_n_jobs_0_is_refused():
    with pytest.raises(ValueError, match="n_jobs=0 must be None or an int other than 0"):
        KMeans(2, n_jobs=0).fit(GOOD)


def test_more_clusters_than_rows_is_refused_with_a_way_out():
    with pytest.raises(
        ValueError, match=r"n_samples=10 should be >= n_clusters=11\.\nhint: pass n_clusters=10 or"
    ):
        KMeans(11).fit(GOOD)


def test_seeds_come_from_random_state():
    assert draw_seed(0) == draw_seed(0) == draw_seed(np.random.RandomState(0))
    assert draw_seed(0) != draw_seed(1)
    assert 0 <= draw_seed(None) < 2**63
    state = np.random.RandomState(0)
    assert draw_seed(state) != draw_seed(state)
