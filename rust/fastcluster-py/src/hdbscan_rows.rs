//! HDBSCAN: rows, new and old, against a tree that is there.

use fastcluster_core::hdbscan::{self, Attached, Condensed, Labels};
use fastcluster_core::points::Points;
use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::array::{Matrix, MetricName};
use crate::errors::to_python;
use crate::hdbscan::column;
use crate::run::{run, work};

/// The condensed tree as four columns, its rows, the clusters taken and epsilon.
#[derive(FromPyObject)]
pub(crate) struct Tree<'py> {
    #[pyo3(item)]
    lines: Lines<'py>,
    #[pyo3(item)]
    n_rows: usize,
    #[pyo3(item)]
    selected: PyReadonlyArray1<'py, u32>,
    #[pyo3(item)]
    epsilon: f64,
}

type Lines<'py> = (
    PyReadonlyArray1<'py, i64>,
    PyReadonlyArray1<'py, i64>,
    PyReadonlyArray1<'py, f64>,
    PyReadonlyArray1<'py, i64>,
);

impl Tree<'_> {
    fn read(&self) -> PyResult<(Condensed, Labels)> {
        let (parents, children, lambdas, sizes) = &self.lines;
        let parents = parents.as_slice()?.iter().zip(children.as_slice()?);
        let lines = parents.zip(lambdas.as_slice()?).zip(sizes.as_slice()?);
        let lines =
            lines.map(|(((parent, child), lambda), size)| (*parent, *child, *lambda, *size));
        let condensed =
            Condensed::of_lines(self.n_rows, lines).map_err(|error| to_python(&error))?;
        let taken = self.selected.as_slice()?.to_vec();
        let labels = Labels::again(&condensed, taken, self.epsilon);
        Ok((condensed, labels.map_err(|error| to_python(&error))?))
    }
}

type Columns2 = (Py<PyAny>, Py<PyAny>);
type Columns5 = (Py<PyAny>, Py<PyAny>, Py<PyAny>, Py<PyAny>, Py<PyAny>);

fn split(py: Python<'_>, attached: &[Attached]) -> Columns2 {
    let rows = attached.iter().map(|attached| attached.row).collect();
    (column(py, rows), column(py, attached.iter().map(|attached| attached.height).collect()))
}

fn matrix(py: Python<'_>, values: Vec<f64>, shape: (usize, usize)) -> PyResult<Py<PyAny>> {
    let array = Array2::from_shape_vec(shape, values)
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(array.into_pyarray(py).into_any().unbind())
}

/// The training row that each row would join first, and at what height.
#[pyfunction]
#[pyo3(signature = (X, training, cores, *, min_samples, alpha, metric, n_threads))]
#[expect(non_snake_case, clippy::too_many_arguments, reason = "the parameters of the fit")]
pub(crate) fn hdbscan_attach(
    py: Python<'_>,
    X: Matrix<'_>,
    training: Matrix<'_>,
    cores: PyReadonlyArray1<'_, f64>,
    min_samples: usize,
    alpha: f64,
    metric: MetricName,
    n_threads: usize,
) -> PyResult<Columns2> {
    let (values, training, cores) = (X.values()?, training.values()?, cores.as_slice()?);
    let (n, d) = values.shape();
    let attached = run(py, n_threads, work(&[n, d, cores.len()]), None, |context| {
        let points = Points::new(values, metric.0, context)?;
        let training = Points::new(training, metric.0, context)?;
        hdbscan::attach(&points, &training, cores, (min_samples, alpha), context)
    })?;
    Ok(split(py, &attached))
}

/// The same from the distances to all training rows.
#[pyfunction]
#[pyo3(signature = (distances, cores, *, min_samples, alpha))]
pub(crate) fn hdbscan_attach_distances(
    py: Python<'_>,
    distances: PyReadonlyArray2<'_, f64>,
    cores: PyReadonlyArray1<'_, f64>,
    min_samples: usize,
    alpha: f64,
) -> PyResult<Columns2> {
    let n = distances.as_array().ncols();
    let lines = distances.as_slice()?.chunks(n.max(1));
    let attached = hdbscan::attach_distances(lines, cores.as_slice()?, min_samples, alpha)
        .map_err(|error| to_python(&error))?;
    Ok(split(py, &attached))
}

