//! The rows to cluster: the caller's array as it is, read row by row in the type and metric that the work needs.
//!
//! Nothing is widened as a whole. A row is read into a scratch buffer as float32 or float64; float32 rows that lie in
//! one piece are borrowed. Two transformations happen on reading, so that the algorithms know only the squared Euclidean
//! distance: under cosine a row is divided by its norm (then ‖x − c‖² = 2(1 − cos)), and data whose largest magnitude is
//! extreme is multiplied by a power of two, which is exact, so that no square over- or underflows. Data of which float64
//! cannot hold all squares even so is refused.

mod copies;
mod finite;
mod gather;
mod moments;
mod scale;
mod sparse;
mod values;

use std::sync::Arc;

pub(crate) use copies::copies;
use fastcluster_kernels::{Level, reduce};
pub use finite::first_not_finite;
pub(crate) use gather::Gathered;
pub(crate) use moments::Moments;
pub(crate) use scale::inverse_norm;
use scale::{least_beside, power_of_two};
pub use sparse::Csr;
pub use values::Values;

use crate::{Context, Error};

/// What "near" means.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Metric {
    /// Squared Euclidean distance inside, Euclidean distance outside.
    #[default]
    Euclidean,
    /// 1 − cos; rows of zeros have distance 1 to everything.
    Cosine,
}

/// Rows per block wherever rows are read only to be summarised.
const SUMMARY_ROWS: usize = 4096;

/// Checked rows with their metric.
#[derive(Clone, Debug)]
pub struct Points<'a> {
    values: Values<'a>,
    n_rows: usize,
    n_features: usize,
    metric: Metric,
    /// The largest magnitude in the data.
    largest: f64,
    /// A power of two; 1 for ordinary data.
    scale: f64,
    /// 1/‖x · scale‖ under cosine, 0 for rows of zeros; empty otherwise.
    inverse_norms: Arc<[f64]>,
}

impl<'a> Points<'a> {
    /// Wraps the array; reads it once where the metric or the type asks for norms or magnitudes. Values are finite.
    ///
    /// # Errors
    /// [`Error::Zero`] without rows or features, [`Error::TooManyPoints`], [`Error::Cancelled`].
    pub fn new(values: Values<'a>, metric: Metric, context: &Context<'_>) -> Result<Self, Error> {
        let (n_rows, n_features) = values.shape();
        if n_rows == 0 {
            return Err(Error::Zero { name: "n_samples" });
        }
        if n_features == 0 {
            return Err(Error::Zero { name: "n_features" });
        }
        if n_rows > u32::MAX as usize {
            return Err(Error::TooManyPoints { n_samples: n_rows });
        }
        let mut points = Self {
            values,
            n_rows,
            n_features,
            metric,
            largest: 1.0,
            scale: 1.0,
            inverse_norms: Arc::new([]),
        };
        points.largest = points.largest_magnitude(context)?;
        points.scale = power_of_two(points.largest);
        match metric {
            Metric::Euclidean => points.check_range(points.largest, context)?,
            Metric::Cosine => points.inverse_norms = points.read_inverse_norms(context)?.into(),
        }
        Ok(points)
    }

    /// The same rows, scaled so that others of magnitude up to `largest` are in range with them.
    ///
    /// # Errors
    /// [`Error::TooWide`], [`Error::Cancelled`].
    pub(crate) fn including(&self, largest: f64, context: &Context<'_>) -> Result<Self, Error> {
        let mut points = self.clone();
        if self.metric == Metric::Euclidean && largest > self.largest {
            points.scale = power_of_two(largest);
            points.check_range(largest, context)?;
        }
        Ok(points)
    }

    /// Refuses rows that hold magnitudes whose squares are lost beside that of `largest`.
    fn check_range(&self, largest: f64, context: &Context<'_>) -> Result<(), Error> {
        let least = least_beside(largest);
        if least == 0.0 {
            return Ok(());
        }
        let smallest = self.smallest_magnitude(context)?;
        if smallest < least { Err(Error::TooWide { smallest, largest }) } else { Ok(()) }
    }

    /// Rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Features.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// The metric.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// The largest magnitude in the data, for [`Self::including`].
    pub(crate) fn largest(&self) -> f64 {
        self.largest
    }

    /// The power of two that rows are multiplied with on reading.
    pub(crate) fn scale(&self) -> f64 {
        self.scale
    }

