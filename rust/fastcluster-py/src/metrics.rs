//! Scores of clusterings.

use fastcluster_core::metrics::density::{self, Space};
use fastcluster_core::metrics::{Clusters, Distance, dispersion, silhouette as core};
use fastcluster_core::points::{Metric, Points};
use numpy::{IntoPyArray, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::array::Matrix;
use crate::errors::to_python;
use crate::run::{run, work};

/// A distance by name.
pub(crate) struct DistanceName(pub(crate) Distance);

impl<'py> FromPyObject<'_, 'py> for DistanceName {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match object.extract::<&str>()? {
            "euclidean" => Ok(Self(Distance::Euclidean)),
            "sqeuclidean" => Ok(Self(Distance::SquaredEuclidean)),
            "cosine" => Ok(Self(Distance::Cosine)),
            other => Err(PyValueError::new_err(format!(
                "metric must be 'euclidean', 'sqeuclidean' or 'cosine', got {other:?}"
            ))),
        }
    }
}

impl DistanceName {
    /// How rows are read for this distance.
    pub(crate) fn metric(&self) -> Metric {
        match self.0 {
            Distance::Cosine => Metric::Cosine,
            _ => Metric::Euclidean,
        }
    }
}

fn clusters(labels: &PyReadonlyArray1<'_, u32>, n_rows: usize) -> PyResult<Clusters> {
    Clusters::new(labels.as_slice()?.to_vec(), n_rows).map_err(|error| to_python(&error))
}

/// The silhouettes of the listed rows, or of all, each among all rows.
#[pyfunction]
#[pyo3(signature = (X, labels, *, metric, n_threads, rows = None))]
#[expect(non_snake_case, reason = "scikit-learn's name")]
pub(crate) fn silhouette<'py>(
    py: Python<'py>,
    X: Matrix<'_>,
    labels: PyReadonlyArray1<'_, u32>,
    metric: DistanceName,
    n_threads: usize,
    rows: Option<PyReadonlyArray1<'_, u32>>,
) -> PyResult<Bound<'py, PyAny>> {
    let values = X.values()?;
    let (n, d) = values.shape();
    let clusters = clusters(&labels, n)?;
    let rows = rows.as_ref().map(|rows| rows.as_slice()).transpose()?;
    let size = work(&[n, rows.map_or(n, <[u32]>::len), d]);
    let samples = run(py, n_threads, size, None, |context| {
        let points = Points::new(values, metric.metric(), context)?;
        core::samples(&points, &clusters, metric.0, rows, context)
    })?;
    Ok(samples.into_pyarray(py).into_any())
}

/// The Davies–Bouldin score.
#[pyfunction]
#[pyo3(signature = (X, labels, *, n_threads))]
#[expect(non_snake_case, reason = "scikit-learn's name")]
pub(crate) fn davies_bouldin(
    py: Python<'_>,
    X: Matrix<'_>,
    labels: PyReadonlyArray1<'_, u32>,
    n_threads: usize,
) -> PyResult<f64> {
    let values = X.values()?;
    let (n, d) = values.shape();
    let clusters = clusters(&labels, n)?;
    run(
        py,
        n_threads,
        work(&[n + clusters.n_clusters(), clusters.n_clusters(), d]),
        None,
        |context| {
            let points = Points::new(values, Metric::Euclidean, context)?;
            dispersion::davies_bouldin(&points, &clusters, context)
        },
    )
}

/// The Calinski–Harabasz score.
#[pyfunction]
#[pyo3(signature = (X, labels, *, n_threads))]
#[expect(non_snake_case, reason = "scikit-learn's name")]
pub(crate) fn calinski_harabasz(
    py: Python<'_>,
    X: Matrix<'_>,
    labels: PyReadonlyArray1<'_, u32>,
    n_threads: usize,
) -> PyResult<f64> {
    let values = X.values()?;
    let (n, d) = values.shape();
    let clusters = clusters(&labels, n)?;
    run(py, n_threads, work(&[n, d]), None, |context| {
        let points = Points::new(values, Metric::Euclidean, context)?;
        dispersion::calinski_harabasz(&points, &clusters, context)
    })
}

/// DBCV of the clusters of the listed rows: the score of all, and of each cluster. Without a metric, X holds distances.
#[pyfunction]
#[pyo3(signature = (X, rows, labels, *, metric, dimension, raw, n_threads))]
#[expect(
    non_snake_case,
    clippy::too_many_arguments,
    reason = "scikit-learn's name; the rows and the definition"
)]
pub(crate) fn density_validity<'py>(
    py: Python<'py>,
    X: Bound<'py, PyAny>,
    rows: PyReadonlyArray1<'_, u32>,
    labels: PyReadonlyArray1<'_, u32>,
    metric: Option<DistanceName>,
    dimension: f64,
    raw: bool,
    n_threads: usize,
) -> PyResult<(f64, Bound<'py, PyAny>)> {
    let rows = rows.as_slice()?;
    let clusters = clusters(&labels, rows.len())?;
    let params = density::Params { dimension, raw };
    let size = work(&[rows.len(), rows.len()]);
    let found = if let Some(metric) = metric {
        let matrix: Matrix<'_> = X.extract()?;
        let values = matrix.values()?;
        run(py, n_threads, work(&[size as usize, values.shape().1]), None, |context| {
            let space = Space::Rows(Points::new(values, metric.metric(), context)?, metric.0);
            density::validity(&space, rows, &clusters, &params, context)
        })
    } else {
        let matrix: PyReadonlyArray2<'_, f64> = X.extract()?;
        let space = Space::Matrix(matrix.as_array(), None);
        run(py, n_threads, size, None, |context| {
            density::validity(&space, rows, &clusters, &params, context)
        })
    }?;
    Ok((found.score, found.clusters.into_pyarray(py).into_any()))
}
