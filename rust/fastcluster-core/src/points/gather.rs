//! Some of the rows, copied out: a mini-batch.

use std::sync::Arc;

use ndarray::{Array2, Axis, Slice};

use super::{Points, Values};
use crate::{Context, Error};

/// Rows copied by one thread at a time.
const BLOCK_ROWS: usize = 256;

/// Copied rows in the caller's space: float64 for float64 input, else float32, which holds every other type exactly.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    n_rows: usize,
    single: Array2<f32>,
    double: Array2<f64>,
    inverse_norms: Arc<[f64]>,
}

impl Gathered {
    /// Copies the listed rows; a row may be listed again.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(crate) fn of(
        points: &Points<'_>,
        rows: &[u32],
        context: &Context<'_>,
    ) -> Result<Self, Error> {
        let mut gathered = Self::default();
        gathered.fill(points, rows, context)?;
        Ok(gathered)
    }

    /// The same in place of what was copied before, in the same memory where that suffices.
    ///
    /// # Errors
    /// As [`Gathered::of`].
    pub(crate) fn fill(
        &mut self,
        points: &Points<'_>,
        rows: &[u32],
        context: &Context<'_>,
    ) -> Result<(), Error> {
        let d = points.n_features;
        if points.is_double() {
            let read = |row, out: &mut [f64]| points.values.read_64(row, out);
            copy(&mut self.double, rows, d, read, context)?;
        } else {
            let read = |row, out: &mut [f32]| points.values.read_32(row, out);
            copy(&mut self.single, rows, d, read, context)?;
        }
        self.n_rows = rows.len();
        let norms = |row: &u32| points.inverse_norms[*row as usize];
        let normed = rows.iter().filter(|_| !points.inverse_norms.is_empty());
        self.inverse_norms = normed.map(norms).collect();
        Ok(())
    }

    /// The copied rows with the metric and scale of `points`.
    pub(crate) fn points(&self, points: &Points<'_>) -> Points<'_> {
        let first = Slice::from(..self.n_rows);
        let values = if points.is_double() {
            Values::F64(self.double.slice_axis(Axis(0), first))
        } else {
            Values::F32(self.single.slice_axis(Axis(0), first))
        };
        Points {
            values,
            n_rows: self.n_rows,
            n_features: points.n_features,
            metric: points.metric,
            largest: points.largest,
            scale: points.scale,
            inverse_norms: Arc::clone(&self.inverse_norms),
        }
    }
}

/// Reads the listed rows into the first rows of `out`, which grows where it has to.
fn copy<T: Clone + Default + Send>(
    out: &mut Array2<T>,
    rows: &[u32],
    n_features: usize,
    read: impl Fn(usize, &mut [T]) + Sync + Send,
    context: &Context<'_>,
) -> Result<(), Error> {
    if out.nrows() < rows.len() || out.ncols() != n_features {
        *out = Array2::from_elem((rows.len(), n_features), T::default());
    }
    let Some(values) = out.as_slice_mut() else { return Ok(()) };
    context.pool.map_blocks(
        context.observer,
        &mut values[..rows.len() * n_features],
        BLOCK_ROWS * n_features,
        || (),
        |(), block, out| {
            let rows = &rows[block * BLOCK_ROWS..];
            for (row, out) in rows.iter().zip(out.chunks_exact_mut(n_features)) {
                read(*row as usize, out);
            }
            Ok(())
        },
    )?;
    Ok(())
}
