//! The upper triangle of a distance matrix, row by row in one piece.

use fastcluster_kernels::prefetch;

/// So many slots ahead a column is prefetched.
pub(super) const AHEAD: usize = 96;

/// Distances of rows i < j of n.
#[derive(Debug)]
pub(super) struct Matrix<'a> {
    values: &'a mut [f64],
    n: usize,
    offsets: Vec<usize>,
}

impl<'a> Matrix<'a> {
    /// `values` holds n·(n − 1)/2 distances.
    pub(super) fn new(values: &'a mut [f64], n: usize) -> Self {
        debug_assert!(values.len() == n * n.saturating_sub(1) / 2, "a triangle of n rows");
        Self { values, n, offsets: offsets(n) }
    }

    pub(super) fn n(&self) -> usize {
        self.n
    }

    /// The distance of `low < high`.
    #[inline]
    pub(super) fn get(&self, low: u32, high: u32) -> f64 {
        self.values[place(&self.offsets, low, high)]
    }

    /// The distance of two different rows in any order.
    #[inline]
    pub(super) fn between(&self, one: u32, other: u32) -> f64 {
        self.get(one.min(other), one.max(other))
    }

    /// The slots `before` a slot, ascending, each with its distance to it.
    #[inline]
    pub(super) fn column(&self, before: &[u32], slot: u32) -> impl Iterator<Item = (u32, f64)> {
        before.iter().enumerate().map(move |(at, other)| {
            if let Some(next) = before.get(at + AHEAD) {
                prefetch(self.values, place(&self.offsets, *next, slot));
            }
            (*other, self.get(*other, slot))
        })
    }

    /// The slots `after` a slot, each with its distance to it.
    #[inline]
    pub(super) fn row(&self, slot: u32, after: &[u32]) -> impl Iterator<Item = (u32, f64)> {
        let row = self.after(slot);
        after.iter().map(move |other| (*other, row[(other - slot - 1) as usize]))
    }

    /// The distances of `low` to each row after it.
    #[inline]
    pub(super) fn after(&self, low: u32) -> &[f64] {
        let start = self.start(low);
        &self.values[start..start + self.n - low as usize - 1]
    }

    /// The distances of `low < high` to each row after `high`, those of `low` to be changed.
    #[inline]
    pub(super) fn both_after(&mut self, low: u32, high: u32) -> (&mut [f64], &[f64]) {
        let (low_start, high_start) = (self.start(low), self.start(high));
        let shift = (high - low) as usize;
        let len = self.n - high as usize - 1;
        let (before, from) = self.values.split_at_mut(high_start);
        (&mut before[low_start + shift..][..len], &from[..len])
    }

    /// All distances, and the rows' [`offsets`].
    #[inline]
    pub(super) fn parts(&mut self) -> (&mut [f64], &[usize]) {
        (self.values, &self.offsets)
    }

    #[inline]
    fn start(&self, low: u32) -> usize {
        self.offsets[low as usize] + low as usize
    }
}

/// Of each of `n` rows, where its distance to row `other` stands, less `other` − 1: to look this up is quicker than to
/// compute it in a loop that waits for memory.
pub(super) fn offsets(n: usize) -> Vec<usize> {
    (0..n).map(|row| row * (2 * n - row - 1) / 2 - row).collect()
}

/// Where the distance of `low < high` is.
#[inline]
pub(super) fn place(offsets: &[usize], low: u32, high: u32) -> usize {
    debug_assert!(low < high && (high as usize) < offsets.len(), "rows in order");
    offsets[low as usize] + high as usize - 1
}
