//! The one decision whether two rows are neighbours.

use std::ops::Range;

use fastcluster_kernels::{Level, distance};

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

    /// The same for float32 rows that are exact, which only Euclidean ones are.
    #[inline]
    pub fn are_32(&self, one: &[f32], other: &[f32]) -> bool {
        distance::squared_32(self.level, one, other) <= self.limit
    }
}

/// Some rows in a type in which they are exact, to be compared with another block's.
#[derive(Debug, Default)]
pub(super) struct Block {
    n_features: usize,
    single: Vec<f32>,
    double: Vec<f64>,
}

impl Block {
    /// Reads the rows, in float32 if `single` says so and they are exact in it.
    pub(super) fn read(&mut self, points: &Points<'_>, rows: Range<usize>, single: bool) {
        let d = points.n_features();
        self.n_features = d;
        self.single.clear();
        self.double.clear();
        if single && points.is_exact_32() {
            self.single.resize(rows.len() * d, 0.0);
            let mut scratch = vec![0.0; d];
            for (row, out) in rows.zip(self.single.chunks_exact_mut(d)) {
                out.copy_from_slice(points.row_32(row, &mut scratch));
            }
        } else {
            self.double.resize(rows.len() * d, 0.0);
            for (row, out) in rows.zip(self.double.chunks_exact_mut(d)) {
                points.read_64(row, out);
            }
        }
    }

    /// Rows read.
    pub(super) fn len(&self) -> usize {
        self.single.len().max(self.double.len()) / self.n_features
    }

    /// Whether row `one` of this block and row `two` of the other are neighbours; both were read alike.
    #[inline]
    pub(super) fn near(&self, one: usize, other: &Self, two: usize, near: &Near) -> bool {
        let d = self.n_features;
        if self.double.is_empty() {
            near.are_32(&self.single[one * d..][..d], &other.single[two * d..][..d])
        } else {
            near.are(&self.double[one * d..][..d], &other.double[two * d..][..d])
        }
    }
}

/// Rows per block, so that two blocks of float64 stay in a cache of 1 MiB where rows are not very long.
pub(super) fn rows_per_block(n_features: usize) -> usize {
    (65_536 / n_features).clamp(8, 256)
}
