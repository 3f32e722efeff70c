//! The distances of a merged cluster from those of its halves.
//!
//! # Source
//! Lance and Williams 1967, doi:10.1093/comjnl/9.4.373. Which of equal formulas is evaluated decides ties by its last
//! bit; these are the forms of Müllner 2011, arXiv:1109.2378, figure 1, left to right.

use fastcluster_kernels::prefetch;

use super::super::Method;
use super::clusters::{Clusters, Union};
use super::matrix::{Matrix, place};

/// So many slots ahead two columns are prefetched.
const AHEAD: usize = 48;

/// Sets the distances of the union to all others; returns whether all are numbers.
///
/// Each new distance is shown to `see` with the other's slot, in the order of slots. Loads that miss the cache are most
/// of the time; as they are prefetched, the CPU computes while it waits for them.
pub(super) fn update(
    method: Method,
    matrix: &mut Matrix<'_>,
    clusters: &Clusters,
    union: &Union,
    see: impl FnMut(u32, f64),
) -> bool {
    let ([n, m], between) = (union.sizes, union.height);
    let (share, rest) = (n / (n + m), m / (n + m));
    let run = Run { matrix, clusters, union };
    match method {
        Method::Single => run.each(|a, b, _| if a < b { a } else { b }, see),
        Method::Complete => run.each(|a, b, _| if b < a { a } else { b }, see),
        Method::Average => run.each(|a, b, _| share * a + rest * b, see),
        Method::Weighted => run.each(|a, b, _| (a + b) * 0.5, see),
        Method::Ward => {
            run.each(|a, b, k| ((k + n) * a - k * between + (k + m) * b) / (n + m + k), see)
        }
        Method::Centroid => {
            let inside = share * rest * between;
            run.each(|a, b, _| share * a - inside + rest * b, see)
        }
        Method::Median => {
            let inside = between * 0.25;
            run.each(|a, b, _| (a + b) * 0.5 - inside, see)
        }
    }
}

struct Run<'r, 'm> {
    matrix: &'r mut Matrix<'m>,
    clusters: &'r Clusters,
    union: &'r Union,
}

impl Run<'_, '_> {
    /// Calls `formula` with the distances to the half of the earlier name and to the other, and the rows of each other
    /// cluster.
    #[inline]
    fn each(self, formula: impl Fn(f64, f64, f64) -> f64, mut see: impl FnMut(u32, f64)) -> bool {
        let Union { low, high, is_crossed, .. } = *self.union;
        let (before, after) = self.clusters.around(low);
        let (between, after) = after.split_at(after.partition_point(|slot| *slot < high));
        let mut numbers = true;
        let mut put = |to_low: &mut f64, to_high: f64, slot: u32| {
            let (a, b) = if is_crossed { (to_high, *to_low) } else { (*to_low, to_high) };
            *to_low = formula(a, b, self.clusters.size(slot));
            numbers &= !to_low.is_nan();
            see(slot, *to_low);
        };
        let (values, offsets) = self.matrix.parts();
        for (at, slot) in before.iter().enumerate() {
            if let Some(next) = before.get(at + AHEAD) {
                prefetch(values, place(offsets, *next, low));
                prefetch(values, place(offsets, *next, high));
            }
            let to_high = values[place(offsets, *slot, high)];
            put(&mut values[place(offsets, *slot, low)], to_high, *slot);
        }
        for (at, slot) in between.iter().enumerate() {
            if let Some(next) = between.get(at + 2 * AHEAD) {
                prefetch(values, place(offsets, *next, high));
            }
            let to_high = values[place(offsets, *slot, high)];
            put(&mut values[place(offsets, low, *slot)], to_high, *slot);
        }
        let (low_row, high_row) = self.matrix.both_after(low, high);
        for slot in after {
            let at = (slot - high - 1) as usize;
            put(&mut low_row[at], high_row[at], *slot);
        }
        numbers
    }
}
