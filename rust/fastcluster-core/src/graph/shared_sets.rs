//! Disjoint sets of rows that many threads join at once, without locks.
//!
//! # Idea
//! A root points to itself, every other row to a smaller one. To join two sets, the larger root is pointed to the
//! smaller by compare-and-swap; where another thread was first, the walk goes on from what it wrote. Pointers only ever
//! fall, so no cycle can form and no join is lost, and at the end each set's root is its least row, whatever the order
//! of the joins.
//!
//! # Source
//! Jaiganesh and Burtscher 2018, doi:10.1145/3208040.3208041 (ECL-CC): hooking to the smaller root, path halving.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Disjoint sets of the rows `0..n`, each known by its least row once no thread joins any more.
///
/// Pointers carry no other data, so relaxed ordering is enough; the end of the threads' work publishes the result.
#[derive(Debug)]
pub struct SharedSets {
    parents: Vec<AtomicU32>,
}

impl SharedSets {
    /// Every row alone.
    pub fn new(n: usize) -> Self {
        Self { parents: (0..n as u32).map(AtomicU32::new).collect() }
    }

    /// A row of the same set with a pointer to itself at some moment of the call: its least row when nothing is joined
    /// meanwhile.
    #[inline]
    pub fn root(&self, row: u32) -> u32 {
        let mut row = row;
        let mut parent = self.parents[row as usize].load(Relaxed);
        while parent != row {
            let above = self.parents[parent as usize].load(Relaxed);
            if above != parent {
                // Another thread may have written a smaller one; then this write is not needed.
                let slot = &self.parents[row as usize];
                let _ = slot.compare_exchange_weak(parent, above, Relaxed, Relaxed);
            }
            (row, parent) = (parent, above);
        }
        row
    }

    /// Joins the sets of two rows.
    #[inline]
    pub fn unite(&self, one: u32, other: u32) {
        let (mut one, mut other) = (self.root(one), self.root(other));
        while one != other {
            let (low, high) = (one.min(other), one.max(other));
            let slot = &self.parents[high as usize];
            if slot.compare_exchange_weak(high, low, Relaxed, Relaxed).is_ok() {
                return;
            }
            (one, other) = (low, self.root(high));
        }
    }

    /// Whether two rows are known to be in one set; a later call may say yes where this one said no.
    #[inline]
    pub fn joined(&self, one: u32, other: u32) -> bool {
        self.root(one) == self.root(other)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Sets;
    use super::*;
    use crate::{observer::Observer, pool::Pool};

    #[test]
    fn threads_find_the_sets_that_one_finds() {
        let n = 5_000_u32;
        // Two of three rows in long chains, joined in an order that makes threads meet.
        let pairs: Vec<(u32, u32)> = (0..n)
            .map(|i| (i * 7919 % n, (i * 7919 + 3) % n))
            .filter(|(a, b)| a % 3 != 1 && a.abs_diff(*b) == 3)
            .collect();
        let mut alone = Sets::new(n as usize);
        for (a, b) in &pairs {
            alone.unite(*a, *b);
        }
        let shared = SharedSets::new(n as usize);
        let work = |(): &mut (), task: usize| {
            for (a, b) in pairs.iter().skip(task).step_by(8) {
                shared.unite(*b, *a);
            }
            Ok(())
        };
        Pool::new(4).map_tasks(&Observer::default(), 8, || (), work).unwrap();
        for row in 0..n {
            assert_eq!(shared.root(row), alone.root(row));
        }
        assert!(shared.joined(0, 3) && !shared.joined(1, 4));
    }
}
