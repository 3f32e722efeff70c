//! What an approximate tree misses, measured on some rows that are compared with all.
//!
//! # What is measured
//! Rows are drawn at random, in [`PARTS`] parts, and *all* pairs of these rows are looked at: those that could make the
//! tree lighter, or a core distance smaller, are put to the tree and the tree is made anew. What it loses is part of its
//! excess. What only one part has found, on average, tells how much the next part would find, and so what all other
//! pairs would: as much for the same number of pairs (a first-order jackknife).
//!
//! # How good it is
//! A pair is drawn with the same probability wherever it is, so what single pairs save is estimated without bias. Of pairs
//! that save the same edge (a bridge between clusters has thousands) the first does nearly all: several parts find it, and
//! it is not counted up. What the rest would find falls with what is known (savings are submodular), so the estimate is
//! rather too large than too small; but pairs that save only together (two core distances that rule one edge) are missed.
//!
//! # Cost
//! [`PARTS`] · [`PART_ROWS`] rows times all rows in words, and a sort of the tree's edges for all parts and without each.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::Reach;
use super::candidates::Candidates;
use super::heights::Heights;
use super::lists::Lists;
use super::reduce::{Link, lightest};
use crate::graph::{Approximation, Edge, Sets};
use crate::pairs::{Group, Limit, Pair, Reader, Tile, Visitor, Words, visit_groups};
use crate::points::Points;
use crate::rng::Stream;
use crate::{Context, Error};

/// Parts of the sample: enough to tell how far off their mean is.
pub(super) const PARTS: usize = 8;

/// Rows of a part.
const PART_ROWS: usize = 64;

/// Columns packed at a time.
const COLUMNS_MAX: usize = 1024;

/// The stream of random numbers that draws rows.
const TASK: u64 = 1;

/// Compares some rows with all others, and tells what `tree` would gain by that.
///
/// # Errors
/// [`Error::Cancelled`].
pub(super) fn check(
    points: &Points<'_>,
    found: &Candidates,
    tree: &[Link],
    reach: Reach,
    context: &Context<'_>,
) -> Result<Approximation, Error> {
    let edges: Vec<Edge> = tree.iter().map(|link| link.edge).collect();
    let (order, heights) = Heights::of_tree(points.n_rows(), &edges);
    let sample = drawn(points.n_rows());
    let (pairs, nearest) = compared(points, found, (&order, &heights), &sample, reach, context)?;
    let sample = Sample { rows: &sample, nearest: &nearest, pairs: &pairs, found, tree, reach };
    let total: f64 = edges.iter().map(|edge| edge.weight).sum();
    // What is saved by all parts, and without each of them.
    let n_parts = sample.parts().len();
    let saved = context.pool.map_tasks(
        context.observer,
        n_parts + 1,
        || (),
        |(), part| Ok(total - sample.weight(part.checked_sub(1)).min(total)),
    )?;
    let only_here = mean(saved[1..].iter().map(|without| (saved[0] - without).max(0.0)));
    let (share, last) = sample.shares();
    let unseen = (1.0 - share) / last;
    let excess = (saved[0] + unseen * only_here.0).min(total);
    // What a part finds is in the sum, and in its extrapolation.
    let excess_error = (n_parts as f64 + unseen) * only_here.1;
    let (recall, error) = mean(sample.parts().map(|part| sample.recall(part)));
    // One row in as many as were checked may miss all of its neighbours unseen.
    let all = sample.rows.len() == points.n_rows();
    let recall_error = if all { 0.0 } else { error.max(1.0 / sample.rows.len() as f64) };
    // A tree that weighs nothing has no excess.
    let least = (total - excess).max(f64::MIN_POSITIVE);
    Ok(Approximation {
        n_checked: sample.rows.len(),
        recall,
        recall_error,
        excess_weight: excess / least,
        excess_seen: saved[0] / (total - saved[0]).max(f64::MIN_POSITIVE),
        excess_error: excess_error / least,
    })
}

/// Rows at random, each once.
fn drawn(n: usize) -> Vec<u32> {
    let stream = Stream::new(0, TASK);
    let mut keys: Vec<(u64, u32)> =
        (0..n as u32).map(|row| (stream.bits(row.into()), row)).collect();
    let size = n.min(PARTS * PART_ROWS);
    if size < n {
        keys.select_nth_unstable(size);
        keys.truncate(size);
    }
    keys.sort_unstable();
    keys.into_iter().map(|(_, row)| row).collect()
}

