//! The lightest spanning tree of vectors by Euclidean distance, grown from row 0 through the distances of all pairs.
//!
//! # Cost
//! n − 1 steps, each through the rows that are left: n·(n − 1)/2 distances in float64, 16 bytes a row. Steps are shared
//! among threads where they are long.
//!
//! # Source
//! Prim 1957. Each row is joined to the one that was added before it, as in single linkage from distances; of equally
//! near rows the lowest comes first.

use fastcluster_kernels::{Level, distance};

use crate::hierarchy::dendrogram::Join;
use crate::points::Points;
use crate::{Context, Error};

/// Rows looked at by one thread at a time.
const BLOCK: usize = 2048;

/// A row that is not in the tree, and its squared distance to it.
#[derive(Clone, Copy, Debug)]
struct Outside {
    row: u32,
    reach: f64,
}

/// The joins, in the order of the tree's growth: each row with the one before it, at its distance to the tree.
///
/// # Errors
/// [`Error::Cancelled`].
pub(super) fn joins(points: &Points<'_>, context: &Context<'_>) -> Result<Vec<Join>, Error> {
    let (n, d) = (points.n_rows(), points.n_features());
    let (level, scale) = (Level::current(), points.scale());
    let outside = |row| Outside { row, reach: f64::INFINITY };
    let mut left: Vec<Outside> = (1..n as u32).map(outside).collect();
    let mut joins = Vec::with_capacity(n - 1);
    let (mut last, mut from) = (0, vec![0.0; d]);
    while !left.is_empty() {
        points.read_64(last as usize, &mut from);
        let scratch = || vec![0.0; d];
        let least = context.pool.map_blocks(
            context.observer,
            &mut left,
            BLOCK,
            scratch,
            |scratch, block, part| {
                let mut least = (f64::INFINITY, block * BLOCK);
                for (at, outside) in part.iter_mut().enumerate() {
                    points.read_64(outside.row as usize, scratch);
                    let squared = distance::squared_64(level, scratch, &from);
                    if squared < outside.reach {
                        outside.reach = squared;
                    }
                    if outside.reach < least.0 {
                        least = (outside.reach, block * BLOCK + at);
                    }
                }
                Ok(least)
            },
        )?;
        let nearest = least.into_iter().reduce(|a, b| if b.0 < a.0 { b } else { a });
        // The order of rows is kept, because it decides ties.
        let next = left.remove(nearest.map_or(0, |(_, at)| at));
        joins.push(Join { one: last, other: next.row, height: next.reach.sqrt() / scale });
        last = next.row;
    }
    Ok(joins)
}
