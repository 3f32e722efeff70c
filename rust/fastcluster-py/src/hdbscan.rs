//! HDBSCAN: the tree of mutual reachability, and clusters of it.

use fastcluster_core::graph::{Approximation, Edge, Reachability};
use fastcluster_core::hdbscan::{self, Dendrogram, Method, Params, Selection, Ties};
use fastcluster_core::observer::Observer;
use fastcluster_core::points::{Points, Values};
use fastcluster_core::pool::Pool;
use fastcluster_core::{Context, Error};
use numpy::{IntoPyArray, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::array::{Matrix, MetricName};
use crate::errors::to_python;
use crate::run::{run, work};

/// A one-dimensional NumPy array as any object.
pub(crate) fn column<T: numpy::Element>(py: Python<'_>, values: Vec<T>) -> Py<PyAny> {
    values.into_pyarray(py).into_any().unbind()
}

/// Edges as three columns: lower rows, higher rows, weights.
#[derive(FromPyObject)]
pub(crate) struct Edges<'py>(
    PyReadonlyArray1<'py, u32>,
    PyReadonlyArray1<'py, u32>,
    PyReadonlyArray1<'py, f64>,
);

impl Edges<'_> {
    pub(crate) fn read(&self) -> PyResult<Vec<Edge>> {
        let (low, high, weight) = (self.0.as_slice()?, self.1.as_slice()?, self.2.as_slice()?);
        if low.len() != weight.len() || high.len() != weight.len() {
            return Err(PyValueError::new_err("edges need three columns of one length"));
        }
        let each = low.iter().zip(high).zip(weight);
        Ok(each
            .map(|((low, high), weight)| Edge { weight: *weight, low: *low, high: *high })
            .collect())
    }
}

/// What HDBSCAN needs to know of the rows.
#[pyclass(frozen, module = "fastcluster._core")]
pub(crate) struct HdbscanReachability {
    #[pyo3(get)]
    low: Py<PyAny>,
    #[pyo3(get)]
    high: Py<PyAny>,
    #[pyo3(get)]
    weights: Py<PyAny>,
    #[pyo3(get)]
    cores: Py<PyAny>,
    #[pyo3(get)]
    neighbors: Py<PyAny>,
    #[pyo3(get)]
    distances: Py<PyAny>,
    /// Rows checked, recall, its error, excess weight, what was seen of it, its error.
    #[pyo3(get)]
    approximation: (usize, f64, f64, f64, f64, f64),
}

impl HdbscanReachability {
    fn exact(py: Python<'_>, found: Reachability) -> Self {
        let measured = Approximation::exact(found.cores.len());
        Self::wrap(py, found, &measured)
    }

    fn wrap(py: Python<'_>, found: Reachability, measured: &Approximation) -> Self {
        let Approximation { n_checked, recall, recall_error, .. } = *measured;
        let Approximation { excess_weight, excess_seen, excess_error, .. } = *measured;
        let recall = (recall, recall_error);
        let excess = (excess_weight, excess_seen, excess_error);
        let edges = &found.edges;
        Self {
            low: column(py, edges.iter().map(|edge| edge.low).collect()),
            high: column(py, edges.iter().map(|edge| edge.high).collect()),
            weights: column(py, edges.iter().map(|edge| edge.weight).collect()),
            cores: column(py, found.cores),
            neighbors: column(py, found.neighbors),
            distances: column(py, found.distances),
            approximation: (n_checked, recall.0, recall.1, excess.0, excess.1, excess.2),
        }
    }
}

/// The tree of rows.
#[pyfunction]
#[pyo3(signature = (X, *, min_samples, alpha, metric, n_threads, approximate = false, memory_limit = None))]
#[expect(non_snake_case, clippy::too_many_arguments, reason = "scikit-learn's parameters and ours")]
pub(crate) fn hdbscan_reachability(
    py: Python<'_>,
    X: Matrix<'_>,
    min_samples: usize,
    alpha: f64,
    metric: MetricName,
    n_threads: usize,
    approximate: bool,
    memory_limit: Option<u64>,
) -> PyResult<HdbscanReachability> {
    let values = X.values()?;
    let (n, d) = values.shape();
    let params = Params { min_samples, alpha, approximate, memory_limit };
    let (found, measured) = run(py, n_threads, work(&[n, n, d]), None, |context| {
        let points = Points::new(values, metric.0, context)?;
        hdbscan::find(&points, &params, context)
    })?;
    Ok(HdbscanReachability::wrap(py, found, &measured))
}

