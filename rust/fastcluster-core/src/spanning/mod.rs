//! The exact lightest spanning tree under mutual reachability, in many dimensions: verify and repair.
//!
//! # Idea
//! By the cycle property, a pair that weighs at least as much as every edge on its path through *some* spanning tree
//! cannot be in the lightest one. So a tree that is nearly right is made from nearly right neighbours, and then one pass
//! over all pairs finds the few that its paths do not exclude. A pair weighs at least its distance, and core distances
//! that are bounded from above only lower the true paths: the pass needs nothing exact, and the pairs that it keeps
//! include every pair that can lower a core distance.
//!
//! # Steps
//! 1. [`groups`]: rows are put into groups of near ones by k-means on a sample.
//! 2. [`candidates`]: each row's nearest rows within the groups near its own; the distance of the last one that counts is
//!    an upper bound of the core distance.
//! 3. [`connect`]: the lightest forest of these pairs, its parts joined by short edges.
//! 4. [`heights`]: rows in the order of that tree's leaves, in which the heaviest edge on a path is the largest of the
//!    gaps between two positions.
//! 5. [`verify`]: all pairs by [`crate::pairs`], the limit of a pair being its path's; what passes is compared in float64
//!    and kept, and lowers the bounds of core distances on the way.
//! 6. The lightest tree of all that was kept, weighed by the core distances, which are exact by then.
//!
//! [`approximate`] stops after the third step, and [`check`] measures on some rows what the others would have found.
//!
//! # Cost
//! One pass of 8-bit tiles over n²/2 pairs, a few hundredths of one for the groups, and some ten distances a row in
//! float64. Memory n·d bytes, and about 100 bytes a row and kept neighbour ([`bytes()`]); where many pairs tie with their
//! path, what was kept is reduced to what can still matter (at most `min_samples` pairs a row) and the pass goes on.
//!
//! # Source
//! The cycle property as a filter is as old as Karger, Klein and Tarjan 1995, doi:10.1145/201019.201022; mutual
//! reachability is Campello, Moulavi and Sander's, doi:10.1007/978-3-642-37456-2_14. Row and column limits over leaf order
//! are ours.

mod bytes;
mod candidates;
mod check;
mod connect;
mod groups;
mod heights;
mod lists;
mod reduce;
#[cfg(test)]
mod tests;
mod verify;

use fastcluster_kernels::panels::BYTES_FEATURES_MAX;

use crate::graph::{Approximation, Edge, Reachability, lightest_forest};
use crate::pairs::{Words, visit};
use crate::points::Points;
use crate::{Context, Error};
pub(crate) use bytes::{Size, bytes, bytes_approximate};
use candidates::Candidates;
use groups::Groups;
use heights::Heights;
use reduce::Link;
use verify::Verify;

/// Rows from which all this is quicker than comparing each with each.
const ROWS_MIN: usize = 256;

/// Whether [`reachability`] is the quicker way, and a way at all.
pub(crate) fn suits(size: Size) -> bool {
    size.n_rows >= ROWS_MIN && size.n_features <= BYTES_FEATURES_MAX
}

/// How rows reach each other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach {
    /// Other rows within a core distance: `min_samples − 1`.
    pub(crate) n_listed: usize,
    /// What distances are divided by.
    pub(crate) alpha: f64,
}

impl Reach {
    /// `min_samples` counts the row itself.
    pub(crate) fn new(n_rows: usize, min_samples: usize, alpha: f64) -> Self {
        Self { n_listed: min_samples.saturating_sub(1).min(n_rows - 1), alpha }
    }

    /// What a pair weighs, given its distance and the larger of its core distances.
    #[inline]
    fn weight(&self, distance: f64, core: f64) -> f64 {
        (distance / self.alpha).max(core)
    }
}