/// Labels, probabilities, outlier scores, clusters and λ of rows attached to training rows.
#[pyfunction]
pub(crate) fn hdbscan_place(
    py: Python<'_>,
    tree: Tree<'_>,
    rows: PyReadonlyArray1<'_, u32>,
    heights: PyReadonlyArray1<'_, f64>,
) -> PyResult<Columns5> {
    let (condensed, labels) = tree.read()?;
    let each = rows.as_slice()?.iter().zip(heights.as_slice()?);
    let attached: Vec<Attached> =
        each.map(|(row, height)| Attached { row: *row, height: *height }).collect();
    let placed =
        hdbscan::place(&condensed, &labels, &attached).map_err(|error| to_python(&error))?;
    Ok((
        column(py, placed.labels),
        column(py, placed.probabilities),
        column(py, placed.outlier_scores),
        column(py, placed.clusters),
        column(py, placed.lambdas),
    ))
}

/// The distance from each row to the nearest exemplar of each label.
#[pyfunction]
#[pyo3(signature = (X, exemplars, labels, *, n_labels, metric, n_threads))]
#[expect(non_snake_case, clippy::too_many_arguments, reason = "the parts of a fit")]
pub(crate) fn hdbscan_exemplar_distances(
    py: Python<'_>,
    X: Matrix<'_>,
    exemplars: Matrix<'_>,
    labels: PyReadonlyArray1<'_, u32>,
    n_labels: usize,
    metric: MetricName,
    n_threads: usize,
) -> PyResult<Py<PyAny>> {
    let (values, exemplars, labels) = (X.values()?, exemplars.values()?, labels.as_slice()?);
    let (n, d) = values.shape();
    let nearest = run(py, n_threads, work(&[n, d, labels.len()]), None, |context| {
        let points = Points::new(values, metric.0, context)?;
        let exemplars = Points::new(exemplars, metric.0, context)?;
        hdbscan::exemplar_distances(&points, &exemplars, labels, n_labels, context)
    })?;
    matrix(py, nearest, (n, n_labels))
}

/// Memberships of placed rows, or of the rows of the tree where no places are given.
#[pyfunction]
#[pyo3(signature = (tree, exemplar_distances, *, places = None))]
pub(crate) fn hdbscan_membership(
    py: Python<'_>,
    tree: Tree<'_>,
    exemplar_distances: PyReadonlyArray2<'_, f64>,
    places: Option<(PyReadonlyArray1<'_, u32>, PyReadonlyArray1<'_, f64>)>,
) -> PyResult<Py<PyAny>> {
    let (condensed, labels) = tree.read()?;
    let shape = exemplar_distances.as_array().dim();
    let distances = exemplar_distances.as_slice()?;
    let shares = match &places {
        Some((clusters, lambdas)) => {
            let places = (clusters.as_slice()?, lambdas.as_slice()?);
            hdbscan::membership(&condensed, &labels, places, distances)
        }
        None => hdbscan::membership_of_rows(&condensed, &labels, distances),
    };
    matrix(py, shares.map_err(|error| to_python(&error))?, shape)
}

/// The row of each cluster with the least weighted sum of distances to its rows.
#[pyfunction]
#[pyo3(signature = (X, labels, weights, *, metric, n_threads))]
#[expect(non_snake_case, reason = "scikit-learn's name")]
pub(crate) fn hdbscan_medoids(
    py: Python<'_>,
    X: Matrix<'_>,
    labels: PyReadonlyArray1<'_, i64>,
    weights: PyReadonlyArray1<'_, f64>,
    metric: MetricName,
    n_threads: usize,
) -> PyResult<Py<PyAny>> {
    let (values, labels, weights) = (X.values()?, labels.as_slice()?, weights.as_slice()?);
    let (n, d) = values.shape();
    let rows = run(py, n_threads, work(&[n, n, d]), None, |context| {
        let points = Points::new(values, metric.0, context)?;
        hdbscan::medoids(&points, labels, weights, context)
    })?;
    Ok(column(py, rows))
}