/// The mean, and its standard error by how the values differ.
fn mean(values: impl ExactSizeIterator<Item = f64> + Clone) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.clone().sum::<f64>() / n;
    let variance =
        values.map(|value| (value - mean) * (value - mean)).sum::<f64>() / (n - 1.0).max(1.0);
    (mean, (variance / n).sqrt())
}

/// The nearest rows of a row, by distance.
type Nearest = Vec<(f64, u32)>;

/// The pairs of sampled rows that matter, with their distances, and the nearest rows of each sampled row.
fn compared(
    points: &Points<'_>,
    found: &Candidates,
    (order, heights): (&[u32], &Heights),
    sample: &[u32],
    reach: Reach,
    context: &Context<'_>,
) -> Result<(Vec<Edge>, Vec<Nearest>), Error> {
    let n = points.n_rows();
    let mut places = vec![0; n];
    for (place, row) in (0_u32..).zip(order) {
        places[*row as usize] = place;
    }
    // The sample stands first, the others in the order of the leaves.
    let mut taken = vec![false; n];
    for row in sample {
        taken[*row as usize] = true;
    }
    let others = order.iter().filter(|row| !taken[**row as usize]);
    let words = Words::new(points, Some(sample.iter().chain(others).copied().collect()), context)?;
    let bounds = sample.iter().map(|row| found.cores[*row as usize]);
    let check = Check {
        points,
        words: &words,
        reach,
        limit: Limit::new(points),
        heights,
        places,
        cores: &found.cores,
        lists: Lists::new(reach.n_listed, bounds),
        pairs: Mutex::default(),
    };
    let n_sampled = sample.len();
    let sampled = || std::iter::once(0..n_sampled).collect();
    let mut groups = vec![Group { columns: 0..n_sampled, rows: sampled() }];
    groups.extend(
        (n_sampled..n)
            .step_by(COLUMNS_MAX)
            .map(|start| Group { columns: start..(start + COLUMNS_MAX).min(n), rows: sampled() }),
    );
    visit_groups(&words, groups.len(), |task| groups[task].clone(), &check, context)?;
    let pairs = check.pairs.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok((pairs, check.lists.into_sorted().collect()))
}

/// Sampled rows, what was found by comparing them with all, and the tree that it is put to.
struct Sample<'a> {
    rows: &'a [u32],
    /// The nearest rows of each.
    nearest: &'a [Nearest],
    /// The pairs of these rows that matter.
    pairs: &'a [Edge],
    found: &'a Candidates,
    tree: &'a [Link],
    reach: Reach,
}

impl Sample<'_> {
    /// The places of each part's rows.
    fn parts(&self) -> impl ExactSizeIterator<Item = Range<usize>> + Clone {
        let n = self.rows.len();
        let size = n.div_ceil(PARTS);
        (0..n.div_ceil(size)).map(move |part| part * size..((part + 1) * size).min(n))
    }

    /// The share of all pairs that have an end in the sample, and how much of that the last part adds.
    fn shares(&self) -> (f64, f64) {
        let n = self.found.cores.len() as f64;
        let share = |size: usize| {
            let others = n - size as f64;
            1.0 - others * (others - 1.0) / (n * (n - 1.0))
        };
        let last = self.parts().last().map_or(0, |part| part.start);
        (share(self.rows.len()), share(self.rows.len()) - share(last))
    }

    /// The share of the nearest rows that are listed, or as near as those.
    fn recall(&self, places: Range<usize>) -> f64 {
        let n_listed = self.reach.n_listed;
        if n_listed == 0 {
            return 1.0;
        }
        let right = |place: usize| {
            let last = self.nearest[place].last().map_or(0.0, |(distance, _)| *distance);
            let listed = &self.found.lists[self.rows[place] as usize][..n_listed];
            listed.iter().filter(|(distance, _)| *distance <= last).count()
        };
        let wanted = places.len() * n_listed;
        places.map(right).sum::<usize>() as f64 / wanted as f64
    }

    /// What the tree weighs once the pairs of the sample are known, `without` one part of it.
    fn weight(&self, without: Option<usize>) -> f64 {
        let Self { found, reach, .. } = *self;
        let left_out = without.and_then(|part| self.parts().nth(part)).unwrap_or(0..0);
        let mut known = vec![false; found.cores.len()];
        let mut cores = found.cores.clone();
        for place in (0..self.rows.len()).filter(|place| !left_out.contains(place)) {
            let row = self.rows[place] as usize;
            known[row] = true;
            cores[row] = self.nearest[place].last().map_or(0.0, |(distance, _)| *distance);
        }
        let is_known = |pair: &&Edge| known[pair.low as usize] || known[pair.high as usize];
        let pairs = || self.pairs.iter().filter(is_known);
        for news in self.news(pairs(), &known).chunk_by(|one, next| one.0 == next.0) {
            let row = news[0].0 as usize;
            let listed = found.lists[row].iter().map(|(distance, _)| *distance);
            let mut distances: Vec<f64> = listed.chain(news.iter().map(|new| new.2)).collect();
            distances.sort_unstable_by(f64::total_cmp);
            cores[row] = distances[reach.n_listed - 1];
        }
        let all = self.tree.iter().map(Link::found).chain(pairs().copied());
        let links = all.map(|edge| Link::new(&edge, reach, |row| cores[row as usize])).collect();
        let lighter = lightest(links, &mut Sets::new(cores.len()));
        lighter.iter().map(|link| link.edge.weight).sum()
    }

    /// What pairs tell of rows that are not in the sample: the row, one that it does not list though it is near enough, and
    /// their distance; by rows.
    fn news<'e>(
        &self,
        pairs: impl Iterator<Item = &'e Edge>,
        known: &[bool],
    ) -> Vec<(u32, u32, f64)> {
        let ends = pairs.flat_map(|pair| {
            [(pair.low, pair.high, pair.weight), (pair.high, pair.low, pair.weight)]
        });
        let is_new = |(row, other, distance): &(u32, u32, f64)| {
            let at = *row as usize;
            let mut listed = self.found.lists[at].iter();
            !known[at] && *distance < self.found.cores[at] && listed.all(|(_, row)| row != other)
        };
        let mut news: Vec<(u32, u32, f64)> = ends.filter(is_new).collect();
        news.sort_unstable_by_key(|(row, other, _)| (*row, *other));
        news
    }
}

