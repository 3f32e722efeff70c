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
use super::active::Active;
use super::first_least;
use super::matrix::Matrix;
use super::update::{Union, update};
use crate::Error;
use crate::observer::Observer;

/// The joins, in the order of the textbook algorithm; heights are squared.
pub(super) fn joins(
    method: Method,
    mut matrix: Matrix<'_>,
    observer: &Observer,
) -> Result<Vec<Join>, Error> {
    let n = matrix.n();
    let (mut active, mut sizes) = (Active::new(n), vec![1_u32; n]);
    let first = (0..n as u32 - 1).map(|slot| later(&matrix, &active, slot));
    let (mut neighbors, keys): (Vec<u32>, Vec<f64>) = first.unzip();
    let mut heap = Heap::new(keys);
    let mut joins = Vec::with_capacity(n - 1);
    // The distances of the last union, one after the other.
    let mut fresh = vec![0.0; n];
    for n_merges in 1..n {
        observer.check()?;
        let low = settle(&matrix, &active, &mut heap, &mut neighbors);
        let (high, height) = (neighbors[low as usize], heap.key(low));
        heap.pop();
        let [n_low, n_high] = [low, high].map(|slot| f64::from(sizes[slot as usize]));
        let union = Union { low, high, height, n_low, n_high };
        active.remove(low);
        sizes[high as usize] += sizes[low as usize];
        let mut out = fresh.iter_mut();
        let see = |distance: f64| {
            if let Some(out) = out.next() {
                *out = distance;
            }
        };
        if !update(method, &mut matrix, &active, (&sizes, &union), see) {
            return Err(Error::NotANumber { method: method.name(), n_merges });
        }
        let (below, above) = active.around(high);
        let (to_below, to_above) = fresh.split_at(below.len());
        for (slot, distance) in below.iter().zip(to_below) {
            let is_nearer = *distance < heap.key(*slot);
            if is_nearer {
                heap.set(*slot, *distance);
            }
            if is_nearer || neighbors[*slot as usize] == low {
                neighbors[*slot as usize] = high;
            }
        }
        if let Some((at, least)) = first_least(&to_above[..above.len()]) {
            neighbors[high as usize] = above[at];
            heap.set(high, least);
        }
        joins.push(Join { one: low, other: high, height });
    }
    Ok(joins)
}

/// The slot of the least true distance to a later one; keys that are too low are raised on the way.
fn settle(matrix: &Matrix<'_>, active: &Active, heap: &mut Heap, neighbors: &mut [u32]) -> u32 {
    loop {
        let top = heap.top();
        if heap.key(top) >= matrix.get(top, neighbors[top as usize]) {
            return top;
        }
        let (neighbor, distance) = later(matrix, active, top);
        neighbors[top as usize] = neighbor;
        heap.set(top, distance);
    }
}

/// The nearest of the later slots, of which there is one, and its distance; the lowest of equally near ones.
fn later(matrix: &Matrix<'_>, active: &Active, slot: u32) -> (u32, f64) {
    let (_, above) = active.around(slot);
    let row = matrix.after(slot);
    let mut nearest = (above[0], matrix.get(slot, above[0]));
    for other in &above[1..] {
        let distance = row[(other - slot - 1) as usize];
        if distance < nearest.1 {
            nearest = (*other, distance);
        }
    }
    nearest
}
