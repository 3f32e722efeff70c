//! k-means with size bounds.

use fastcluster_core::kmeans::balanced::{self, Fit, IterationRecord, Params};
use fastcluster_core::points::Points;
use numpy::{IntoPyArray, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::array::{Matrix, MetricName, table, weights};
use crate::kmeans::InitChoice;
use crate::run::{run, work};

/// What a fit with size bounds found.
#[pyclass(frozen, module = "fastcluster._core")]
pub(crate) struct BalancedFit {
    #[pyo3(get)]
    labels: Py<PyAny>,
    #[pyo3(get)]
    centers: Py<PyAny>,
    #[pyo3(get)]
    sizes: Py<PyAny>,
    #[pyo3(get)]
    inertia: f64,
    #[pyo3(get)]
    objective: f64,
    #[pyo3(get)]
    n_iter: usize,
    #[pyo3(get)]
    history: Py<PyDict>,
    #[pyo3(get)]
    path: String,
}

impl BalancedFit {
    fn wrap(py: Python<'_>, fit: Fit, n_features: usize, n_threads: usize) -> PyResult<Self> {
        let history = PyDict::new(py);
        let records = &fit.history;
        let of = |value: fn(&IterationRecord) -> f64| -> Vec<f64> {
            records.iter().map(value).collect()
        };
        let count = |value: fn(&IterationRecord) -> u64| -> Vec<i64> {
            records.iter().map(|record| value(record).cast_signed()).collect()
        };
        history.set_item("inertia", of(|record| record.inertia).into_pyarray(py))?;
        history.set_item("objective", of(|record| record.objective).into_pyarray(py))?;
        history.set_item("center_shift", of(|record| record.center_shift).into_pyarray(py))?;
        history.set_item("n_changed", count(|record| record.n_changed).into_pyarray(py))?;
        history.set_item("n_paths", count(|record| record.n_paths).into_pyarray(py))?;
        history.set_item("n_widened", count(|record| record.n_widened).into_pyarray(py))?;
        history.set_item("seconds", of(|record| record.seconds).into_pyarray(py))?;
        let sizes: Vec<i64> = fit.sizes.iter().map(|size| size.cast_signed()).collect();
        Ok(Self {
            labels: fit.labels.into_pyarray(py).into_any().unbind(),
            centers: table(py, fit.centers, n_features)?.unbind(),
            sizes: sizes.into_pyarray(py).into_any().unbind(),
            inertia: fit.inertia,
            objective: fit.objective,
            n_iter: fit.n_iter,
            history: history.unbind(),
            path: format!("minimum-cost flow, {}, {n_threads} threads", crate::isa()),
        })
    }
}

/// Minimum-cost assignment within the size bounds and means, from each start.
#[pyfunction]
#[pyo3(signature = (X, *, n_clusters, size_min, size_max, balance, init, n_init, max_iter, tol, sample_weight, seed, metric, n_threads, memory_limit = None, on_event = None))]
#[expect(non_snake_case, clippy::too_many_arguments, reason = "scikit-learn's parameters and ours")]
pub(crate) fn balanced_fit(
    py: Python<'_>,
    X: Matrix<'_>,
    n_clusters: usize,
    size_min: Option<usize>,
    size_max: Option<usize>,
    balance: f64,
    init: InitChoice,
    n_init: usize,
    max_iter: usize,
    tol: f64,
    sample_weight: Option<PyReadonlyArray1<'_, f64>>,
    seed: u64,
    metric: MetricName,
    n_threads: usize,
    memory_limit: Option<u64>,
    on_event: Option<Bound<'_, PyAny>>,
) -> PyResult<BalancedFit> {
    let values = X.values()?;
    let (n, d) = values.shape();
    let params = Params {
        n_clusters,
        size_min,
        size_max,
        balance,
        n_init,
        max_iter,
        tol,
        seed,
        memory_limit,
    };
    let sample_weight = weights(sample_weight.as_ref())?;
    let size = work(&[n, d, n_clusters, n_init, max_iter]);
    let fit = run(py, n_threads, size, on_event.as_ref(), |context| {
        let points = Points::new(values, metric.0, context)?;
        balanced::fit(&points, sample_weight, &init.0, &params, context)
    })?;
    BalancedFit::wrap(py, fit, d, n_threads)
}
