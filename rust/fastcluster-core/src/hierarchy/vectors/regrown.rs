//! A tree's edges in the order in which Prim's algorithm finds them from row 0.
//!
//! # Idea
//! Where the lightest tree is the only one, the nearest rows outside the part that has grown are all joined to it by edges
//! of the tree: no other edge need be looked at. Of equally near rows the lowest comes first.
//!
//! # Cost
//! n − 1 distances, O(n log n), 40 bytes a row.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::graph::Edge;
use crate::hierarchy::dendrogram::Join;
use crate::pairs::Reader;
use crate::points::Points;
use crate::{Context, Error};

/// Each row with the one before it, at its distance to the tree.
///
/// # Errors
/// [`Error::Cancelled`].
pub(super) fn joins(
    points: &Points<'_>,
    edges: &[Edge],
    context: &Context<'_>,
) -> Result<Vec<Join>, Error> {
    let n = points.n_rows();
    let mut ends: Vec<(u32, u32)> =
        edges.iter().flat_map(|edge| [(edge.low, edge.high), (edge.high, edge.low)]).collect();
    ends.sort_unstable();
    let mut reader = Reader::new(points);
    let mut grown = vec![false; n];
    let mut waiting = BinaryHeap::new();
    let mut joins = Vec::with_capacity(n - 1);
    let mut last = 0;
    loop {
        context.observer.check()?;
        grown[last as usize] = true;
        let begin = ends.partition_point(|pair| pair.0 < last);
        for (_, other) in ends[begin..].iter().take_while(|pair| pair.0 == last) {
            if !grown[*other as usize] {
                // Squares, as Prim's algorithm compares them: the bits of numbers that are not negative are in their order.
                waiting.push(Reverse((reader.squared(last, *other).to_bits(), *other)));
            }
        }
        let Some(Reverse((squared, next))) = waiting.pop() else { return Ok(joins) };
        let height = f64::from_bits(squared).sqrt() / points.scale();
        joins.push(Join { one: last, other: next, height });
        last = next;
    }
}
