//! The lightest spanning tree under mutual reachability.
//!
//! # Idea
//! Borůvka's rounds: every component looks for its lightest edge to another, these edges are in the tree, and their
//! components become one. The order of edges is total, so the tree is unique and each round may take what it is sure of.
//!
//! Each row has a list of its nearest rows, one more than core distances need. An edge that is not listed weighs at least
//! the list's longest distance, so in most rows of most rounds the list decides, and no tree is walked. What remains
//! walks from the root: a node is left out when its lightest possible edge — by distance, by the row's core distance, by
//! the least core distance of the node's rows in other components, among equal weights by the least row in the node — is
//! not before the lightest edge that the component has. Rows that lie together in one component are asked together first.
//! Core distances make many edges weigh exactly the same; it is the comparison of row numbers that keeps walks short then.
//!
//! # Determinism
//! Threads tell each other the weights that they found, which spares walks but never an edge that could be a
//! component's lightest. Each row's find goes to its own place, and the lightest of a component is taken in order.
//!
//! # Cost
//! The lists, O(n log n) nodes in few dimensions, dominate; then a few rounds of O(n) and the walks that are left.
//! Memory: the tree's, 24·`min_samples` bytes a row for lists and result, and about 60 bytes a row.
//!
//! # Source
//! Prokopenko, Sao and Lebrun-Grandie, ICPP 2022 (arXiv:2207.00514), for single-tree rounds with
//! components on nodes; Campello et al. 2015, doi:10.1145/2733381, for mutual reachability.

mod components;
mod round;
mod search;

use components::Components;
use round::Round;

use super::{Tree, knn};
use crate::graph::{Edge, Reachability};
use crate::points::Points;
use crate::{Context, Error};

/// Core distances, nearest rows and the lightest spanning tree of the rows, whose metric is Euclidean.
///
/// The row itself counts among the `min_samples` rows of a core distance, so 1 makes all of them zero and the tree that
/// of plain distances. There are at most n − 1 other rows: with larger `min_samples`, core distances are those to the
/// farthest. Distances are divided by `alpha` before they are compared with core distances; it is positive and finite.
///
/// # Errors
/// [`Error::Zero`], [`Error::Cancelled`].
///
/// ```
/// use fastcluster_core::points::{Metric, Points, Values};
/// use fastcluster_core::{Context, observer::Observer, pool::Pool, tree};
///
/// let rows = ndarray::arr2(&[[0.0], [1.0], [3.0]]);
/// let (pool, observer) = (Pool::new(1), Observer::default());
/// let context = Context { pool: &pool, observer: &observer };
/// let points = Points::new(Values::F64(rows.view()), Metric::Euclidean, &context)?;
/// let found = tree::reachability(&points, 2, 1.0, &context)?;
/// assert_eq!(found.cores, [1.0, 1.0, 2.0]);
/// assert_eq!(found.edges.iter().map(|edge| edge.weight).collect::<Vec<_>>(), [1.0, 2.0]);
/// # Ok::<(), fastcluster_core::Error>(())
/// ```
pub fn reachability(
    points: &Points<'_>,
    min_samples: usize,
    alpha: f64,
    context: &Context<'_>,
) -> Result<Reachability, Error> {
    if min_samples == 0 {
        return Err(Error::Zero { name: "min_samples" });
    }
    let n = points.n_rows();
    let tree = Tree::build(points, context)?;
    let n_listed = (min_samples - 1).min(n - 1);
    let listed = (n_listed.max(1) + 1).min(n - 1);
    let (squared, positions) = knn::lists(&tree, listed, context)?;
    let core = |position: usize| match n_listed {
        0 => 0.0,
        _ => tree.distance(squared[position * listed + n_listed - 1]),
    };
    let cores: Vec<f64> = (0..n).map(core).collect();
    let lists = Lists { squared: &squared, positions: &positions, listed };
    let edges = spanning_tree(&tree, lists, &cores, alpha, context)?;
    let mut found =
        Reachability { edges, cores: vec![0.0; n], n_listed, ..Reachability::default() };
    for (row, core) in tree.rows.iter().zip(&cores) {
        found.cores[*row as usize] = *core;
    }
    let neighbors = knn::in_row_order(&tree, &squared, &positions, (listed, n_listed));
    (found.neighbors, found.distances) = (neighbors.rows, neighbors.distances);
    Ok(found)
}

/// The nearest other rows of each position, `listed` a position.
#[derive(Clone, Copy)]
struct Lists<'a> {
    squared: &'a [f64],
    positions: &'a [u32],
    listed: usize,
}

/// What does not change between rounds.
struct Graph<'a> {
    tree: &'a Tree,
    lists: Lists<'a>,
    /// Core distance of each position.
    cores: &'a [f64],
    alpha: f64,
}

impl Graph<'_> {
    /// The weight of an edge between two positions at a squared distance.
    #[inline]
    fn weight(&self, squared: f64, one: usize, other: usize) -> f64 {
        self.reach(squared).max(self.cores[one]).max(self.cores[other])
    }

    /// The part of the distance in a weight; grows with `squared`, as computed.
    #[inline]
    fn reach(&self, squared: f64) -> f64 {
        self.tree.distance(squared) / self.alpha
    }

    /// For each position, a weight that no edge but the listed ones is below.
    fn floors(&self) -> Vec<f64> {
        let Lists { squared, listed, .. } = self.lists;
        let floor = |(position, core): (usize, &f64)| match listed {
            0 => *core,
            _ => self.reach(squared[(position + 1) * listed - 1]).max(*core),
        };
        self.cores.iter().enumerate().map(floor).collect()
    }

    /// A squared distance beyond which every weight is larger than `weight`: what [`Graph::reach`] takes back, and more
    /// than its roundings.
    #[inline]
    fn limit(&self, weight: f64) -> f64 {
        let distance = weight * self.alpha * self.tree.scale;
        distance * distance * (1.0 + 1e-14) + f64::MIN_POSITIVE
    }
}

/// The lightest spanning tree, in the order of edges.
fn spanning_tree(
    tree: &Tree,
    lists: Lists<'_>,
    cores: &[f64],
    alpha: f64,
    context: &Context<'_>,
) -> Result<Vec<Edge>, Error> {
    let graph = Graph { tree, lists, cores, alpha };
    let mut components = Components::new(&graph);
    let mut floors = graph.floors();
    let mut edges = Vec::with_capacity(tree.n_rows - 1);
    while edges.len() + 1 < tree.n_rows {
        let mut round = Round::new(&graph, &components);
        round.take_listed(context)?;
        round.search(&mut floors, context)?;
        let lightest = round.into_lightest();
        components.join(&graph, lightest, &mut edges, context)?;
    }
    edges.sort_unstable_by(Edge::order);
    Ok(edges)
}
