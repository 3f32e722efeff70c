//! Complete, average, weighted and Ward linkage: chains of nearest neighbours.
//!
//! # Idea
//! Walk from a cluster to its nearest one, and on to that one's nearest, until two are nearest to each other; join
//! them and go on from what is left of the chain. For these methods a union is never nearer to a third cluster than
//! the nearer of its halves was, so what is left of the chain stays valid, and the joins are those of the textbook
//! algorithm in another order.
//!
//! # Cost
//! At most 3n walks and n updates of at most n distances; no memory but the distances.
//!
//! # Source
//! Murtagh 1985; Müllner 2011, arXiv:1109.2378, figure 3. A walk prefers where it came from, then the lower slot.

use super::super::Method;
use super::super::dendrogram::Join;
use super::active::Active;
use super::matrix::Matrix;
use super::update::{Union, update};
use crate::Error;
use crate::observer::Observer;

/// The joins of clusters of the given sizes, in the order found; heights are squared where the method squares.
pub(super) fn joins(
    method: Method,
    mut matrix: Matrix<'_>,
    mut sizes: Vec<u32>,
    observer: &Observer,
) -> Result<Vec<Join>, Error> {
    let n = matrix.n();
    let mut active = Active::new(n);
    let mut chain = Vec::new();
    let mut joins = Vec::with_capacity(n.saturating_sub(1));
    for n_merges in 1..n {
        observer.check()?;
        let join = nearest_pair(&matrix, &active, &mut chain);
        let (low, high) = (join.one.min(join.other), join.one.max(join.other));
        let [n_low, n_high] = [low, high].map(|slot| f64::from(sizes[slot as usize]));
        let union = Union { low, high, height: join.height, n_low, n_high };
        active.remove(low);
        sizes[high as usize] += sizes[low as usize];
        if !update(method, &mut matrix, &active, (&sizes, &union), |_| ()) {
            return Err(Error::NotANumber { method: method.name(), n_merges });
        }
        joins.push(join);
    }
    Ok(joins)
}

/// Two clusters that are nearest to each other: the ends of the chain.
fn nearest_pair(matrix: &Matrix<'_>, active: &Active, chain: &mut Vec<u32>) -> Join {
    let (mut from, mut to, mut least);
    if chain.len() <= 3 {
        from = active.all()[0];
        to = active.all()[1];
        (to, least) = nearest(matrix, active, from, (to, matrix.get(from, to)));
        chain.clear();
        chain.push(from);
    } else {
        // The last two were joined; the one before them looks again.
        chain.truncate(chain.len() - 2);
        to = chain.pop().unwrap_or(0);
        from = chain[chain.len() - 1];
        least = matrix.between(from, to);
    }
    loop {
        let next;
        (next, least) = nearest(matrix, active, to, (from, least));
        chain.push(to);
        if next == from {
            return Join { one: to, other: from, height: least };
        }
        (from, to) = (to, next);
    }
}

/// The nearest cluster to `slot` and its distance; `preferred` among equally near ones, then the lowest.
#[inline]
fn nearest(matrix: &Matrix<'_>, active: &Active, slot: u32, preferred: (u32, f64)) -> (u32, f64) {
    let (mut found, mut least) = preferred;
    let (below, above) = active.around(slot);
    for other in below {
        let distance = matrix.get(*other, slot);
        if distance < least {
            (found, least) = (*other, distance);
        }
    }
    let row = matrix.after(slot);
    for other in above {
        let distance = row[(other - slot - 1) as usize];
        if distance < least {
            (found, least) = (*other, distance);
        }
    }
    (found, least)
}
