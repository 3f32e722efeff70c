//! The one decision whether two rows are neighbours.

use fastcluster_kernels::{Level, distance};

use super::sparse;
use crate::points::{Metric, Points};

/// Decides on pairs of rows, in float64.
#[derive(Clone, Copy, Debug)]
pub struct Near {
    level: Level,
    metric: Metric,
    limit: f64,
}

impl Near {
    /// Neighbours are within `eps`; `points` tell the metric, and the power of two that distances are scaled by.
    pub fn new(points: &Points<'_>, eps: f64) -> Self {
        let limit = match points.metric() {
            Metric::Euclidean => (eps * points.scale()) * (eps * points.scale()),
            Metric::Cosine => eps,
        };
        Self { level: Level::current(), metric: points.metric(), limit }
    }

    /// The largest squared distance of neighbours in working space, or their largest 1 − cos.
    pub fn limit(&self) -> f64 {
        self.limit
    }

    /// Whether two rows in working space are neighbours.
    #[inline]
    pub fn are(&self, one: &[f64], other: &[f64]) -> bool {
        match self.metric {
            Metric::Euclidean => distance::squared_64(self.level, one, other) <= self.limit,
            Metric::Cosine => 1.0 - distance::dot_64(self.level, one, other) <= self.limit,
        }
    }

    /// The same for the entries of sparse rows, by column, to the bit.
    pub fn are_sparse(&self, one: &[(u32, f64)], other: &[(u32, f64)]) -> bool {
        match self.metric {
            Metric::Euclidean => sparse::squared(one, other) <= self.limit,
            Metric::Cosine => 1.0 - sparse::dot(one, other) <= self.limit,
        }
    }

    /// The same for float32 rows that are exact, which only Euclidean ones are.
    #[inline]
    pub fn are_32(&self, one: &[f32], other: &[f32]) -> bool {
        distance::squared_32(self.level, one, other) <= self.limit
    }
}
