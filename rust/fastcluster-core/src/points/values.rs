//! The caller's array, in any of its types, read row by row.

use half::slice::HalfFloatSliceExt as _;
use half::{bf16, f16};
use ndarray::ArrayView2;

use super::Csr;

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
