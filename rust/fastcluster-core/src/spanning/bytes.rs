//! How much memory a tree takes at its peak, on top of the rows.
//!
//! Each step's lists are counted as they grow: room doubles while entries are pushed, and every list that stands alone is
//! an allocation with its own header.

use fastcluster_kernels::panels::RowBand;

use super::Reach;
use super::candidates::n_kept;
use super::groups;
use super::reduce::Link;
use super::verify::budget;
use crate::graph::Edge;
use crate::pairs::{Pair, Words};
use crate::points::Points;

/// A vector's own words and what the allocator adds to what they point to.
const LIST: u64 = 24 + 16;

/// Rows and columns of a tile.
const TILE: (usize, usize) = (256, 1024);

/// What a thread holds of each pair of a tile, of which at first all pass: as found, as a pair, as an edge.
const PAIR: usize = 12 + size_of::<Pair>() + size_of::<Edge>();

/// Edge, rank and order of a tree's leaves, by row.
const HEIGHTS: u64 = size_of::<Edge>() as u64 + 16;

/// How many rows of what kind there are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) n_rows: usize,
    pub(crate) n_features: usize,
    /// Whether copies of rows are float64.
    pub(crate) is_double: bool,
}

impl Size {
    /// Of all rows.
    pub(crate) fn of(points: &Points<'_>) -> Self {
        let (n_rows, n_features) = (points.n_rows(), points.n_features());
        Self { n_rows, n_features, is_double: points.is_double() }
    }
}

/// What takes memory, counted.
struct Counted {
    n: u64,
    /// Words of all rows.
    words: u64,
    kept: u64,
    listed: u64,
    threads: u64,
}

/// Bytes that the lightest tree takes.
pub(crate) fn bytes(size: Size, reach: Reach, n_threads: usize) -> u64 {
    let counted = Counted::new(size, reach, n_threads);
    counted.begun(size).max(counted.verified(size, reach)) + counted.threads
}

/// Bytes that a tree takes that is nearly the lightest.
pub(crate) fn bytes_approximate(size: Size, reach: Reach, n_threads: usize) -> u64 {
    let counted = Counted::new(size, reach, n_threads);
    let link = size_of::<Link>() as u64;
    // Lists and tree; heights and words of the check; a tree for each part that is checked at a time.
    let parts = counted.n * (2 * link + 16) * (n_threads.min(super::check::PARTS) as u64);
    let checked =
        counted.words + counted.n * (LIST + 16 * counted.kept + link + 2 * HEIGHTS + 16) + parts;
    counted.begun(size).max(checked) + counted.threads
}

impl Counted {
    fn new(size: Size, reach: Reach, n_threads: usize) -> Self {
        let (n, d) = (size.n_rows, size.n_features);
        let (rows, columns) = (TILE.0.min(n), TILE.1.min(n));
        let tile = (rows * columns * PAIR + columns * (4 * d + size_of::<RowBand>())) as u64;
        Self {
            n: n as u64,
            words: Words::bytes(n, d),
            kept: n_kept(n, reach) as u64,
            listed: reach.n_listed as u64,
            threads: n_threads as u64 * tile,
        }
    }

    /// Groups, then the nearest of each row in words, then their links. Each step gives back what the next does not need,
    /// but small lists stay with the allocator.
    fn begun(&self, size: Size) -> u64 {
        let Self { n, words, kept, .. } = *self;
        let heaps = 16 + LIST + 8 * (kept + 1).next_power_of_two();
        let measured = LIST + 16 * kept + 24;
        let candidates = words + n * (heaps + measured + 24);
        let linked = n * (heaps + measured + size_of::<Link>() as u64 * kept + 8);
        groups::bytes(size).max(candidates).max(linked)
    }

    /// Words, lists, two trees and as many pairs as are kept before they are reduced, and the links of a reduction.
    fn verified(&self, size: Size, reach: Reach) -> u64 {
        let Self { n, words, listed, .. } = *self;
        let (edge, link) = (size_of::<Edge>() as u64, size_of::<Link>() as u64);
        let lists = 16 + LIST + 16 * (listed + 1).next_power_of_two();
        let pairs = budget(size.n_rows, reach) as u64;
        let standing = words + n * (8 + HEIGHTS + link + edge + lists) + edge * pairs;
        let reduced = (n + pairs) * link + n * (2 * HEIGHTS + 16);
        let given = n * (edge + 8 + 12 * listed);
        standing + reduced.max(given)
    }
}
