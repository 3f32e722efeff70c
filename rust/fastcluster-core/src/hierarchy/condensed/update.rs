//! The distances of a merged cluster from those of its halves.
//!
//! # Source
//! Lance and Williams 1967, doi:10.1093/comjnl/9.4.373. Which of equal formulas is evaluated decides ties by its last
//! bit; these are the forms of Müllner 2011, arXiv:1109.2378, figure 1, left to right.

use super::super::Method;
use super::active::Active;
use super::matrix::{Matrix, place};

/// A merge of the clusters in slots `low < high`, at squared height where the method squares; the union stays in `high`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Union {
    pub(super) low: u32,
    pub(super) high: u32,
    pub(super) height: f64,
    /// Rows in each.
    pub(super) n_low: f64,
    pub(super) n_high: f64,
}

/// Sets the distances of `union.high`; `low` is no longer active. Returns whether all are numbers.
///
/// Each new distance is shown to `see`, in the order of slots. Loads that miss the cache are most of the time, and a CPU
/// has the more of them under way the fewer instructions stand between them: `see` is to do little.
pub(super) fn update(
    method: Method,
    matrix: &mut Matrix<'_>,
    active: &Active,
    (sizes, union): (&[u32], &Union),
    see: impl FnMut(f64),
) -> bool {
    let (n, m, between) = (union.n_low, union.n_high, union.height);
    let (share, rest) = (n / (n + m), m / (n + m));
    let run = Run { matrix, active, sizes, union };
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
    active: &'r Active,
    sizes: &'r [u32],
    union: &'r Union,
}

impl Run<'_, '_> {
    /// Calls `formula` with the distances to `low` and to `high` and the rows of each other cluster.
    #[inline]
    fn each(self, formula: impl Fn(f64, f64, f64) -> f64, mut see: impl FnMut(f64)) -> bool {
        let Union { low, high, .. } = *self.union;
        let (below, above) = self.active.around(high);
        let (first, between) = below.split_at(below.partition_point(|slot| *slot < low));
        let mut numbers = true;
        let mut put = |value: &mut f64, from_low: f64, slot: u32| {
            *value = formula(from_low, *value, f64::from(self.sizes[slot as usize]));
            numbers &= !value.is_nan();
            see(*value);
        };
        let (values, offsets) = self.matrix.parts();
        for slot in first {
            let from_low = values[place(offsets, *slot, low)];
            put(&mut values[place(offsets, *slot, high)], from_low, *slot);
        }
        for slot in between {
            let from_low = values[place(offsets, low, *slot)];
            put(&mut values[place(offsets, *slot, high)], from_low, *slot);
        }
        let (low_row, high_row) = self.matrix.both_after(low, high);
        for slot in above {
            let at = (slot - high - 1) as usize;
            put(&mut high_row[at], low_row[at], *slot);
        }
        numbers
    }
}