/// The tree of a matrix of distances, or the forest of a sparse graph of them.
#[pyfunction]
#[pyo3(signature = (D, *, min_samples, alpha, max_distance, n_threads))]
#[expect(non_snake_case, reason = "as X")]
pub(crate) fn hdbscan_reachability_precomputed(
    py: Python<'_>,
    D: Matrix<'_>,
    min_samples: usize,
    alpha: f64,
    max_distance: Option<f64>,
    n_threads: usize,
) -> PyResult<HdbscanReachability> {
    let values = D.values()?;
    let (n, _) = values.shape();
    let found = run(py, n_threads, work(&[n, n, 8]), None, |context| match &values {
        Values::Csr32(graph) => {
            let rows = graph.rows(f64::from);
            hdbscan::of_graph(&rows, min_samples, alpha, max_distance, context)
        }
        Values::Csr64(graph) => {
            let rows = graph.rows(|distance| distance);
            hdbscan::of_graph(&rows, min_samples, alpha, max_distance, context)
        }
        _ => hdbscan::of_matrix(&values, min_samples, alpha, context),
    })?;
    Ok(HdbscanReachability::exact(py, found))
}

/// The tree of rows of distances that Python computes one by one.
#[pyfunction]
#[pyo3(signature = (n_rows, row_of, *, min_samples, alpha))]
pub(crate) fn hdbscan_reachability_rows(
    py: Python<'_>,
    n_rows: usize,
    row_of: &Bound<'_, PyAny>,
    min_samples: usize,
    alpha: f64,
) -> PyResult<HdbscanReachability> {
    let (pool, observer) = (Pool::new(1), Observer::default());
    let context = Context { pool: &pool, observer: &observer };
    let mut raised = None;
    let read = |row: usize, out: &mut [f64]| {
        copy_row(row_of, row, out).map_err(|error| {
            raised = Some(error);
            Error::Cancelled
        })
    };
    let found = hdbscan::of_rows(n_rows, min_samples, alpha, &context, read);
    match (raised, found) {
        (Some(raised), _) => Err(raised),
        (None, Err(error)) => Err(to_python(&error)),
        (None, Ok(found)) => Ok(HdbscanReachability::exact(py, found)),
    }
}

fn copy_row(row_of: &Bound<'_, PyAny>, row: usize, out: &mut [f64]) -> PyResult<()> {
    let line: PyReadonlyArray1<'_, f64> = row_of.call1((row,))?.extract()?;
    let line = line.as_slice()?;
    if line.len() != out.len() {
        return Err(PyValueError::new_err("a row of distances needs one for each row"));
    }
    out.copy_from_slice(line);
    Ok(())
}

/// Clusters of a tree.
#[pyclass(frozen, module = "fastcluster._core")]
pub(crate) struct HdbscanCut {
    #[pyo3(get)]
    labels: Py<PyAny>,
    #[pyo3(get)]
    probabilities: Py<PyAny>,
    #[pyo3(get)]
    outlier_scores: Py<PyAny>,
    #[pyo3(get)]
    condensed: Columns4,
    #[pyo3(get)]
    stabilities: Py<PyAny>,
    #[pyo3(get)]
    selected: Py<PyAny>,
    #[pyo3(get)]
    exemplar_rows: Py<PyAny>,
    #[pyo3(get)]
    exemplar_labels: Py<PyAny>,
}

