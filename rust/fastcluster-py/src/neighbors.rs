//! Nearest centers and distances.

use fastcluster_core::kmeans::Centers;
use fastcluster_core::neighbors;
use fastcluster_core::points::Points;
use numpy::IntoPyArray;
use numpy::ndarray::Array2;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::array::{CenterMatrix, Matrix, MetricName, table};
use crate::run::{run, work};

/// True distances and indices of the nearest centers.
#[pyfunction]
#[pyo3(signature = (X, centers, *, n_neighbors, metric, n_threads))]
#[expect(non_snake_case, reason = "scikit-learn's name")]
pub(crate) fn nearest<'py>(
    py: Python<'py>,
    X: Matrix<'_>,
    centers: CenterMatrix,
    n_neighbors: usize,
    metric: MetricName,
    n_threads: usize,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let values = X.values()?;
    let (n, d) = values.shape();
    let size = work(&[n, d, centers.n_clusters]);
    let (distances, indices) = run(py, n_threads, size, None, |context| {
        let points = Points::new(values, metric.0, context)?;
        neighbors::nearest(&points, centers.values, centers.n_features, n_neighbors, context)
    })?;
    let distances = if values.is_double() {
        Centers::Double(distances)
    } else {
        Centers::Single(distances.into_iter().map(|value| value as f32).collect())
    };
    let indices = Array2::from_shape_vec((n, n_neighbors), indices)
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok((table(py, distances, n_neighbors)?, indices.into_pyarray(py).into_any()))
}

/// True distances to all centers.
#[pyfunction]
#[pyo3(signature = (X, centers, *, metric, n_threads))]
#[expect(non_snake_case, reason = "scikit-learn's name")]
pub(crate) fn transform<'py>(
    py: Python<'py>,
    X: Matrix<'_>,
    centers: CenterMatrix,
    metric: MetricName,
    n_threads: usize,
) -> PyResult<Bound<'py, PyAny>> {
    let values = X.values()?;
    let (n, d) = values.shape();
    let size = work(&[n, d, centers.n_clusters]);
    let distances = run(py, n_threads, size, None, |context| {
        let points = Points::new(values, metric.0, context)?;
        neighbors::transform(&points, centers.values, centers.n_features, context)
    })?;
    table(py, distances, centers.n_clusters)
}
