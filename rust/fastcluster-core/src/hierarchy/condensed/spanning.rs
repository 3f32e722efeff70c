//! Single linkage: the lightest spanning tree, grown from row 0.
//!
//! # Cost
//! n − 1 steps, each through the distances of one row: n·(n − 1)/2 in all, each read once and none changed. 20 bytes a
//! row.
//!
//! # Source
//! Prim 1957; Müllner 2011, arXiv:1109.2378, figure 4: joining each row to the one that was added before it gives the
//! same clusters at every height as the tree's own edges.

use fastcluster_kernels::prefetch;

use super::super::dendrogram::Join;
use super::active::Active;
use super::first_least;
use super::matrix::{AHEAD, offsets, place};
use crate::Error;
use crate::observer::Observer;

/// The joins of `n` rows, at least two, in the order found.
pub(super) fn joins(values: &[f64], n: usize, observer: &Observer) -> Result<Vec<Join>, Error> {
    let offsets = offsets(n);
    let mut active = Active::new(n);
    // How near the tree is to each active slot, in their order.
    let mut reach = vec![f64::INFINITY; n];
    let (mut last, mut at) = (0, 0);
    let mut joins = Vec::with_capacity(n - 1);
    for _ in 1..n {
        observer.check()?;
        active.remove(last);
        reach.remove(at);
        let (below, above) = active.around(last);
        let (to_below, to_above) = reach.split_at_mut(below.len());
        for (at, (slot, reach)) in below.iter().zip(to_below).enumerate() {
            if let Some(ahead) = below.get(at + AHEAD) {
                prefetch(values, place(&offsets, *ahead, last));
            }
            lower(reach, values[place(&offsets, *slot, last)]);
        }
        if let Some(first) = above.first() {
            let row = &values[place(&offsets, last, *first)..];
            for (slot, reach) in above.iter().zip(to_above) {
                lower(reach, row[(slot - first) as usize]);
            }
        }
        let height;
        (at, height) = first_least(&reach).unwrap_or((0, f64::INFINITY));
        let next = active.all()[at];
        joins.push(Join { one: last, other: next, height });
        last = next;
    }
    Ok(joins)
}

#[inline]
fn lower(reach: &mut f64, distance: f64) {
    *reach = if distance < *reach { distance } else { *reach };
}
