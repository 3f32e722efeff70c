//! The tree of mutual reachability by Prim's algorithm, from rows of distances: plain, exact, for any distance.
//!
//! # Steps
//! 1. One pass over the rows finds the `min_samples − 1` nearest others of each.
//! 2. A second pass grows the tree from row 0: each row that joins offers its edges, the least edge in the total order
//!    brings the next row. The order is total, so the tree is the one that Kruskal's algorithm finds.
//!
//! # Cost
//! Every row of distances is asked for twice; O(n) memory beyond the neighbours. One thread.

use std::cmp::Ordering;

use super::reach::check_min_samples;
use crate::graph::{Edge, Reachability};
use crate::{Context, Error};

/// The tree from `read(row, out)`, which writes the distances from a row to all rows; an infinite distance is none.
///
/// # Errors
/// As [`super::reachability`], and those of `read`.
pub fn of_rows(
    n_rows: usize,
    min_samples: usize,
    alpha: f64,
    context: &Context<'_>,
    mut read: impl FnMut(usize, &mut [f64]) -> Result<(), Error>,
) -> Result<Reachability, Error> {
    check_min_samples(min_samples, n_rows)?;
    let mut distances = vec![0.0; n_rows];
    let mut found = Reachability { n_listed: min_samples - 1, ..Reachability::default() };
    let mut order = Vec::with_capacity(n_rows);
    for row in 0..n_rows {
        context.observer.check()?;
        read(row, &mut distances)?;
        list_nearest(row, &distances, &mut order, &mut found);
    }
    let mut growth = Growth::new(n_rows);
    for _ in 1..n_rows {
        context.observer.check()?;
        let row = growth.newest;
        read(row as usize, &mut distances)?;
        growth.offer(row, &distances, &found.cores, alpha);
        growth.join_next();
    }
    // Rows that nothing reaches join by no edge.
    growth.edges.retain(|edge| edge.weight < f64::INFINITY);
    growth.edges.sort_unstable_by(Edge::order);
    found.edges = growth.edges;
    Ok(found)
}

/// Bytes that it takes beside what `read` does: lists, which grow by doubling, and edges.
pub(super) fn bytes(n_rows: usize, min_samples: usize) -> u64 {
    (n_rows * (24 * min_samples + 96)) as u64
}

/// Appends the nearest others of `row`, and its core distance.
fn list_nearest(row: usize, distances: &[f64], order: &mut Vec<u32>, found: &mut Reachability) {
    let n_listed = found.n_listed;
    order.clear();
    order.extend((0..distances.len() as u32).filter(|other| *other as usize != row));
    let nearer = |a: &u32, b: &u32| -> Ordering {
        distances[*a as usize].total_cmp(&distances[*b as usize]).then(a.cmp(b))
    };
    if n_listed > 0 && n_listed < order.len() {
        order.select_nth_unstable_by(n_listed - 1, nearer);
    }
    order.truncate(n_listed);
    order.sort_unstable_by(nearer);
    found.neighbors.extend_from_slice(order);
    found.distances.extend(order.iter().map(|other| distances[*other as usize]));
    found.cores.push(order.last().map_or(0.0, |last| distances[*last as usize]));
}

/// A tree that grows by one row at a time.
struct Growth {
    /// Rows outside, each with its least edge into the tree.
    outside: Vec<(u32, Edge)>,
    newest: u32,
    edges: Vec<Edge>,
}

impl Growth {
    fn new(n_rows: usize) -> Self {
        // Longer than every edge: by the weight, and by the rows where that is infinite too.
        let none = Edge { weight: f64::INFINITY, low: u32::MAX, high: u32::MAX };
        let outside = (1..n_rows as u32).map(|row| (row, none)).collect();
        Self { outside, newest: 0, edges: Vec::with_capacity(n_rows) }
    }

    fn offer(&mut self, row: u32, distances: &[f64], cores: &[f64], alpha: f64) {
        let core = cores[row as usize];
        for (other, least) in &mut self.outside {
            let at = *other as usize;
            let edge = Edge::new((distances[at] / alpha).max(core).max(cores[at]), row, *other);
            if edge.order(least).is_lt() {
                *least = edge;
            }
        }
    }

    fn join_next(&mut self) {
        let each = self.outside.iter().enumerate();
        if let Some((at, _)) = each.min_by(|(_, a), (_, b)| a.1.order(&b.1)) {
            let (row, edge) = self.outside.swap_remove(at);
            self.newest = row;
            self.edges.push(edge);
        }
    }
}
