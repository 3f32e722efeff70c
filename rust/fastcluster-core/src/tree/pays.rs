//! Whether a tree is faster than comparing all pairs.
//!
//! # Idea
//! What a tree saves depends on how many dimensions the rows really fill, not on how many they have. So two trees over
//! samples, one four times the other, are asked for the neighbourhoods of a few rows, and the rows that their walks scan
//! are counted. From the smaller to the larger tree that number grows by some power, between 0 (the tree helps as it
//! should) and 1 (it does not help at all), and is carried on to all rows by the same power.
//!
//! # Cost
//! Two small trees and a few dozen walks: some milliseconds, at most [`SAMPLE_ROWS`]·d·[`QUERIES`] multiply-adds.
//!
//! # Known weaknesses
//! Walks that end early, because a row has enough neighbours or a cluster is joined already, are counted to their end: a
//! tree may pay where this says no. What a pair costs is a rough ratio.

use fastcluster_kernels::groups::{Corners, LANES};
use ndarray::Array2;

use super::Tree;
use super::knn::{Neighbor, Searcher};
use super::walk::{Visitor, walk};
use crate::points::{Metric, Points, Values};
use crate::{Context, Error};

/// Rows of the larger sample.
const SAMPLE_ROWS: usize = 8_192;

/// The larger sample is so many times the smaller one.
const GROWTH: usize = 4;

/// Rows whose neighbourhoods are asked for.
const QUERIES: usize = 64;

/// What entering nodes adds to the cost of a scanned row, in features: an estimate, by which a scan of five features is a
/// third of its walk.
const WALK_FEATURES: f64 = 12.0;

/// Features of a pair that a tile of 8-bit products compares in the time of one feature in a tree: an estimate.
const TILE_FEATURES: f64 = 64.0;

/// Which neighbourhoods are wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reach {
    /// So many nearest rows.
    Nearest(usize),
    /// All rows within a distance.
    Within(f64),
    /// The lightest tree under mutual reachability, core distances from so many nearest rows.
    Spanning(usize),
}

/// Features for which the rounds of the lightest tree cost about another walk for nearest rows: with 50,000 rows in
/// blobs and noise, tiles are as fast between 8 and 10 features, and take a fifth of the CPU time at 16 (3.2 s of 17.5;
/// with 200,000 rows 23 s of 193).
const FEATURES_A_ROUND: f64 = 2.0;

/// Rows from which it is worth asking.
const ROWS_MIN: usize = 256;

/// Features up to which rows may fill few dimensions enough for a tree, which holds them in float64.
const FEATURES_MAX: usize = 64;

/// Whether a tree is possible within `memory_limit` bytes, and pays.
///
/// # Errors
/// [`Error::Cancelled`].
pub(crate) fn tree_pays(
    points: &Points<'_>,
    reach: Reach,
    memory_limit: Option<u64>,
    context: &Context<'_>,
) -> Result<bool, Error> {
    let (n, d) = (points.n_rows(), points.n_features());
    let bytes = 2 * size_of::<f64>() * n * (d + 1);
    let possible = points.metric() == Metric::Euclidean
        && (ROWS_MIN..).contains(&n)
        && d <= FEATURES_MAX
        && memory_limit.is_none_or(|limit| bytes as u64 <= limit);
    Ok(possible && pays(points, reach, context)?)
}

/// Whether a tree finds all neighbourhoods of the rows sooner than all pairs do.
///
/// # Errors
/// [`Error::Cancelled`].
pub fn pays(points: &Points<'_>, reach: Reach, context: &Context<'_>) -> Result<bool, Error> {
    let (n, d) = (points.n_rows(), points.n_features() as f64);
    let large = n.min(SAMPLE_ROWS);
    let small = large.div_ceil(GROWTH);
    let scanned = scanned(points, large, reach, context)?;
    let before = self::scanned(points, small, reach, context)?;
    let power = ((scanned / before).ln() / (large as f64 / small as f64).ln()).clamp(0.0, 1.0);
    // Neither 0/0 nor a sample of one row has a power.
    let power = if power.is_nan() { 0.0 } else { power };
    let in_all = scanned * (n as f64 / large as f64).powf(power);
    let rounds = match reach {
        Reach::Spanning(_) => (d / FEATURES_A_ROUND).max(1.0),
        Reach::Nearest(_) | Reach::Within(_) => 1.0,
    };
    let pair = d.max(TILE_FEATURES) / TILE_FEATURES;
    Ok(in_all * (d + WALK_FEATURES) * rounds <= n as f64 * pair)
}

/// The mean number of rows that a walk scans in a tree of `size` rows.
fn scanned(
    points: &Points<'_>,
    size: usize,
    reach: Reach,
    context: &Context<'_>,
) -> Result<f64, Error> {
    let (n, d) = (points.n_rows(), points.n_features());
    let mut rows = Array2::zeros((size, d));
    for (at, mut row) in rows.rows_mut().into_iter().enumerate() {
        if let Some(row) = row.as_slice_mut() {
            points.read_64(at * n / size, row);
        }
    }
    let sample = Points::new(Values::F64(rows.view()), Metric::Euclidean, context)?;
    let tree = &Tree::build(&sample, context)?;
    let mut searcher = Searcher::new(tree);
    let queries = size.min(QUERIES);
    let mut total = 0;
    for query in 0..queries {
        let position = query * size / queries;
        tree.read(position, &mut searcher.point);
        total += match reach {
            Reach::Nearest(k) | Reach::Spanning(k) => {
                let mut found = vec![Neighbor::NONE; k.clamp(1, size)];
                searcher.nearest(tree, position as u32, &mut found)
            }
            Reach::Within(eps) => {
                let limit = tree.limit(eps * points.scale());
                let mut touched = Touched { tree, limit, n_scanned: 0 };
                let Searcher { point, stack } = &mut searcher;
                walk(tree, Corners { low: point, high: point }, stack, &mut touched);
                touched.n_scanned
            }
        };
    }
    Ok(total as f64 / queries as f64)
}

/// Counts the rows of leaves that are within reach in part.
struct Touched<'a> {
    tree: &'a Tree,
    limit: f64,
    n_scanned: usize,
}

impl Visitor for Touched<'_> {
    const INSIDE: bool = true;

    fn limit(&self) -> f64 {
        self.limit
    }

    fn wants(&self, _node: usize, _near: f64) -> bool {
        true
    }

    fn leaf(&mut self, leaf: usize) {
        self.n_scanned += self.tree.positions(leaf).len().next_multiple_of(LANES);
    }
}