/// The tree, the core distances and the neighbours of all rows, as a brute force in float64 would find them.
///
/// `min_samples` is at most the number of rows.
///
/// # Errors
/// [`Error::Cancelled`].
pub(crate) fn reachability(
    points: &Points<'_>,
    min_samples: usize,
    alpha: f64,
    context: &Context<'_>,
) -> Result<Reachability, Error> {
    let (links, lists, _) = kept(points, min_samples, alpha, context)?;
    let (reach, cores) = (Reach { n_listed: lists.n_listed, alpha }, &lists.cores);
    let edges = links.into_iter().map(|link| {
        let core = cores[link.low as usize].max(cores[link.high as usize]);
        Edge { weight: reach.weight(link.weight, core), ..link }
    });
    let edges = lightest_forest(points.n_rows(), edges.collect());
    Ok(Reachability { edges, ..lists })
}

/// A spanning tree that is nearly the lightest, with core distances that are at least the true ones, and neighbours that
/// are nearly the nearest; and how nearly.
///
/// The same for any number of threads.
///
/// # Errors
/// [`Error::Cancelled`].
pub(crate) fn approximate(
    points: &Points<'_>,
    min_samples: usize,
    alpha: f64,
    context: &Context<'_>,
) -> Result<(Reachability, Approximation), Error> {
    let reach = Reach::new(points.n_rows(), min_samples, alpha);
    let (candidates, tree) = begin(points, reach, context)?;
    let measured = check::check(points, &candidates, &tree, reach, context)?;
    let Candidates { lists, cores } = candidates;
    let listed = lists.iter().flat_map(|list| &list[..reach.n_listed]);
    let found = Reachability {
        edges: tree.iter().map(|link| link.edge).collect(),
        n_listed: reach.n_listed,
        neighbors: listed.clone().map(|(_, row)| *row).collect(),
        distances: listed.map(|(distance, _)| *distance).collect(),
        cores,
    };
    Ok((found, measured))
}

/// The lightest spanning tree by distance, if there is only one: none where a pair outside it was found to be as far apart
/// as an edge that it could replace.
///
/// # Errors
/// [`Error::Cancelled`].
pub(crate) fn only_tree(
    points: &Points<'_>,
    context: &Context<'_>,
) -> Result<Option<Vec<Edge>>, Error> {
    let n = points.n_rows();
    let (links, _, tied) = kept(points, 1, 1.0, context)?;
    let edges = lightest_forest(n, links.clone());
    let (order, heights) = Heights::of_tree(n, &edges);
    let mut positions = vec![0; n];
    for (position, row) in order.iter().enumerate() {
        positions[*row as usize] = position;
    }
    let replaces = |link: &Edge| {
        let (one, other) = (positions[link.low as usize], positions[link.high as usize]);
        let heaviest = heights.between(one.min(other), one.max(other));
        let is_it = (heaviest.low, heaviest.high) == (link.low, link.high);
        heaviest.weight == link.weight && !is_it
    };
    Ok(if tied || links.iter().any(replaces) { None } else { Some(edges) })
}

/// The pairs that the tree is among, with their distances; core distances and neighbours; and whether a pair that could
/// replace another of the same distance was left out.
fn kept(
    points: &Points<'_>,
    min_samples: usize,
    alpha: f64,
    context: &Context<'_>,
) -> Result<(Vec<Edge>, Reachability, bool), Error> {
    let n = points.n_rows();
    let reach = Reach::new(points.n_rows(), min_samples, alpha);
    let (tree, cores) = {
        let (candidates, tree) = begin(points, reach, context)?;
        (tree, candidates.cores)
    };
    let edges: Vec<Edge> = tree.iter().map(|link| link.edge).collect();
    let (order, heights) = Heights::of_tree(n, &edges);
    let words = Words::new(points, Some(order), context)?;
    let verify = Verify::new(points, &words, reach, heights, &tree, cores);
    visit(&words, &verify, context)?;
    Ok(verify.finish())
}

/// Near rows of each row, and a spanning tree of them in order.
fn begin(
    points: &Points<'_>,
    reach: Reach,
    context: &Context<'_>,
) -> Result<(Candidates, Vec<Link>), Error> {
    let groups = Groups::of(points, candidates::n_kept(points.n_rows(), reach), context)?;
    let candidates = Candidates::find(points, &groups, reach, context)?;
    let tree = connect::tree(points, &groups, &candidates, reach, context)?;
    Ok((candidates, tree))
}
