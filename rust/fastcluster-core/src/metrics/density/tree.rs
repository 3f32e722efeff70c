//! The lightest tree of a cluster under mutual reachability, its internal nodes and heaviest internal edge.
//!
//! Prim's algorithm on the rows: the row that joins has its distances to all others computed, to those outside to know
//! how near they are now, to those inside to know where it belongs. Memory: O(n) for n rows.

use std::ops::Range;

use super::Inside;
use super::space::Space;
use crate::{Context, Error};

/// Reachabilities that differ by this share are one, where a row is attached.
const SAME: f64 = 1e-5;

/// Distances per task.
const BLOCK: usize = 512;

/// Where the tree has got to; by place within the cluster.
struct Growth {
    inside: Vec<bool>,
    /// How near each row outside is to the tree.
    near: Vec<f64>,
    n_edges: Vec<u32>,
    edges: Vec<(usize, usize, f64)>,
    /// Reachabilities from the row that joined last.
    reach: Vec<f64>,
}

pub(super) fn inside(
    space: &Space<'_>,
    places: Range<usize>,
    cores: &[f64],
    context: &Context<'_>,
) -> Result<Inside, Error> {
    let n = places.len();
    let mut growth = Growth {
        inside: vec![false; n],
        near: vec![f64::INFINITY; n],
        n_edges: vec![0; n],
        edges: Vec::with_capacity(n),
        reach: vec![0.0; n],
    };
    let mut joining = 0;
    for step in 0..n {
        context.observer.check()?;
        reach(space, &places, cores, joining, &mut growth.reach, context)?;
        if step > 0 {
            growth.attach(joining);
        }
        joining = growth.join(joining);
    }
    Ok(growth.finish(places.start))
}

/// The reachabilities of one row of the cluster and all others.
fn reach(
    space: &Space<'_>,
    places: &Range<usize>,
    cores: &[f64],
    from: usize,
    reach: &mut [f64],
    context: &Context<'_>,
) -> Result<(), Error> {
    let from = places.start + from;
    context.pool.map_blocks(
        context.observer,
        reach,
        BLOCK,
        || {
            let mut held = space.held();
            space.hold(from, &mut held);
            held
        },
        |held, block, reach| {
            for (place, reach) in (places.start + block * BLOCK..).zip(reach) {
                *reach = space.distance(held, place).max(cores[from]).max(cores[place]);
            }
            Ok(())
        },
    )?;
    Ok(())
}

impl Growth {
    /// Ties the joining row to the lowest row of the tree that is as near as any.
    fn attach(&mut self, joining: usize) {
        let weight = self.near[joining];
        let as_near = |reach: f64| reach == weight || (reach - weight).abs() <= SAME * weight;
        let rows = self.inside.iter().zip(&self.reach);
        let parent = rows.into_iter().position(|(inside, reach)| *inside && as_near(*reach));
        let parent = parent.unwrap_or_default();
        self.edges.push((parent, joining, weight));
        self.n_edges[parent] += 1;
        self.n_edges[joining] += 1;
    }

    /// Takes the row into the tree and returns the nearest outside, the lowest of equally near ones.
    fn join(&mut self, joining: usize) -> usize {
        self.inside[joining] = true;
        let mut next = (f64::INFINITY, 0);
        let mut found = false;
        for (row, reach) in self.reach.iter().enumerate() {
            if self.inside[row] {
                continue;
            }
            let near = &mut self.near[row];
            *near = near.min(*reach);
            if !found || *near < next.0 {
                (next, found) = ((*near, row), true);
            }
        }
        next.1
    }

    fn finish(&self, start: usize) -> Inside {
        let is_internal = |row: usize| self.n_edges[row] > 1;
        let heaviest = |internal: bool| {
            let edges = self.edges.iter();
            let chosen =
                edges.filter(|(a, b, _)| !internal || (is_internal(*a) && is_internal(*b)));
            chosen.map(|(_, _, weight)| *weight).reduce(f64::max)
        };
        let mut nodes: Vec<usize> =
            (0..self.inside.len()).filter(|row| is_internal(*row)).collect();
        if nodes.is_empty() {
            nodes.push(0);
        }
        Inside {
            // Without an internal edge, as in a star, all edges count.
            sparseness: heaviest(true).or(heaviest(false)).unwrap_or(0.0),
            internal: nodes.into_iter().map(|row| start + row).collect(),
        }
    }
}
