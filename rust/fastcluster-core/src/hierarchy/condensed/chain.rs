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
//! Murtagh 1985; Müllner 2011, arXiv:1109.2378, figure 3. A walk prefers where it came from, then the earlier name.

use super::super::Method;
use super::super::dendrogram::Join;
use super::clusters::Clusters;
use super::matrix::Matrix;
use super::update::update;
use super::{FARTHEST, is_nearer};
use crate::Error;
use crate::observer::Observer;

/// The joins of clusters of the given sizes, in the order found; heights are squared where the method squares.
pub(super) fn joins(
    method: Method,
    mut matrix: Matrix<'_>,
    sizes: Vec<u32>,
    observer: &Observer,
) -> Result<Vec<Join>, Error> {
    let n = matrix.n();
    let mut clusters = Clusters::new(sizes);
    let mut chain = Vec::new();
    let mut joins = Vec::with_capacity(n.saturating_sub(1));
    for n_merges in 1..n {
        observer.check()?;
        let join = nearest_pair(&matrix, &mut clusters, &mut chain);
        // Named before they are one: rounding can sort a join before that of a half of it, and the name decides then.
        let [one, other] = [join.one, join.other].map(|slot| clusters.name(slot));
        let union = clusters.join(join.one, join.other, join.height);
        if !update(method, &mut matrix, &clusters, &union, |_, _| ()) {
            return Err(Error::NotANumber { method: method.name(), n_merges });
        }
        joins.push(Join { one, other, ..join });
    }
    Ok(joins)
}

/// Two clusters that are nearest to each other, by their slots: the ends of the chain.
fn nearest_pair(matrix: &Matrix<'_>, clusters: &mut Clusters, chain: &mut Vec<u32>) -> Join {
    let (mut from, mut to, mut least);
    if chain.len() <= 3 {
        from = clusters.first();
        (to, least) = nearest(matrix, clusters, from, None);
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
        (next, least) = nearest(matrix, clusters, to, Some((from, least)));
        chain.push(to);
        if next == from {
            return Join { one: to, other: from, height: least };
        }
        (from, to) = (to, next);
    }
}

/// The slot of the nearest cluster to that of `slot`, and its distance; `preferred` among equally near ones, then the
/// earliest name.
#[inline]
fn nearest(
    matrix: &Matrix<'_>,
    clusters: &Clusters,
    slot: u32,
    preferred: Option<(u32, f64)>,
) -> (u32, f64) {
    let (mut found, mut least) =
        preferred.map_or((slot, FARTHEST), |(slot, least)| (slot, (least, 0)));
    let (before, after) = clusters.around(slot);
    let mut see = |other: u32, distance: f64| {
        if distance <= least.0 {
            // From 1, so that the preferred one comes before all.
            let seen = (distance, clusters.name(other) + 1);
            if is_nearer(seen, least) {
                (found, least) = (other, seen);
            }
        }
    };
    matrix.column(before, slot).for_each(|(other, distance)| see(other, distance));
    matrix.row(slot, after).for_each(|(other, distance)| see(other, distance));
    (found, least.0)
}
