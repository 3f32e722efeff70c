//! Single linkage: the lightest spanning tree, grown from row 0.
//!
//! # Cost
//! n − 1 steps, each through the distances of one row: n·(n − 1)/2 in all, each read once. 8 bytes a row.
//!
//! # Source
//! Prim 1957; Müllner 2011, arXiv:1109.2378, figure 4: joining each row to the one that was added before it gives the
//! same clusters at every height as the tree's own edges.

use super::super::dendrogram::Join;
use super::active::Active;
use super::matrix::Matrix;
use crate::Error;
use crate::observer::Observer;

/// The joins, in the order found.
pub(super) fn joins(matrix: &Matrix<'_>, observer: &Observer) -> Result<Vec<Join>, Error> {
    let n = matrix.n();
    let mut active = Active::new(n);
    let mut reach = vec![f64::INFINITY; n];
    let mut joins = Vec::with_capacity(n - 1);
    let mut last = 0;
    for _ in 1..n {
        observer.check()?;
        active.remove(last);
        let mut nearest = (active.all()[0], f64::INFINITY);
        let mut see = |slot: u32, distance: f64| {
            let reach = &mut reach[slot as usize];
            *reach = if distance < *reach { distance } else { *reach };
            if *reach < nearest.1 {
                nearest = (slot, *reach);
            }
        };
        let (below, above) = active.around(last);
        for slot in below {
            see(*slot, matrix.get(*slot, last));
        }
        let row = matrix.after(last);
        for slot in above {
            see(*slot, row[(slot - last - 1) as usize]);
        }
        joins.push(Join { one: last, other: nearest.0, height: nearest.1 });
        last = nearest.0;
    }
    Ok(joins)
}