/// Condenses the tree and selects clusters.
#[pyfunction]
#[pyo3(signature = (edges, n_rows, *, min_cluster_size, method, epsilon, max_cluster_size, allow_single_cluster, merge_ties))]
#[expect(clippy::too_many_arguments, reason = "scikit-learn's parameters")]
pub(crate) fn hdbscan_cut(
    py: Python<'_>,
    edges: Edges<'_>,
    n_rows: usize,
    min_cluster_size: usize,
    method: &str,
    epsilon: f64,
    max_cluster_size: Option<usize>,
    allow_single_cluster: bool,
    merge_ties: bool,
) -> PyResult<HdbscanCut> {
    let edges = edges.read()?;
    let method = if method == "leaf" { Method::Leaf } else { Method::ExcessOfMass };
    let selection = Selection { method, epsilon, max_cluster_size, allow_single_cluster };
    let ties = if merge_ties { Ties::Merge } else { Ties::Binary };
    let cut = run(py, 1, work(&[n_rows, 64]), None, |_| {
        hdbscan::cut(n_rows, &edges, min_cluster_size, ties, &selection)
    })?;
    let stabilities = column(py, cut.condensed.stabilities());
    let condensed = cut.condensed;
    Ok(HdbscanCut {
        labels: column(py, cut.labels),
        probabilities: column(py, cut.probabilities),
        outlier_scores: column(py, cut.outlier_scores),
        condensed: (
            column(py, condensed.parents),
            column(py, condensed.children),
            column(py, condensed.lambdas),
            column(py, condensed.sizes),
        ),
        stabilities,
        selected: column(py, cut.taken),
        exemplar_rows: column(py, cut.exemplars.rows),
        exemplar_labels: column(py, cut.exemplars.labels),
    })
}

type Columns4 = (Py<PyAny>, Py<PyAny>, Py<PyAny>, Py<PyAny>);

/// The joins of a tree: left, right, heights, sizes.
#[pyfunction]
pub(crate) fn hdbscan_dendrogram(
    py: Python<'_>,
    edges: Edges<'_>,
    n_rows: usize,
) -> PyResult<Columns4> {
    let edges = edges.read()?;
    let tree = run(py, 1, work(&[n_rows, 64]), None, |_| Dendrogram::new(n_rows, &edges))?;
    let (left, right) = (column(py, tree.left), column(py, tree.right));
    Ok((left, right, column(py, tree.heights), column(py, tree.sizes)))
}

/// The labels of DBSCAN*.
#[pyfunction]
#[pyo3(signature = (edges, n_rows, *, height, min_cluster_size))]
pub(crate) fn hdbscan_cut_at(
    py: Python<'_>,
    edges: Edges<'_>,
    n_rows: usize,
    height: f64,
    min_cluster_size: usize,
) -> PyResult<Py<PyAny>> {
    let edges = edges.read()?;
    let labels = run(py, 1, work(&[n_rows, 64]), None, |_| {
        hdbscan::cut_at(n_rows, &edges, height, min_cluster_size)
    })?;
    Ok(column(py, labels))
}

/// The labels of DBSCAN.
#[pyfunction]
#[pyo3(signature = (edges, cores, neighbors, distances, *, eps, X, metric, n_threads))]
#[expect(non_snake_case, clippy::too_many_arguments, reason = "the parts of a fit")]
pub(crate) fn hdbscan_dbscan(
    py: Python<'_>,
    edges: Edges<'_>,
    cores: PyReadonlyArray1<'_, f64>,
    neighbors: PyReadonlyArray1<'_, u32>,
    distances: PyReadonlyArray1<'_, f64>,
    eps: f64,
    X: Option<Matrix<'_>>,
    metric: MetricName,
    n_threads: usize,
) -> PyResult<Py<PyAny>> {
    let cores = cores.as_slice()?.to_vec();
    let neighbors = neighbors.as_slice()?.to_vec();
    let n_listed = neighbors.len() / cores.len().max(1);
    let (edges, distances) = (edges.read()?, distances.as_slice()?.to_vec());
    let found = Reachability { edges, cores, n_listed, neighbors, distances };
    let values = X.as_ref().map(Matrix::values).transpose()?;
    let size = work(&[found.cores.len(), n_listed + 64]);
    let labels = run(py, n_threads, size, None, |context| {
        let points = values.map(|values| Points::new(values, metric.0, context)).transpose()?;
        hdbscan::dbscan_labels(&found, points.as_ref(), eps)
    })?;
    Ok(column(py, labels))
}
