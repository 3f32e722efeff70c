//! Hierarchical clustering.

use fastcluster_core::hierarchy::batch::{self, Problem};
use fastcluster_core::hierarchy::{Join, Merge, Method, condensed, merged, pairwise, vectors};
use fastcluster_core::points::{Metric, Points};
use numpy::ndarray::{Array2, ArrayView1};
use numpy::{
    IntoPyArray, PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2, PyReadwriteArray1,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::array::{Matrix, MetricName};
use crate::run::{run, work};

/// The method's name.
pub(crate) struct MethodName(Method);

impl<'py> FromPyObject<'_, 'py> for MethodName {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let name = object.extract::<&str>()?;
        let found = Method::ALL.into_iter().find(|method| method.name() == name);
        found.map(Self).ok_or_else(|| PyValueError::new_err(format!("no method {name:?}")))
    }
}

/// Merges as an array of four columns.
fn wrap(py: Python<'_>, merges: Vec<Merge>) -> Bound<'_, PyArray2<f64>> {
    Array2::from(merges).into_pyarray(py)
}

/// The dendrogram of condensed distances, which are used up.
#[pyfunction]
#[pyo3(signature = (distances, *, n, method))]
pub(crate) fn linkage<'py>(
    py: Python<'py>,
    mut distances: PyReadwriteArray1<'_, f64>,
    n: usize,
    method: MethodName,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let values = distances.as_slice_mut()?;
    let merges = run(py, 1, work(&[n, n]), None, |context| {
        condensed::linkage(values, n, method.0, context.observer)
    })?;
    Ok(wrap(py, merges))
}

/// The same of distances that stay; as many are used up as scratch memory.
#[pyfunction]
#[pyo3(signature = (distances, scratch, *, n, method))]
pub(crate) fn linkage_of<'py>(
    py: Python<'py>,
    distances: PyReadonlyArray1<'_, f64>,
    mut scratch: PyReadwriteArray1<'_, f64>,
    n: usize,
    method: MethodName,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let (values, scratch) = (distances.as_slice()?, scratch.as_slice_mut()?);
    let merges = run(py, 1, work(&[n, n]), None, |context| {
        condensed::linkage_of(values, scratch, n, method.0, context.observer)
    })?;
    Ok(wrap(py, merges))
}

/// The dendrogram of condensed distances by single linkage, which only reads them.
#[pyfunction]
#[pyo3(signature = (distances, *, n))]
pub(crate) fn linkage_single<'py>(
    py: Python<'py>,
    distances: PyReadonlyArray1<'_, f64>,
    n: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let values = distances.as_slice()?;
    let merges =
        run(py, 1, work(&[n, n]), None, |context| condensed::single(values, n, context.observer))?;
    Ok(wrap(py, merges))
}

/// The dendrograms of many problems, whose distances are used up.
#[pyfunction]
#[pyo3(signature = (problems, *, method, n_threads))]
pub(crate) fn linkage_batch<'py>(
    py: Python<'py>,
    mut problems: Vec<(PyReadwriteArray1<'_, f64>, usize)>,
    method: MethodName,
    n_threads: usize,
) -> PyResult<Vec<Bound<'py, PyArray2<f64>>>> {
    let size = problems.iter().map(|(_, n)| work(&[*n, *n])).sum();
    let mut problems = problems
        .iter_mut()
        .map(|(distances, n)| Ok(Problem { distances: distances.as_slice_mut()?, n: *n }))
        .collect::<PyResult<Vec<_>>>()?;
    let merges =
        run(py, n_threads, size, None, |context| batch::linkage(&mut problems, method.0, context))?;
    Ok(merges.into_iter().map(|merges| wrap(py, merges)).collect())
}

/// The dendrogram of vectors.
#[pyfunction]
#[pyo3(signature = (X, *, method, metric, n_threads))]
#[expect(non_snake_case, reason = "scikit-learn's name")]
pub(crate) fn linkage_vectors<'py>(
    py: Python<'py>,
    X: Matrix<'_>,
    method: MethodName,
    metric: MetricName,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let values = X.values()?;
    let (n, d) = values.shape();
    let merges = run(py, n_threads, work(&[n, n, d]), None, |context| {
        vectors::linkage(&Points::new(values, metric.0, context)?, method.0, context)
    })?;
    Ok(wrap(py, merges))
}

/// The single-linkage dendrogram of a spanning tree, the two nodes of a merge in the order of the edge's ends.
#[pyfunction]
#[pyo3(signature = (ends, weights, *, n))]
pub(crate) fn linkage_tree<'py>(
    py: Python<'py>,
    ends: PyReadonlyArray2<'_, u32>,
    weights: PyReadonlyArray1<'_, f64>,
    n: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let (ends, weights) = (ends.as_array(), weights.as_array());
    let inside = ends.iter().all(|end| (*end as usize) < n);
    if ends.ncols() != 2 || ends.nrows() != weights.len() || weights.len() + 1 != n || !inside {
        return Err(PyValueError::new_err("not the n - 1 edges of a tree of n rows"));
    }
    let pairs = ends.rows().into_iter().zip(&weights);
    let join = |(ends, weight): (ArrayView1<'_, u32>, &f64)| Join {
        one: ends[0],
        other: ends[1],
        height: *weight,
    };
    let joins = pairs.map(join).collect();
    Ok(wrap(py, py.detach(|| merged(n, joins))))
}

/// The lightest spanning tree of vectors by Euclidean distance: ends and weights, as the tree grows from row 0.
#[pyfunction]
#[pyo3(signature = (X, *, n_threads))]
#[expect(non_snake_case, reason = "scikit-learn's name")]
pub(crate) fn spanning_tree<'py>(
    py: Python<'py>,
    X: Matrix<'_>,
    n_threads: usize,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let values = X.values()?;
    let (n, d) = values.shape();
    let joins = run(py, n_threads, work(&[n, n, d]), None, |context| {
        vectors::tree(&Points::new(values, Metric::Euclidean, context)?, context)
    })?;
    let ends: Vec<[u32; 2]> = joins.iter().map(|join| [join.one, join.other]).collect();
    let weights: Vec<f64> = joins.iter().map(|join| join.height).collect();
    Ok((Array2::from(ends).into_pyarray(py).into_any(), weights.into_pyarray(py).into_any()))
}

/// The condensed distances of vectors.
#[pyfunction]
#[pyo3(signature = (X, *, metric, n_threads))]
#[expect(non_snake_case, reason = "scikit-learn's name")]
pub(crate) fn distances<'py>(
    py: Python<'py>,
    X: Matrix<'_>,
    metric: MetricName,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let values = X.values()?;
    let (n, d) = values.shape();
    let found = run(py, n_threads, work(&[n, n, d]), None, |context| {
        pairwise::distances(&Points::new(values, metric.0, context)?, context)
    })?;
    Ok(found.into_pyarray(py))
}
