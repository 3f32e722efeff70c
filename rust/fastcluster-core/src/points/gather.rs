//! Some of the rows, copied out: a mini-batch.

use std::sync::Arc;

use ndarray::Array2;

use super::{Points, Values};

/// Copied rows in the caller's space: float64 for float64 input, else float32, which holds every other type exactly.
#[derive(Debug)]
pub(crate) struct Gathered {
    single: Array2<f32>,
    double: Array2<f64>,
    inverse_norms: Arc<[f64]>,
}

impl Gathered {
    /// Copies the listed rows; a row may be listed again.
    pub(crate) fn of(points: &Points<'_>, rows: &[u32]) -> Self {
        let shape = (rows.len(), points.n_features);
        let (mut single, mut double) = (Array2::zeros((0, 0)), Array2::zeros((0, 0)));
        if points.is_double() {
            double = Array2::zeros(shape);
            for (row, mut out) in rows.iter().zip(double.rows_mut()) {
                if let Some(out) = out.as_slice_mut() {
                    points.values.read_64(*row as usize, out);
                }
            }
        } else {
            single = Array2::zeros(shape);
            for (row, mut out) in rows.iter().zip(single.rows_mut()) {
                if let Some(out) = out.as_slice_mut() {
                    points.values.read_32(*row as usize, out);
                }
            }
        }
        let norms = |row: &u32| points.inverse_norms[*row as usize];
        let normed = rows.iter().filter(|_| !points.inverse_norms.is_empty());
        let inverse_norms = normed.map(norms).collect();
        Self { single, double, inverse_norms }
    }

    /// The copied rows with the metric and scale of `points`.
    pub(crate) fn points(&self, points: &Points<'_>) -> Points<'_> {
        let values = if points.is_double() {
            Values::F64(self.double.view())
        } else {
            Values::F32(self.single.view())
        };
        Points {
            values,
            n_rows: values.shape().0,
            n_features: points.n_features,
            metric: points.metric,
            largest: points.largest,
            scale: points.scale,
            inverse_norms: Arc::clone(&self.inverse_norms),
        }
    }
}
