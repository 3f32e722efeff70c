//! DBSCAN.

use fastcluster_core::dbscan::{self, Fit, Links, Params, Step, neighborhoods, precomputed};
use fastcluster_core::points::Points;
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::array::{Matrix, MetricName, weights};
use crate::errors::to_python;
use crate::run::{run, work};

/// What a fit found.
#[pyclass(frozen, module = "fastcluster._core")]
pub(crate) struct DbscanFit {
    #[pyo3(get)]
    labels: Py<PyAny>,
    #[pyo3(get)]
    core_sample_indices: Py<PyAny>,
}

impl DbscanFit {
    fn wrap(py: Python<'_>, fit: Fit) -> Self {
        let cores = fit.cores.iter().enumerate().filter(|(_, core)| **core);
        let cores: Vec<i64> = cores.map(|(row, _)| row.cast_signed() as i64).collect();
        Self {
            labels: fit.labels.into_pyarray(py).into_any().unbind(),
            core_sample_indices: cores.into_pyarray(py).into_any().unbind(),
        }
    }
}

/// Clusters vectors.
#[pyfunction]
#[pyo3(signature = (X, *, eps, min_samples, sample_weight, metric, n_threads, memory_limit = None))]
#[expect(non_snake_case, clippy::too_many_arguments, reason = "scikit-learn's parameters and ours")]
pub(crate) fn dbscan_fit(
    py: Python<'_>,
    X: Matrix<'_>,
    eps: f64,
    min_samples: usize,
    sample_weight: Option<PyReadonlyArray1<'_, f64>>,
    metric: MetricName,
    n_threads: usize,
    memory_limit: Option<u64>,
) -> PyResult<DbscanFit> {
    let values = X.values()?;
    let (n, d) = values.shape();
    let params = Params { eps, min_samples, memory_limit };
    let sample_weight = weights(sample_weight.as_ref())?;
    let fit = run(py, n_threads, work(&[n, n, d]), None, |context| {
        let points = Points::new(values, metric.0, context)?;
        dbscan::fit(&points, &params, sample_weight, context)
    })?;
    Ok(DbscanFit::wrap(py, fit))
}

/// Clusters rows by the matrix of their distances.
#[pyfunction]
#[pyo3(signature = (X, *, eps, min_samples, sample_weight, n_threads))]
#[expect(non_snake_case, reason = "scikit-learn's name")]
pub(crate) fn dbscan_fit_precomputed(
    py: Python<'_>,
    X: Matrix<'_>,
    eps: f64,
    min_samples: usize,
    sample_weight: Option<PyReadonlyArray1<'_, f64>>,
    n_threads: usize,
) -> PyResult<DbscanFit> {
    let values = X.values()?;
    let (n, _) = values.shape();
    let params = Params { eps, min_samples, memory_limit: None };
    let sample_weight = weights(sample_weight.as_ref())?;
    let fit = run(py, n_threads, work(&[n, n]), None, |context| {
        precomputed::fit(values, &params, sample_weight, context)
    })?;
    Ok(DbscanFit::wrap(py, fit))
}

/// The smallest label among the core rows within eps of each row.
#[pyfunction]
#[pyo3(signature = (X, components, labels, *, eps, metric, n_threads))]
#[expect(non_snake_case, clippy::too_many_arguments, reason = "scikit-learn's parameters and ours")]
pub(crate) fn dbscan_predict<'py>(
    py: Python<'py>,
    X: Matrix<'_>,
    components: Matrix<'_>,
    labels: PyReadonlyArray1<'_, i64>,
    eps: f64,
    metric: MetricName,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let (values, components, labels) = (X.values()?, components.values()?, labels.as_slice()?);
    let ((m, d), (n, _)) = (values.shape(), components.shape());
    let found = run(py, n_threads, work(&[m, n, d]), None, |context| {
        let points = Points::new(values, metric.0, context)?;
        let cores = Points::new(components, metric.0, context)?;
        dbscan::predict(&points, &cores, labels, eps, context)
    })?;
    Ok(found.into_pyarray(py))
}

/// The same for distances to the rows of the fit.
#[pyfunction]
#[pyo3(signature = (X, core_labels, *, eps, n_threads))]
#[expect(non_snake_case, reason = "scikit-learn's name")]
pub(crate) fn dbscan_predict_precomputed<'py>(
    py: Python<'py>,
    X: Matrix<'_>,
    core_labels: PyReadonlyArray1<'_, i64>,
    eps: f64,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let (values, labels) = (X.values()?, core_labels.as_slice()?);
    let (m, n) = values.shape();
    let found = run(py, n_threads, work(&[m, n]), None, |context| {
        precomputed::predict(values, labels, eps, context)
    })?;
    Ok(found.into_pyarray(py))
}

/// Clusters rows whose neighbourhoods come in parts.
#[pyclass(module = "fastcluster._core")]
pub(crate) struct DbscanLinks {
    /// None once there is a result.
    links: Option<Links>,
    n_threads: usize,
}

#[pymethods]
impl DbscanLinks {
    #[new]
    #[pyo3(signature = (n_samples, *, min_samples, sample_weight, n_threads, memory_limit = None))]
    fn new(
        n_samples: u32,
        min_samples: usize,
        sample_weight: Option<PyReadonlyArray1<'_, f64>>,
        n_threads: usize,
        memory_limit: Option<u64>,
    ) -> PyResult<Self> {
        let sample_weight = weights(sample_weight.as_ref())?;
        let links = Links::new(n_samples as usize, min_samples, sample_weight, memory_limit);
        Ok(Self { links: Some(links.map_err(|error| to_python(&error))?), n_threads })
    }

    /// Takes the neighbourhoods of the rows from `first`.
    fn add(
        &self,
        py: Python<'_>,
        first: usize,
        offsets: PyReadonlyArray1<'_, i64>,
        columns: PyReadonlyArray1<'_, i64>,
    ) -> PyResult<()> {
        let links = self.links.as_ref().ok_or_else(finished)?;
        let (offsets, columns) = (offsets.as_slice()?, columns.as_slice()?);
        run(py, self.n_threads, columns.len() as u64, None, |context| {
            neighborhoods::feed(links, first, offsets, columns, context)
        })
    }

    /// Ends a pass: the result, or None where all neighbourhoods have to come again.
    fn advance(&mut self, py: Python<'_>) -> PyResult<Option<DbscanFit>> {
        let links = self.links.take().ok_or_else(finished)?;
        let size = links.n_rows() as u64;
        match run(py, self.n_threads, size, None, |context| links.advance(context))? {
            Step::Again(links) => {
                self.links = Some(links);
                Ok(None)
            }
            Step::Done(fit) => Ok(Some(DbscanFit::wrap(py, fit))),
        }
    }
}

fn finished() -> PyErr {
    PyRuntimeError::new_err("the links have given their result already")
}
