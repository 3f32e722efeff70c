//! A row in the type in which it is exact, and its float64 distances.

use fastcluster_kernels::{Level, distance};

use crate::centers::Centers;
use crate::points::Points;

/// The squared distance of everything from a center of zeros under cosine, whose distance is 1 by definition.
const VOID_SQUARED: f64 = 2.0;

/// A row as it is, for float64 distances.
pub(crate) enum Exact<'a> {
    Single(&'a [f32]),
    Double(&'a [f64]),
}

impl<'a> Exact<'a> {
    /// Reads the row in the type in which it is exact.
    pub(crate) fn read(
        points: &'a Points<'_>,
        row: usize,
        row_32: &'a mut [f32],
        row_64: &'a mut [f64],
    ) -> Self {
        if points.is_exact_32() {
            return Self::Single(points.row_32(row, row_32));
        }
        points.read_64(row, row_64);
        Self::Double(row_64)
    }

    /// `Σ(x_i − m_i)²` in float64, in working space, for a point in float32.
    pub(super) fn squared_distance_from(&self, level: Level, point: &[f32]) -> f64 {
        match self {
            Self::Single(row) => distance::squared_32(level, row, point),
            Self::Double(row) => {
                let widened: Vec<f64> = point.iter().map(|value| f64::from(*value)).collect();
                distance::squared_64(level, row, &widened)
            }
        }
    }

    /// `Σ(x_i − c_i)²` in float64, in working space: the distance that defines labels.
    pub(crate) fn squared_distance(&self, level: Level, centers: &Centers, index: usize) -> f64 {
        if centers.is_void(index) {
            return VOID_SQUARED;
        }
        match (self, centers.single(index)) {
            (Self::Single(row), Some(center)) => distance::squared_32(level, row, center),
            (Self::Single(row), None) => {
                let row: Vec<f64> = row.iter().map(|value| f64::from(*value)).collect();
                distance::squared_64(level, &row, &centers.working(index))
            }
            (Self::Double(row), _) => distance::squared_64(level, row, &centers.working(index)),
        }
    }
}
