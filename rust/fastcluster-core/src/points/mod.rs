//! The rows to cluster: the caller's array as it is, read row by row in the type and metric that the work needs.
//!
//! Nothing is widened as a whole. A row is read into a scratch buffer as float32 or float64; float32 rows that lie in
//! one piece are borrowed. Two transformations happen on reading, so that the algorithms know only the squared Euclidean
//! distance: under cosine a row is divided by its norm (then ‖x − c‖² = 2(1 − cos)), and data whose largest magnitude is
//! extreme is multiplied by a power of two, which is exact, so that no square over- or underflows.

mod finite;
mod gather;
mod moments;
mod sparse;

use std::sync::Arc;

use fastcluster_kernels::{Level, reduce};
use half::slice::HalfFloatSliceExt as _;
use half::{bf16, f16};
use ndarray::ArrayView2;

pub use finite::first_not_finite;
pub(crate) use gather::Gathered;
pub(crate) use moments::Moments;
pub use sparse::Csr;

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

/// The caller's array.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Values<'a> {
    /// float16.
    F16(ArrayView2<'a, f16>),
    /// bfloat16.
    Bf16(ArrayView2<'a, bf16>),
    /// float32.
    F32(ArrayView2<'a, f32>),
    /// float64.
    F64(ArrayView2<'a, f64>),
    /// int8.
    I8(ArrayView2<'a, i8>),
    /// uint8.
    U8(ArrayView2<'a, u8>),
    /// Sparse float32.
    Csr32(Csr<'a, f32>),
    /// Sparse float64.
    Csr64(Csr<'a, f64>),
}

impl Values<'_> {
    /// Rows and features.
    pub fn shape(&self) -> (usize, usize) {
        match self {
            Self::F16(view) => view.dim(),
            Self::Bf16(view) => view.dim(),
            Self::F32(view) => view.dim(),
            Self::F64(view) => view.dim(),
            Self::I8(view) => view.dim(),
            Self::U8(view) => view.dim(),
            Self::Csr32(matrix) => matrix.shape(),
            Self::Csr64(matrix) => matrix.shape(),
        }
    }

    /// Whether results are float64: the input is.
    pub fn is_double(&self) -> bool {
        matches!(self, Self::F64(_) | Self::Csr64(_))
    }

    /// Reads row `row` in float64; every input type is exact in it.
    pub fn read_64(&self, row: usize, out: &mut [f64]) {
        match self {
            Self::F16(view) => fill(out, view.row(row).iter().map(|value| value.to_f64())),
            Self::Bf16(view) => fill(out, view.row(row).iter().map(|value| value.to_f64())),
            Self::F32(view) => match view.row(row).as_slice() {
                Some(values) => fill(out, values.iter().map(|value| f64::from(*value))),
                None => fill(out, view.row(row).iter().map(|value| f64::from(*value))),
            },
            Self::F64(view) => match view.row(row).as_slice() {
                Some(values) => out.copy_from_slice(values),
                None => fill(out, view.row(row).iter().copied()),
            },
            Self::I8(view) => fill(out, view.row(row).iter().map(|value| f64::from(*value))),
            Self::U8(view) => fill(out, view.row(row).iter().map(|value| f64::from(*value))),
            Self::Csr32(matrix) => matrix.read(row, out, |out, value| *out += f64::from(value)),
            Self::Csr64(matrix) => matrix.read(row, out, |out, value| *out += value),
        }
    }

    /// Reads row `row` in float32, rounding float64.
    pub fn read_32(&self, row: usize, out: &mut [f32]) {
        match self {
            Self::F16(view) => match view.row(row).as_slice() {
                Some(values) => values.convert_to_f32_slice(out),
                None => fill(out, view.row(row).iter().map(|value| value.to_f32())),
            },
            Self::Bf16(view) => match view.row(row).as_slice() {
                Some(values) => values.convert_to_f32_slice(out),
                None => fill(out, view.row(row).iter().map(|value| value.to_f32())),
            },
            Self::F32(view) => match view.row(row).as_slice() {
                Some(values) => out.copy_from_slice(values),
                None => fill(out, view.row(row).iter().copied()),
            },
            Self::F64(view) => fill(out, view.row(row).iter().map(|value| *value as f32)),
            Self::I8(view) => fill(out, view.row(row).iter().map(|value| f32::from(*value))),
            Self::U8(view) => fill(out, view.row(row).iter().map(|value| f32::from(*value))),
            Self::Csr32(matrix) => matrix.read(row, out, |out, value| *out += value),
            Self::Csr64(matrix) => matrix.read(row, out, |out, value| *out += value as f32),
        }
    }
}

fn fill<T>(out: &mut [T], values: impl Iterator<Item = T>) {
    for (out, value) in out.iter_mut().zip(values) {
        *out = value;
    }
}

/// Magnitudes between 2⁻⁴⁰ and 2⁴⁰ are used as they are: their squares and sums stay far inside float32.
const UNSCALED_EXPONENT: i32 = 40;

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
        if metric == Metric::Cosine {
            points.inverse_norms = points.read_inverse_norms(context)?.into();
        }
        Ok(points)
    }

    /// The same rows, scaled so that centers of magnitude up to `largest` are in range with them.
    pub(crate) fn including(&self, largest: f64) -> Self {
        let mut points = self.clone();
        if self.metric == Metric::Euclidean {
            points.scale = power_of_two(self.largest.max(largest));
        }
        points
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

    /// The largest magnitude in the data.
    pub(crate) fn largest(&self) -> f64 {
        self.largest
    }

    /// The power of two that rows are multiplied with on reading.
    pub(crate) fn scale(&self) -> f64 {
        self.scale
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

/// 1/‖x‖, or 0 for a row of zeros. Rows whose squares leave float64 are scaled first, by a power of two; a row so near
/// zero that 1/‖x‖ itself overflows counts as zeros.
pub(crate) fn inverse_norm(level: Level, row: &[f64]) -> f64 {
    let norm = reduce::squared_norm(level, row).sqrt();
    if (1e-140..1e140).contains(&norm) {
        return 1.0 / norm;
    }
    let largest = reduce::largest_magnitude(level, row);
    if largest == 0.0 {
        return 0.0;
    }
    let scale = power_of_two(largest);
    let scaled: Vec<f64> = row.iter().map(|value| value * scale).collect();
    let inverse = scale / reduce::squared_norm(level, &scaled).sqrt();
    if inverse.is_finite() { inverse } else { 0.0 }
}

/// The rows of block `block`.
pub(crate) fn block_rows(block: usize, block_rows: usize, n_rows: usize) -> std::ops::Range<usize> {
    block * block_rows..((block + 1) * block_rows).min(n_rows)
}

/// The power of two that brings an extreme largest magnitude to the upper end of the ordinary range; 1 for an ordinary
/// one. Beside values of 10²⁰⁰, others keep their squares in float64 if they are above 10³⁶ or so.
fn power_of_two(largest: f64) -> f64 {
    let exponent = largest.log2();
    if largest == 0.0 || exponent.abs() <= f64::from(UNSCALED_EXPONENT) {
        return 1.0;
    }
    2.0_f64.powi((UNSCALED_EXPONENT - exponent.floor() as i32).clamp(-1000, 1000))
}