    /// The caller's array.
    pub(crate) fn values(&self) -> &Values<'a> {
        &self.values
    }

    /// Whether results are float64.
    pub fn is_double(&self) -> bool {
        self.values.is_double()
    }

    /// Whether rows read as float32 are the rows themselves, unrounded and untransformed.
    pub(crate) fn is_exact_32(&self) -> bool {
        !self.is_double() && self.metric == Metric::Euclidean && self.scale == 1.0
    }

    /// Whether row `row` is a row of zeros under cosine, which belongs nowhere.
    pub(crate) fn is_void(&self, row: usize) -> bool {
        self.metric == Metric::Cosine && self.inverse_norms[row] == 0.0
    }

    /// All rows in one piece, where they are float32 rows in one piece.
    pub(crate) fn whole_32(&self) -> Option<&[f32]> {
        match &self.values {
            Values::F32(view) if self.is_exact_32() => view.as_slice(),
            _ => None,
        }
    }

    /// Row `row` as float32: borrowed where possible, else read into `scratch`; exact only if [`Self::is_exact_32`].
    pub(crate) fn row_32<'s>(&'s self, row: usize, scratch: &'s mut [f32]) -> &'s [f32] {
        if let Some(whole) = self.whole_32() {
            return &whole[row * self.n_features..][..self.n_features];
        }
        self.values.read_32(row, scratch);
        scratch
    }

    /// Row `row` in float64, scaled and normalised.
    pub(crate) fn read_64(&self, row: usize, out: &mut [f64]) {
        self.values.read_64(row, out);
        if self.scale != 1.0 {
            for value in out.iter_mut() {
                *value *= self.scale;
            }
        }
        if self.metric == Metric::Cosine {
            // One after the other: their product may overflow.
            let inverse_norm = self.inverse_norms[row];
            for value in out.iter_mut() {
                *value *= inverse_norm;
            }
        }
    }

    /// Entries that are stored, of sparse rows whose columns have 32-bit numbers.
    pub(crate) fn n_entries(&self) -> Option<usize> {
        match &self.values {
            _ if self.n_features > u32::MAX as usize => None,
            Values::Csr32(matrix) => Some(matrix.n_entries()),
            Values::Csr64(matrix) => Some(matrix.n_entries()),
            _ => None,
        }
    }

    /// The entries of row `row` as [`Self::read_64`] gives them, by column; none unless [`Self::n_entries`] counts them.
    pub(crate) fn read_entries(&self, row: usize, out: &mut Vec<(u32, f64)>) {
        out.clear();
        match &self.values {
            Values::Csr32(matrix) => {
                out.extend(matrix.entries(row).map(|(at, value)| (at as u32, f64::from(value))));
            }
            Values::Csr64(matrix) => {
                out.extend(matrix.entries(row).map(|(at, value)| (at as u32, value)));
            }
            _ => {}
        }
        if !out.is_sorted_by(|one, next| one.0 < next.0) {
            out.sort_by_key(|entry| entry.0);
            // Repeated entries sum up in their order.
            out.dedup_by(|next, kept| {
                let same = next.0 == kept.0;
                kept.1 += if same { next.1 } else { 0.0 };
                same
            });
        }
        let inverse_norm = self.inverse_norms.get(row).copied().unwrap_or(1.0);
        for (_, value) in out {
            *value = *value * self.scale * inverse_norm;
        }
    }

    /// Row `row` rounded to float32, and at least the norm of what rounding took off.
    pub(crate) fn read_rounded<'s>(
        &'s self,
        row: usize,
        scratch_32: &'s mut [f32],
        scratch_64: &mut [f64],
    ) -> (&'s [f32], f32) {
        if self.is_exact_32() {
            return (self.row_32(row, scratch_32), 0.0);
        }
        self.read_64(row, scratch_64);
        let mut lost = 0.0;
        for (rounded, value) in scratch_32.iter_mut().zip(scratch_64.iter()) {
            *rounded = *value as f32;
            let difference = value - f64::from(*rounded);
            lost += difference * difference;
        }
        // The sum is off by far less than the factor; float32 is rounded up by it too.
        (scratch_32, (lost.sqrt() * 1.000_001) as f32 + f32::MIN_POSITIVE)
    }

    fn largest_magnitude(&self, context: &Context<'_>) -> Result<f64, Error> {
        if matches!(self.values, Values::F16(_) | Values::I8(_) | Values::U8(_)) {
            return Ok(1.0); // their whole range is ordinary
        }
        let level = Level::current();
        let blocks = self.n_rows.div_ceil(SUMMARY_ROWS);
        let largest = context.pool.map_tasks(
            context.observer,
            blocks,
            || vec![0.0; self.n_features],
            |scratch, block| {
                let rows = block_rows(block, SUMMARY_ROWS, self.n_rows);
                if let Some(whole) = self.whole_32() {
                    let values = &whole[rows.start * self.n_features..rows.end * self.n_features];
                    return Ok(f64::from(reduce::largest_magnitude_32(level, values)));
                }
                Ok(rows.fold(0.0_f64, |largest, row| {
                    self.values.read_64(row, scratch);
                    largest.max(reduce::largest_magnitude(level, scratch))
                }))
            },
        )?;
        Ok(largest.into_iter().fold(0.0, f64::max))
    }

    /// The smallest magnitude that is not 0; infinite where all are.
    fn smallest_magnitude(&self, context: &Context<'_>) -> Result<f64, Error> {
        let smallest = context.pool.map_tasks(
            context.observer,
            self.n_rows.div_ceil(SUMMARY_ROWS),
            || vec![0.0; self.n_features],
            |scratch, block| {
                let mut smallest = f64::INFINITY;
                for row in block_rows(block, SUMMARY_ROWS, self.n_rows) {
                    self.values.read_64(row, scratch);
                    let magnitudes = scratch.iter().map(|value| value.abs());
                    smallest = magnitudes.filter(|value| *value > 0.0).fold(smallest, f64::min);
                }
                Ok(smallest)
            },
        )?;
        Ok(smallest.into_iter().fold(f64::INFINITY, f64::min))
    }

    fn read_inverse_norms(&self, context: &Context<'_>) -> Result<Vec<f64>, Error> {
        let level = Level::current();
        let mut inverse_norms = vec![0.0; self.n_rows];
        context.pool.map_blocks(
            context.observer,
            &mut inverse_norms,
            SUMMARY_ROWS,
            || vec![0.0; self.n_features],
            |scratch, block, out| {
                for (row, inverse) in block_rows(block, SUMMARY_ROWS, self.n_rows).zip(out) {
                    self.values.read_64(row, scratch);
                    for value in scratch.iter_mut() {
                        *value *= self.scale;
                    }
                    *inverse = inverse_norm(level, scratch);
                }
                Ok(())
            },
        )?;
        Ok(inverse_norms)
    }
}

/// The rows of block `block`.
pub(crate) fn block_rows(block: usize, block_rows: usize, n_rows: usize) -> std::ops::Range<usize> {
    block * block_rows..((block + 1) * block_rows).min(n_rows)
}
