//! The nearest rows of each row, kept by many threads at once.

use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// A neighbour: the bits of its distance, which is not negative, so that they have its order, then its row.
type Entry = (u64, u32);

/// Per row the `n_listed` nearest of those entered, by distance, then by row, and a bound that falls.
///
/// The bound of a row is an upper bound of the distance of the last one that will be listed. The lists do not depend on
/// the order in which rows are entered.
#[derive(Debug)]
pub(super) struct Lists {
    n_listed: usize,
    lists: Vec<Mutex<BinaryHeap<Entry>>>,
    bounds: Vec<AtomicU64>,
}

impl Lists {
    /// Empty lists; `bounds` are known from elsewhere.
    pub(super) fn new(n_listed: usize, bounds: impl Iterator<Item = f64>) -> Self {
        let bounds: Vec<AtomicU64> = bounds.map(|bound| AtomicU64::new(bound.to_bits())).collect();
        let lists = bounds.iter().map(|_| Mutex::default()).collect();
        Self { n_listed, lists, bounds }
    }

    /// Rows that have a list.
    pub(super) fn len(&self) -> usize {
        self.lists.len()
    }

    /// What a row must not be farther away than to be listed for `row`.
    #[inline]
    pub(super) fn bound(&self, row: usize) -> f64 {
        f64::from_bits(self.bounds[row].load(Relaxed))
    }

    /// Enters a neighbour of `row`; each comes once.
    #[inline]
    pub(super) fn enter(&self, row: usize, distance: f64, other: u32) {
        if self.n_listed == 0 || distance > self.bound(row) {
            return;
        }
        let mut list = self.lists[row].lock().unwrap_or_else(PoisonError::into_inner);
        list.push((distance.to_bits(), other));
        if list.len() > self.n_listed {
            list.pop();
        }
        if list.len() == self.n_listed
            && let Some((last, _)) = list.peek()
        {
            // Only who holds the lock writes; the bound known from elsewhere may be the lower one.
            let lower = (*last).min(self.bounds[row].load(Relaxed));
            self.bounds[row].store(lower, Relaxed);
        }
    }

    /// The neighbours of each row, nearest first.
    pub(super) fn into_sorted(self) -> impl Iterator<Item = Vec<(f64, u32)>> {
        self.lists.into_iter().map(|list| {
            let list = list.into_inner().unwrap_or_else(PoisonError::into_inner);
            let entries = list.into_sorted_vec().into_iter();
            entries.map(|(bits, row)| (f64::from_bits(bits), row)).collect()
        })
    }
}
