//! Mini-batch k-means.

use fastcluster_core::kmeans::minibatch::{self, Params, Sampling};
use fastcluster_core::points::Points;
use numpy::{IntoPyArray, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::array::{CenterMatrix, Matrix, MetricName, table, weights};
use crate::kmeans::path;
use crate::run::{run, work};

/// What mini-batch k-means found.
#[pyclass(frozen, module = "fastcluster._core")]
pub(crate) struct MiniBatchFit {
    #[pyo3(get)]
    centers: Py<PyAny>,
    #[pyo3(get)]
    counts: Py<PyAny>,
    #[pyo3(get)]
    n_iter: usize,
    #[pyo3(get)]
    n_steps: usize,
    #[pyo3(get)]
    ewa_inertia: f64,
    #[pyo3(get)]
    history: Py<PyDict>,
    #[pyo3(get)]
    path: String,
}

/// Mini-batch steps from the given centers.
#[pyfunction]
#[pyo3(signature = (X, centers, *, batch_size, max_iter, tol, max_no_improvement, reassignment_ratio, sample_weight, sampling, growth, seed, metric, n_threads, memory_limit = None, on_event = None))]
#[expect(non_snake_case, clippy::too_many_arguments, reason = "scikit-learn's parameters")]
pub(crate) fn minibatch_fit(
    py: Python<'_>,
    X: Matrix<'_>,
    centers: CenterMatrix,
    batch_size: usize,
    max_iter: usize,
    tol: f64,
    max_no_improvement: Option<usize>,
    reassignment_ratio: f64,
    sample_weight: Option<PyReadonlyArray1<'_, f64>>,
    sampling: SamplingName,
    growth: Option<f64>,
    seed: u64,
    metric: MetricName,
    n_threads: usize,
    memory_limit: Option<u64>,
    on_event: Option<Bound<'_, PyAny>>,
) -> PyResult<MiniBatchFit> {
    let values = X.values()?;
    let (n, d) = values.shape();
    let sample_weight = weights(sample_weight.as_ref())?;
    let params = Params {
        batch_size,
        max_iter,
        tol,
        max_no_improvement,
        reassignment_ratio,
        sampling: sampling.0,
        growth,
        seed,
        memory_limit,
    };
    let size = work(&[n, d, centers.n_clusters, max_iter]);
    let fit = run(py, n_threads, size, on_event.as_ref(), |context| {
        let points = Points::new(values, metric.0, context)?;
        let start = centers.values;
        minibatch::fit(&points, sample_weight, start, centers.n_clusters, &params, context)
    })?;
    let history = PyDict::new(py);
    for (place, name) in ["batch_inertia", "ewa_inertia", "center_shift"].into_iter().enumerate() {
        let column: Vec<f64> = fit.history.iter().map(|record| record[place]).collect();
        history.set_item(name, column.into_pyarray(py))?;
    }
    let n_drawn: u64 = fit.batch_sizes.iter().sum();
    let sizes: Vec<i64> = fit.batch_sizes.iter().map(|size| size.cast_signed()).collect();
    history.set_item("batch_size", sizes.into_pyarray(py))?;
    Ok(MiniBatchFit {
        centers: table(py, fit.centers, d)?.unbind(),
        counts: fit.counts.into_pyarray(py).into_any().unbind(),
        n_iter: n_drawn.div_ceil(n as u64) as usize,
        n_steps: fit.n_steps,
        ewa_inertia: fit.ewa_inertia,
        history: history.unbind(),
        path: path(fit.words, n_threads),
    })
}

/// A way to shuffle rows, by name.
pub(crate) struct SamplingName(pub(crate) Sampling);

impl<'py> FromPyObject<'_, 'py> for SamplingName {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match object.extract::<&str>()? {
            "rows" => Ok(Self(Sampling::Rows)),
            "blocks" => Ok(Self(Sampling::Blocks)),
            other => Err(PyValueError::new_err(format!(
                "sampling must be 'rows' or 'blocks', got {other:?}"
            ))),
        }
    }
}

type StepResult<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>, f64, usize);

/// One step with all rows as the batch.
#[pyfunction]
#[pyo3(signature = (X, centers, counts, *, sample_weight, reassign, reassignment_ratio, seed, step, metric, n_threads, memory_limit = None))]
#[expect(non_snake_case, clippy::too_many_arguments, reason = "scikit-learn's parameters")]
pub(crate) fn minibatch_step<'py>(
    py: Python<'py>,
    X: Matrix<'_>,
    centers: CenterMatrix,
    counts: PyReadonlyArray1<'_, f64>,
    sample_weight: Option<PyReadonlyArray1<'_, f64>>,
    reassign: bool,
    reassignment_ratio: f64,
    seed: u64,
    step: u64,
    metric: MetricName,
    n_threads: usize,
    memory_limit: Option<u64>,
) -> PyResult<StepResult<'py>> {
    let values = X.values()?;
    let (n, d) = values.shape();
    let sample_weight = weights(sample_weight.as_ref())?;
    let counts = counts.as_slice()?.to_vec();
    let size = work(&[n, d, centers.n_clusters]);
    let ratio = reassign.then_some(reassignment_ratio);
    let done = run(py, n_threads, size, None, |context| {
        let points = Points::new(values, metric.0, context)?;
        minibatch::step(
            &points,
            sample_weight,
            centers.values,
            counts,
            ratio,
            (seed, step),
            memory_limit,
            context,
        )
    })?;
    Ok((
        table(py, done.centers, d)?,
        done.counts.into_pyarray(py).into_any(),
        done.labels.into_pyarray(py).into_any(),
        done.inertia,
        done.n_reassigned,
    ))
}
