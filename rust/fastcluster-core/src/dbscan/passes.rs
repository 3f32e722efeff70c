//! The same with three passes over the pairs and no lists: weights, then unions, then borders.
//!
//! # Idea
//! Rows that weigh little or less than nothing can be too many to list before a row is known to be core, and so can
//! `min_samples` itself. Then a first pass only sums up weights, and tells which rows are core; a second one unites core
//! neighbours. Which cluster is first among those of a row's neighbours is known when all unions are done, so rows that
//! are not core need a third.
//!
//! # Cost
//! 24 bytes a row in the first pass, 9 afterwards.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::labels::labels_of;
use super::weights::Sums;
use super::{Fit, Weights};
use crate::graph::SharedSets;

/// Stands for no root.
const NO_ROW: u32 = u32::MAX;

/// The first pass: what each row's other neighbours weigh.
#[derive(Debug)]
pub(super) struct Sizes {
    sums: Sums,
}

impl Sizes {
    pub(super) fn new(n_rows: usize) -> Self {
        Self { sums: Sums::new(n_rows) }
    }

    #[inline]
    pub(super) fn pair(&self, weights: &Weights, one: u32, other: u32) {
        self.sums.add(one, weights.of(other));
        self.sums.add(other, weights.of(one));
    }

    /// Which rows are core.
    pub(super) fn cores(&self, weights: &Weights) -> Vec<bool> {
        let total = |row| weights.of(row) + self.sums.total(row);
        (0..weights.n_rows() as u32).map(|row| weights.suffice(total(row))).collect()
    }
}

/// The second pass: core neighbours are united.
#[derive(Debug)]
pub(super) struct Unions {
    cores: Vec<bool>,
    sets: SharedSets,
}

impl Unions {
    pub(super) fn new(cores: Vec<bool>) -> Self {
        let sets = SharedSets::new(cores.len());
        Self { cores, sets }
    }

    #[inline]
    pub(super) fn pair(&self, one: u32, other: u32) {
        if self.cores[one as usize] && self.cores[other as usize] {
            self.sets.unite(one, other);
        }
    }

    /// Whether the core rows among these are in one set.
    pub(super) fn settled(&self, rows: impl Iterator<Item = u32>) -> bool {
        let mut roots = rows.filter(|row| self.cores[*row as usize]).map(|row| self.sets.root(row));
        roots.next().is_none_or(|first| roots.all(|root| root == first))
    }

    /// The first core row: the others are in no set.
    pub(super) fn speaker(&self, mut rows: impl Iterator<Item = u32>) -> Option<u32> {
        rows.find(|row| self.cores[*row as usize])
    }

    /// The third pass, or the labels where every row is core, or none.
    pub(super) fn finish(self) -> Result<Borders, Fit> {
        let Self { cores, sets } = self;
        if cores.iter().all(|core| *core == cores[0]) {
            return Err(labels_of(&cores, &sets, |_| None));
        }
        let least = cores.iter().map(|_| AtomicU32::new(NO_ROW)).collect();
        Ok(Borders { cores, sets, least })
    }
}

/// The third pass: the first cluster among those of a row's core neighbours.
#[derive(Debug)]
pub(super) struct Borders {
    cores: Vec<bool>,
    sets: SharedSets,
    /// Least root among a row's core neighbours.
    least: Vec<AtomicU32>,
}

impl Borders {
    #[inline]
    pub(super) fn pair(&self, one: u32, other: u32) {
        match (self.cores[one as usize], self.cores[other as usize]) {
            (true, false) => self.touch(other, one),
            (false, true) => self.touch(one, other),
            _ => {}
        }
    }

    /// Whether the rows are all core, or none of them is.
    pub(super) fn settled(&self, rows: impl Iterator<Item = u32>) -> bool {
        let mut cores = rows.map(|row| self.cores[row as usize]);
        cores.next().is_none_or(|first| cores.all(|core| core == first))
    }

    /// The labels.
    pub(super) fn finish(&self) -> Fit {
        let found = |row: u32| self.least[row as usize].load(Relaxed);
        labels_of(&self.cores, &self.sets, |row| Some(found(row)).filter(|root| *root != NO_ROW))
    }

    fn touch(&self, row: u32, core: u32) {
        self.least[row as usize].fetch_min(self.sets.root(core), Relaxed);
    }
}
