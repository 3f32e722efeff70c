//! k-means.

use fastcluster_core::kmeans::hierarchical::{self, Gap};
use fastcluster_core::kmeans::{self, Centers, Fit, Init, Params};
use fastcluster_core::points::Points;
use numpy::{IntoPyArray, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::array::{CenterMatrix, Matrix, MetricName, table, weights};
use crate::run::{run, work};

/// What a fit found.
#[pyclass(frozen, module = "fastcluster._core")]
pub(crate) struct KMeansFit {
    #[pyo3(get)]
    labels: Py<PyAny>,
    #[pyo3(get)]
    centers: Py<PyAny>,
    #[pyo3(get)]
    inertia: f64,
    #[pyo3(get)]
    n_iter: usize,
    #[pyo3(get)]
    n_distinct: usize,
    #[pyo3(get)]
    history: Py<PyDict>,
    #[pyo3(get)]
    gap: Option<(usize, f64, f64)>,
    #[pyo3(get)]
    path: String,
}

impl KMeansFit {
    fn wrap(
        py: Python<'_>,
        (fit, gap): (Fit, Option<Gap>),
        n_features: usize,
        n_threads: usize,
    ) -> PyResult<Self> {
        let history = PyDict::new(py);
        let records = &fit.history;
        let of = |value: fn(&kmeans::IterationRecord) -> f64| -> Vec<f64> {
            records.iter().map(value).collect()
        };
        let count = |value: fn(&kmeans::IterationRecord) -> u64| -> Vec<i64> {
            records.iter().map(|record| value(record).cast_signed()).collect()
        };
        history.set_item("inertia", of(|record| record.inertia).into_pyarray(py))?;
        history.set_item("center_shift", of(|record| record.center_shift).into_pyarray(py))?;
        history.set_item("n_changed", count(|record| record.n_changed).into_pyarray(py))?;
        history.set_item("n_rechecked", count(|record| record.n_rechecked).into_pyarray(py))?;
        history.set_item("n_scored", count(|record| record.n_scored).into_pyarray(py))?;
        history.set_item("seconds", of(|record| record.seconds).into_pyarray(py))?;
        Ok(Self {
            labels: fit.labels.into_pyarray(py).into_any().unbind(),
            centers: table(py, fit.centers, n_features)?.unbind(),
            inertia: fit.inertia,
            n_iter: fit.n_iter,
            n_distinct: fit.n_distinct,
            history: history.unbind(),
            gap: gap.map(|gap| (gap.n_checked, gap.mislabelled, gap.inertia_excess)),
            path: path(fit.words, n_threads),
        })
    }
}

/// Which kernel ran, in words.
pub(crate) fn path(words: &str, n_threads: usize) -> String {
    format!("{words} filter, {}, {n_threads} threads", crate::isa())
}

/// The start of a fit: a method's name or centers.
pub(crate) struct InitChoice(pub(crate) Init);

impl<'py> FromPyObject<'_, 'py> for InitChoice {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(name) = object.extract::<&str>() {
            return Ok(Self(match name {
                "k-means++" => Init::PlusPlus,
                "k-means||" => Init::Parallel,
                "random" => Init::Random,
                other => {
                    return Err(PyValueError::new_err(format!(
                        "init must be 'k-means++', 'k-means||', 'random' or arrays, got {other:?}"
                    )));
                }
            }));
        }
        let starts = object.extract::<Vec<CenterMatrix>>()?;
        Ok(Self(Init::Given(starts.into_iter().map(|start| start.values).collect())))
    }
}

/// Which algorithm a fit runs.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Algorithm {
    Lloyd,
    Hierarchical,
}

impl<'py> FromPyObject<'_, 'py> for Algorithm {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match object.extract::<&str>()? {
            "lloyd" => Ok(Self::Lloyd),
            "hierarchical" => Ok(Self::Hierarchical),
            other => Err(PyValueError::new_err(format!(
                "algorithm must be 'lloyd' or 'hierarchical', got {other:?}"
            ))),
        }
    }
}

