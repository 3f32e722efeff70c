//! An edge and the order of edges.

use std::cmp::Ordering;

/// An undirected edge between two rows, `low < high`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// What it costs; never NaN.
    pub weight: f64,
    /// The row of the lower number.
    pub low: u32,
    /// The row of the higher number.
    pub high: u32,
}

impl Edge {
    /// The edge between two different rows, given in any order.
    pub fn new(weight: f64, one: u32, other: u32) -> Self {
        debug_assert!(one != other && !weight.is_nan(), "an edge joins two rows by a number");
        Self { weight, low: one.min(other), high: one.max(other) }
    }

    /// By weight, then by the lower row, then by the higher: no two edges of a graph are equal.
    #[inline]
    pub fn order(&self, other: &Self) -> Ordering {
        self.weight
            .total_cmp(&other.weight)
            .then(self.low.cmp(&other.low))
            .then(self.high.cmp(&other.high))
    }
}