/// Everything that the pass needs and finds; sampled rows stand at the first positions.
struct Check<'a, 'p> {
    points: &'a Points<'p>,
    words: &'a Words,
    reach: Reach,
    limit: Limit,
    heights: &'a Heights,
    /// By row, where it stands among the leaves.
    places: Vec<u32>,
    /// By row, at least its core distance.
    cores: &'a [f64],
    /// By sampled row.
    lists: Lists,
    pairs: Mutex<Vec<Edge>>,
}

impl Check<'_, '_> {
    fn place(&self, position: usize) -> usize {
        self.places[self.words.row(position) as usize] as usize
    }

    /// The heaviest edge between two places; none between a place and itself.
    fn path(&self, one: usize, other: usize) -> f64 {
        if one == other {
            return 0.0;
        }
        self.heights.between(one.min(other), one.max(other)).weight
    }

    /// At least the squared distance within which a pair matters to one of its ends.
    fn squared(&self, height: f64, position: usize) -> f32 {
        let core = self.cores[self.words.row(position) as usize];
        self.limit.squared_of((height * self.reach.alpha).max(core))
    }
}

impl<'a, 'p> Visitor for Check<'a, 'p> {
    type Scratch = Reader<'a, 'p, 'p>;

    fn scratch(&self) -> Reader<'a, 'p, 'p> {
        Reader::new(self.points)
    }

    fn list(&self, tile: &Tile<'_>, list: &mut Vec<u32>) {
        list.extend(0..tile.rows.len() as u32);
    }

    /// A path from row a to column b is at most as high as the higher of the paths from each to the first column.
    fn limits(&self, tile: &Tile<'_>, rows: &mut Vec<f32>, columns: &mut Vec<f32>) {
        let first = self.place(tile.columns.start);
        let limit = |position| self.squared(self.path(self.place(position), first), position);
        rows.extend(tile.rows.clone().map(limit));
        columns.extend(tile.columns.clone().map(limit));
    }

    fn take(
        &self,
        reader: &mut Reader<'a, 'p, 'p>,
        _: &Tile<'_>,
        pairs: &[Pair],
    ) -> Result<(), Error> {
        let mut kept = Vec::new();
        let n_sampled = self.lists.len();
        for pair in pairs {
            let (one, other) = (self.words.row(pair.row), self.words.row(pair.column));
            let distance = reader.distance(one, other);
            self.lists.enter(pair.row, distance, other);
            if pair.column < n_sampled {
                self.lists.enter(pair.column, distance, one);
            }
            let path = self.path(self.place(pair.row), self.place(pair.column));
            let core = self.cores[one as usize].max(self.cores[other as usize]);
            if self.reach.weight(distance, 0.0) < path || distance < core {
                kept.push(Edge::new(distance, one, other));
            }
        }
        self.pairs.lock().unwrap_or_else(PoisonError::into_inner).extend(kept);
        Ok(())
    }
}
