//! The rows of mini-batches, for steps that are taken on another device.

use fastcluster_core::kmeans::minibatch::{self, Batches};
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::array::weights;
use crate::errors::to_python;
use crate::minibatch::SamplingName;

/// Draws the rows of one batch after the other.
#[pyclass(module = "fastcluster._core")]
pub(crate) struct BatchRows(Batches);

#[pymethods]
impl BatchRows {
    #[new]
    #[pyo3(signature = (n_rows, *, sample_weight, sampling, seed))]
    fn new(
        n_rows: usize,
        sample_weight: Option<PyReadonlyArray1<'_, f64>>,
        sampling: SamplingName,
        seed: u64,
    ) -> PyResult<Self> {
        let sample_weight = weights(sample_weight.as_ref())?;
        minibatch::batches(n_rows, sample_weight, sampling.0, seed)
            .map(Self)
            .map_err(|error| to_python(&error))
    }

    /// The next `count` rows.
    fn draw<'py>(&mut self, py: Python<'py>, count: usize) -> Bound<'py, PyArray1<u32>> {
        let mut rows = Vec::with_capacity(count);
        self.0.draw(count, &mut rows);
        rows.into_pyarray(py)
    }
}
