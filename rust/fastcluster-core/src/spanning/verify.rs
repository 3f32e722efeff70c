//! The pass over all pairs: what the tree's paths do not exclude is kept.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::Reach;
use super::heights::Heights;
use super::lists::Lists;
use super::reduce::{Kept, Link};
use crate::Error;
use crate::graph::{Edge, Reachability};
use crate::pairs::{Limit, Pair, Reader, Tile, Visitor, Words};
use crate::points::Points;

/// Pairs kept beyond what a reduction leaves: 16 bytes each.
const SPARE: usize = 1 << 16;

/// Pairs from which what was kept is reduced: by then at most a quarter of them can be left.
pub(super) fn budget(n_rows: usize, reach: Reach) -> usize {
    SPARE + 4 * (reach.n_listed + 1) * n_rows
}

/// Everything that the pass needs and finds.
pub(super) struct Verify<'a, 'p> {
    points: &'a Points<'p>,
    words: &'a Words,
    reach: Reach,
    limit: Limit,
    /// Over positions; replaced where the tree has become lighter.
    heights: RwLock<Arc<Heights>>,
    lists: Lists,
    kept: Mutex<Kept>,
    /// Pairs from which what was kept is reduced.
    budget: usize,
}

/// What a thread needs.
pub(super) struct Scratch<'a, 'p> {
    reader: Reader<'a, 'p, 'p>,
    found: Vec<Edge>,
}

impl<'a, 'p> Verify<'a, 'p> {
    /// `words` are in the order of the tree's leaves, `cores` bounds of the core distances by row.
    pub(super) fn new(
        points: &'a Points<'p>,
        words: &'a Words,
        reach: Reach,
        heights: Heights,
        tree: &[Link],
        cores: Vec<f64>,
    ) -> Self {
        let tree = tree.iter().map(Link::found).collect();
        Self {
            points,
            words,
            reach,
            limit: Limit::new(points),
            heights: RwLock::new(Arc::new(heights)),
            lists: Lists::new(reach.n_listed, cores.into_iter()),
            kept: Mutex::new(Kept { tree, ..Kept::default() }),
            budget: budget(points.n_rows(), reach),
        }
    }

    /// The same with less room for pairs.
    #[cfg(test)]
    pub(super) fn with_budget(self, budget: usize) -> Self {
        Self { budget, ..self }
    }

    /// What may be in the tree, as found, and all core distances and neighbours; and whether a pair was dropped that ties.
    pub(super) fn finish(self) -> (Vec<Edge>, Reachability, bool) {
        let Kept { mut tree, pairs, tied } =
            self.kept.into_inner().unwrap_or_else(PoisonError::into_inner);
        tree.extend(pairs);
        let n_listed = self.reach.n_listed;
        let mut found = Reachability { n_listed, ..Reachability::default() };
        for list in self.lists.into_sorted() {
            found.cores.push(list.last().map_or(0.0, |(distance, _)| *distance));
            found.neighbors.extend(list.iter().map(|(_, row)| *row));
            found.distances.extend(list.iter().map(|(distance, _)| *distance));
        }
        (tree, found, tied)
    }

    fn heights(&self) -> Arc<Heights> {
        Arc::clone(&self.heights.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// At least the squared distance within which a pair matters to one of its ends.
    fn squared(&self, height: f64, position: usize) -> f32 {
        let bound = self.lists.bound(self.words.row(position) as usize);
        self.limit.squared_of((height * self.reach.alpha).max(bound))
    }

    fn reduce(&self, kept: &mut MutexGuard<'_, Kept>) {
        let n = self.words.len();
        let (order, heights) = kept.reduce(n, self.reach, |row| self.lists.bound(row as usize));
        let mut positions = vec![0; n];
        for (position, row) in (0_u32..).zip(&order) {
            positions[*row as usize] = position;
        }
        let heights =
            heights.reordered(&positions, (0..n).map(|position| self.words.row(position)));
        *self.heights.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(heights);
    }
}

impl<'a, 'p> Visitor for Verify<'a, 'p> {
    type Scratch = Scratch<'a, 'p>;

    fn scratch(&self) -> Scratch<'a, 'p> {
        Scratch { reader: Reader::new(self.points), found: Vec::new() }
    }

    fn list(&self, tile: &Tile<'_>, list: &mut Vec<u32>) {
        list.extend(0..tile.rows.len() as u32);
    }

    /// A path from row a to column b is as high as the highest gap from a to the last row, from there to the first
    /// column, or from there to b: the first two are the row's, the last the column's.
    fn limits(&self, tile: &Tile<'_>, rows: &mut Vec<f32>, columns: &mut Vec<f32>) {
        let heights = self.heights();
        let last = tile.rows.end - 1;
        let between = if tile.is_square() {
            // No row is before all columns: the highest of all gaps is high enough for each.
            if tile.rows.len() == 1 { 0.0 } else { heights.between(tile.rows.start, last).weight }
        } else {
            heights.between(last, tile.columns.start).weight
        };
        let begin = rows.len();
        let mut highest = between;
        for position in tile.rows.clone().rev() {
            if position < last && !tile.is_square() {
                highest = highest.max(heights.gap(position));
            }
            rows.push(self.squared(highest, position));
        }
        rows[begin..].reverse();
        let mut highest = 0.0_f64;
        for position in tile.columns.clone() {
            if position > tile.columns.start && !tile.is_square() {
                highest = highest.max(heights.gap(position - 1));
            }
            columns.push(self.squared(highest, position));
        }
    }

    fn take(
        &self,
        scratch: &mut Scratch<'a, 'p>,
        _: &Tile<'_>,
        pairs: &[Pair],
    ) -> Result<(), Error> {
        if pairs.is_empty() {
            return Ok(());
        }
        let Scratch { reader, found } = scratch;
        let heights = self.heights();
        found.clear();
        let mut tied = false;
        for pair in pairs {
            let (one, other) = (self.words.row(pair.row), self.words.row(pair.column));
            let distance = reader.distance(one, other);
            self.lists.enter(one as usize, distance, other);
            self.lists.enter(other as usize, distance, one);
            let edge = Edge::new(distance, one, other);
            let least = Edge { weight: self.reach.weight(distance, 0.0), ..edge };
            // An edge of the tree itself is kept there.
            let heaviest = heights.between(pair.row, pair.column);
            let is_it = (heaviest.low, heaviest.high) == (edge.low, edge.high);
            tied |= least.weight == heaviest.weight && !is_it;
            if least.order(heaviest).is_le() && !is_it {
                found.push(edge);
            }
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.tied |= tied;
        kept.make_room(found.len(), self.budget);
        kept.pairs.extend_from_slice(found);
        if kept.pairs.len() > self.budget {
            self.reduce(&mut kept);
        }
        Ok(())
    }
}