/// Lloyd's algorithm from each start, or the hierarchical one.
#[pyfunction]
#[pyo3(signature = (X, *, n_clusters, init, n_init, max_iter, tol, sample_weight, seed, metric, n_threads, algorithm, memory_limit = None, on_event = None))]
#[expect(non_snake_case, clippy::too_many_arguments, reason = "scikit-learn's parameters")]
pub(crate) fn kmeans_fit(
    py: Python<'_>,
    X: Matrix<'_>,
    n_clusters: usize,
    init: InitChoice,
    n_init: usize,
    max_iter: usize,
    tol: f64,
    sample_weight: Option<PyReadonlyArray1<'_, f64>>,
    seed: u64,
    metric: MetricName,
    n_threads: usize,
    algorithm: Algorithm,
    memory_limit: Option<u64>,
    on_event: Option<Bound<'_, PyAny>>,
) -> PyResult<KMeansFit> {
    let values = X.values()?;
    let (n, d) = values.shape();
    let params = Params { n_clusters, n_init, max_iter, tol, seed, memory_limit };
    let sample_weight = weights(sample_weight.as_ref())?;
    let size = work(&[n, d, n_clusters, n_init, max_iter]);
    let fit = run(py, n_threads, size, on_event.as_ref(), |context| {
        let points = Points::new(values, metric.0, context)?;
        if algorithm == Algorithm::Hierarchical {
            let fit = hierarchical::fit(&points, sample_weight, &init.0, &params, context);
            return fit.map(|(fit, gap)| (fit, Some(gap)));
        }
        kmeans::fit(&points, sample_weight, &init.0, &params, context).map(|fit| (fit, None))
    })?;
    KMeansFit::wrap(py, fit, d, n_threads)
}

/// Start centers and the rows that they are.
#[pyfunction]
#[pyo3(signature = (X, *, n_clusters, init, sample_weight, seed, metric, n_threads, n_local_trials = None, memory_limit = None, on_event = None))]
#[expect(non_snake_case, clippy::too_many_arguments, reason = "scikit-learn's parameters")]
pub(crate) fn init_centers<'py>(
    py: Python<'py>,
    X: Matrix<'_>,
    n_clusters: usize,
    init: InitChoice,
    sample_weight: Option<PyReadonlyArray1<'_, f64>>,
    seed: u64,
    metric: MetricName,
    n_threads: usize,
    n_local_trials: Option<usize>,
    memory_limit: Option<u64>,
    on_event: Option<Bound<'_, PyAny>>,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let values = X.values()?;
    let (n, d) = values.shape();
    let sample_weight = weights(sample_weight.as_ref())?;
    let size = work(&[n, d, n_clusters]);
    let (centers, rows) = run(py, n_threads, size, on_event.as_ref(), |context| {
        let points = Points::new(values, metric.0, context)?;
        kmeans::init_centers(
            &points,
            sample_weight,
            &init.0,
            n_clusters,
            n_local_trials,
            seed,
            memory_limit,
            context,
        )
    })?;
    let rows: Vec<i64> = rows.into_iter().map(usize::cast_signed).map(|row| row as i64).collect();
    Ok((table(py, centers, d)?, rows.into_pyarray(py).into_any()))
}

/// Exact labels and the inertia.
#[pyfunction]
#[pyo3(signature = (X, centers, *, metric, sample_weight, n_threads, inertia = true))]
#[expect(non_snake_case, clippy::too_many_arguments, reason = "scikit-learn's names")]
pub(crate) fn assign<'py>(
    py: Python<'py>,
    X: Matrix<'_>,
    centers: CenterMatrix,
    metric: MetricName,
    sample_weight: Option<PyReadonlyArray1<'_, f64>>,
    n_threads: usize,
    inertia: bool,
) -> PyResult<(Bound<'py, PyAny>, f64)> {
    let values = X.values()?;
    let (n, d) = values.shape();
    let sample_weight = weights(sample_weight.as_ref())?;
    let size = work(&[n, d, centers.n_clusters]);
    let found = run(py, n_threads, size, None, |context| {
        let points = Points::new(values, metric.0, context)?;
        let matching: Centers = centers.values;
        kmeans::assign(&points, matching, centers.n_features, sample_weight, inertia, context)
    })?;
    Ok((found.labels.into_pyarray(py).into_any(), found.inertia.unwrap_or(f64::NAN)))
}
