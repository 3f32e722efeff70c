//! Everything in one pass over the pairs: short lists, and sets that many threads join.
//!
//! # Idea
//! No row weighs less than one, so `min_samples − 1` other neighbours make a row core. A row lists its first
//! `min_samples − 1` others; to each of them it gives a place of its list by one atomic increment. A pair that finds both
//! lists full is a pair of core rows, and they are united at once. Every other pair stands in the list of one of its
//! ends at least. When all pairs have come, [`Lists::finish`] unites each core row with the core rows that it lists.
//!
//! # Why no union is lost
//! The increment alone decides whether a pair is listed at an end, and each pair comes once. So at the end each pair was
//! united or is listed, whatever the interleaving; and a row that is not core lists *all* its neighbours, which is what
//! its label needs. Relaxed ordering suffices: what is listed is read after the threads have been joined.
//!
//! A row whose list has just become full is united early with those listed that are known to be core, so that
//! [`Lists::settled`] soon finds regions that hold nothing new. These unions are true whatever they see of other
//! threads' writes: a place not yet written holds no row, and a count only grows. Missing one loses nothing.
//!
//! # Cost
//! `4·(min_samples + 1)` bytes a row. Per pair two loads and two searches for a root; two increments where it is listed.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::labels::labels_of;
use super::{Fit, Weights};
use crate::graph::SharedSets;
use crate::points::block_rows;
use crate::{Context, Error};

/// A place that holds no row: there are fewer than 2³² − 1 rows before it.
const NO_ROW: u32 = u32::MAX;

/// Rows finished by one thread at a time.
const BLOCK_ROWS: usize = 4096;

/// A list of neighbours per row, and the sets of core rows.
#[derive(Debug)]
pub(super) struct Lists {
    /// Places in a row's list.
    capacity: usize,
    /// Others that were given a place; more than [`Self::capacity`] where threads met at a full list.
    counts: Vec<AtomicU32>,
    places: Vec<AtomicU32>,
    sets: SharedSets,
}

impl Lists {
    /// Bytes that the lists of so many rows take.
    pub(super) fn bytes(n_rows: usize, min_samples: usize) -> u64 {
        (n_rows as u64).saturating_mul(4).saturating_mul(min_samples as u64 + 1)
    }

    /// Empty lists.
    pub(super) fn new(n_rows: usize, min_samples: usize) -> Self {
        let capacity = min_samples - 1;
        let filled = |length, value| (0..length).map(|_| AtomicU32::new(value)).collect();
        Self {
            capacity,
            counts: filled(n_rows, 0),
            places: filled(n_rows * capacity, NO_ROW),
            sets: SharedSets::new(n_rows),
        }
    }

    /// Takes a pair of neighbours; each comes once, from any thread.
    #[inline]
    pub(super) fn pair(&self, one: u32, other: u32) {
        let listed = [self.list(one, other), self.list(other, one)];
        if listed == [false, false] {
            self.sets.unite(one, other);
        }
    }

    /// Whether nothing can be learned from pairs among these rows: all are core and in one set.
    pub(super) fn settled(&self, mut rows: impl Iterator<Item = u32>) -> bool {
        let Some(first) = rows.next() else { return true };
        if !self.is_full(first) {
            return false;
        }
        let root = self.sets.root(first);
        rows.all(|row| self.is_full(row) && self.sets.root(row) == root)
    }

    /// The labels, once every pair has come.
    pub(super) fn finish(&self, weights: &Weights, context: &Context<'_>) -> Result<Fit, Error> {
        let n = self.counts.len();
        let mut cores = vec![false; n];
        let (pool, observer) = (context.pool, context.observer);
        pool.map_blocks(
            observer,
            &mut cores,
            BLOCK_ROWS,
            || (),
            |(), block, cores| {
                for (row, core) in block_rows(block, BLOCK_ROWS, n).zip(cores) {
                    let row = row as u32;
                    let total = || self.listed(row).map(|other| weights.of(other)).sum::<i128>();
                    *core = self.is_full(row) || weights.suffice(weights.of(row) + total());
                }
                Ok(())
            },
        )?;
        let cores = &cores;
        pool.map_tasks(
            observer,
            n.div_ceil(BLOCK_ROWS),
            || (),
            |(), block| {
                for row in block_rows(block, BLOCK_ROWS, n).filter(|row| cores[*row]) {
                    for other in self.listed(row as u32).filter(|other| cores[*other as usize]) {
                        self.sets.unite(row as u32, other);
                    }
                }
                Ok(())
            },
        )?;
        let least_root = |row| {
            let near = self.listed(row).filter(|other| cores[*other as usize]);
            near.map(|other| self.sets.root(other)).min()
        };
        Ok(labels_of(cores, &self.sets, least_root))
    }

    /// Gives `other` a place in the list of `row`; whether there was one.
    #[inline]
    fn list(&self, row: u32, other: u32) -> bool {
        if self.is_full(row) {
            return false;
        }
        let place = self.counts[row as usize].fetch_add(1, Relaxed) as usize;
        if place >= self.capacity {
            return false;
        }
        self.places[row as usize * self.capacity + place].store(other, Relaxed);
        if place + 1 == self.capacity {
            self.unite_early(row);
        }
        true
    }

    /// Unites a row whose list is full with those listed whose lists are.
    fn unite_early(&self, row: u32) {
        for other in self.listed(row).filter(|other| self.is_full(*other)) {
            self.sets.unite(row, other);
        }
    }

    /// Whether a row is known to be core.
    #[inline]
    fn is_full(&self, row: u32) -> bool {
        self.counts[row as usize].load(Relaxed) as usize >= self.capacity
    }

    /// The rows that stand in a row's list.
    fn listed(&self, row: u32) -> impl Iterator<Item = u32> {
        let places = &self.places[row as usize * self.capacity..][..self.capacity];
        places.iter().map(|place| place.load(Relaxed)).filter(|other| *other != NO_ROW)
    }
}
