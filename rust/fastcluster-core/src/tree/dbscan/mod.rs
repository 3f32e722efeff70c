//! DBSCAN by a tree.
//!
//! # Idea
//! 1. Core rows: a node whose box is no wider than eps makes all its rows core if it holds enough of them; every other
//!    row counts its neighbours, nodes within eps as a whole, and stops when it has enough.
//! 2. Sets of core rows: the cores of a narrow leaf are one set. Each leaf then walks to the later ones near it. A node
//!    whose cores are in the leaf's set already is left out, and where both sides are one set each, the first pair
//!    within eps ends the search.
//! 3. A row that is not core takes the smallest-numbered cluster of the cores within eps.
//!
//! Rows are neighbours where their squared distance, in float64, is at most fl(eps²), as scikit-learn has it. Threads
//! meet in the sets alone, which end the same whatever the order of the joins.
//!
//! # Cost
//! O(n log n) for the tree, then about the number of leaves times those within eps of each: this grows steeply with the
//! number of features, and [`pays`](super::pays()) tells when all pairs are faster. Memory is the tree's and n·13 bytes.
//!
//! # Source
//! Ester et al. 1996 (KDD); Wang, Gu and Shun 2020, doi:10.1145/3318464.3380582, and Prokopenko, Lebrun-Grandie and
//! Arndt, arXiv:2103.05162, for counting and joining dense cells as wholes.

mod borders;
mod cores;
mod exact_sum;
mod groups;
mod joins;

use super::Tree;
use crate::dbscan::{Fit, NOISE};
use crate::points::Points;
use crate::{Context, Error};

/// Leaves per block.
const BLOCK_LEAVES: usize = 16;

/// Clusters the rows: core rows have `min_samples` rows within `eps`, themselves included, or rows whose weights sum to
/// that, the sum rounded once. Weights may be negative. The metric of `points` is Euclidean, `eps` is not NaN.
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::Cancelled`].
///
/// ```
/// use fastcluster_core::points::{Metric, Points, Values};
/// use fastcluster_core::{Context, observer::Observer, pool::Pool, tree::dbscan};
///
/// let rows = ndarray::arr2(&[[0.0], [1.0], [2.0], [9.0]]);
/// let (pool, observer) = (Pool::new(1), Observer::default());
/// let context = Context { pool: &pool, observer: &observer };
/// let points = Points::new(Values::F64(rows.view()), Metric::Euclidean, &context)?;
/// let clusters = dbscan::fit(&points, 1.0, 3, None, &context)?;
/// assert_eq!(clusters.labels, [0, 0, 0, -1]);
/// assert_eq!(clusters.cores, [false, true, false, false]);
/// # Ok::<(), fastcluster_core::Error>(())
/// ```
pub fn fit(
    points: &Points<'_>,
    eps: f64,
    min_samples: usize,
    sample_weight: Option<&[f64]>,
    context: &Context<'_>,
) -> Result<Fit, Error> {
    if let Some(weights) = sample_weight.filter(|weights| weights.len() != points.n_rows()) {
        let (found, expected) = (weights.len(), points.n_rows());
        return Err(Error::LengthMismatch { name: "sample_weight", found, expected });
    }
    let tree = &Tree::build(points, context)?;
    let search = Search { tree, limit: tree.limit(eps), context };
    let core = match sample_weight {
        None => search.cores(min_samples)?,
        Some(weights) => search.weighted_cores(min_samples, weights)?,
    };
    let (labels, sets) = search.join(&core)?;
    let numbers = numbers(tree, &sets);
    let clusters = search.take_borders(&core, &sets, &labels, &numbers)?;
    let mut found = Fit { labels: vec![NOISE; tree.n_rows], cores: vec![false; tree.n_rows] };
    for (position, row) in tree.rows.iter().enumerate() {
        found.labels[*row as usize] = clusters[position];
        found.cores[*row as usize] = core[position];
    }
    Ok(found)
}

/// What the steps share.
#[derive(Clone, Copy)]
struct Search<'a> {
    tree: &'a Tree,
    /// The largest squared distance of neighbours.
    limit: f64,
    context: &'a Context<'a>,
}

/// The set of a position that is not core.
const NO_SET: u32 = u32::MAX;

/// The number of each set, by the position that it is known by: sets in the order of their smallest rows.
fn numbers(tree: &Tree, sets: &[u32]) -> Vec<u32> {
    let mut positions = vec![0; tree.n_rows];
    for (position, row) in tree.rows.iter().enumerate() {
        positions[*row as usize] = position;
    }
    let mut numbers = vec![NO_SET; tree.n_rows];
    let mut next = 0;
    for position in positions {
        let set = sets[position] as usize;
        if sets[position] != NO_SET && numbers[set] == NO_SET {
            numbers[set] = next;
            next += 1;
        }
    }
    numbers
}
