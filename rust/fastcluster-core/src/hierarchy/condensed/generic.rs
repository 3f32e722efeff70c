//! Centroid and median linkage: a heap of nearest neighbours.
//!
//! # Idea
//! Unions of these methods can be nearer to a third cluster than both halves were, so chains do not hold. Each slot
//! keeps a neighbour among the later slots and a distance that is at most its nearest's; the least is looked at, and if
//! it has become too low, searched again.
//!
//! # Cost
//! Cubic at worst, quadratic on most data: searches again are rare. 16 bytes a row.
//!
//! # Source
//! Müllner 2011, arXiv:1109.2378, figure 2.

use super::super::Method;
use super::super::dendrogram::Join;
use super::super::heap::Heap;
use super::clusters::Clusters;
use super::matrix::Matrix;
use super::update::update;
use super::{FARTHEST, is_nearer};
use crate::Error;
use crate::observer::Observer;

/// The joins, in the order of the textbook algorithm; heights are squared.
///
/// `nearest` are each row's place of the nearest later one, from 0, and its distance.
pub(super) fn joins(
    method: Method,
    mut matrix: Matrix<'_>,
    nearest: &[(usize, f64)],
    observer: &Observer,
) -> Result<Vec<Join>, Error> {
    let n = matrix.n();
    let mut clusters = Clusters::new(vec![1; n]);
    // By name, as is the heap.
    let mut neighbors: Vec<u32> =
        (1..).zip(nearest).map(|(next, near)| next + near.0 as u32).collect();
    let keys = nearest.iter().map(|near| near.1).collect();
    let mut heap = Heap::new(keys);
    let mut joins = Vec::with_capacity(n - 1);
    // Earlier names that are nearer to the union than to all others, and how near.
    let mut nearer: Vec<(u32, f64)> = Vec::new();
    for n_merges in 1..n {
        observer.check()?;
        let low = settle(&matrix, &clusters, &mut heap, &mut neighbors);
        let (high, height) = (neighbors[low as usize], heap.key(low));
        heap.pop();
        let union = clusters.join(clusters.slot(low), clusters.slot(high), height);
        let mut nearest = FARTHEST;
        let see = |slot: u32, distance: f64| {
            let name = clusters.name(slot);
            if name > high {
                if is_nearer((distance, name), nearest) {
                    nearest = (distance, name);
                }
                return;
            }
            let is_nearer = distance < heap.key(name);
            if is_nearer {
                nearer.push((name, distance));
            }
            if is_nearer || neighbors[name as usize] == low {
                neighbors[name as usize] = high;
            }
        };
        if !update(method, &mut matrix, &clusters, &union, see) {
            return Err(Error::NotANumber { method: method.name(), n_merges });
        }
        // The order in which keys change is part of the order in which equal ones leave the heap.
        nearer.sort_unstable_by_key(|(name, _)| *name);
        nearer.drain(..).for_each(|(name, distance)| heap.set(name, distance));
        if nearest != FARTHEST {
            neighbors[high as usize] = nearest.1;
            heap.set(high, nearest.0);
        }
        joins.push(Join { one: low, other: high, height });
    }
    Ok(joins)
}

/// The name of the least true distance to a later one; keys that are too low are raised on the way.
fn settle(matrix: &Matrix<'_>, clusters: &Clusters, heap: &mut Heap, neighbors: &mut [u32]) -> u32 {
    loop {
        let top = heap.top();
        let neighbor = neighbors[top as usize];
        if heap.key(top) >= matrix.between(clusters.slot(top), clusters.slot(neighbor)) {
            return top;
        }
        let (distance, neighbor) = later(matrix, clusters, top);
        neighbors[top as usize] = neighbor;
        heap.set(top, distance);
    }
}

/// The distance to the nearest of the later names, of which there is one, and that name; the earliest of equally near
/// ones.
fn later(matrix: &Matrix<'_>, clusters: &Clusters, name: u32) -> (f64, u32) {
    let slot = clusters.slot(name);
    let (before, after) = clusters.around(slot);
    let mut nearest = FARTHEST;
    // Few of those before have a later name: only their distances are loaded.
    for (other, other_name) in before.iter().map(|other| (*other, clusters.name(*other))) {
        if other_name > name {
            let found = (matrix.get(other, slot), other_name);
            nearest = if is_nearer(found, nearest) { found } else { nearest };
        }
    }
    for (other, distance) in matrix.row(slot, after) {
        if distance <= nearest.0 {
            let found = (distance, clusters.name(other));
            let is_later = found.1 > name;
            nearest = if is_later && is_nearer(found, nearest) { found } else { nearest };
        }
    }
    nearest
}
