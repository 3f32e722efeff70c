//! Rows of few features against all centroids: `LEN` rows at a time, one a lane, decided without keeping a bound.
//!
//! # Cost
//! For `LEN` rows and a centroid, as many multiply-adds as features and five operations more; a row's features are copied
//! once. With centroids in the lanes instead, what follows the few multiply-adds would be most of the time.

use super::decide::{LEN_MAX, conclude};
use super::{Kept, Simd};
use crate::assign::{Decision, FEATURES_FEW};
use crate::panels::Panels;

/// The centroids, unpacked.
#[derive(Clone, Copy)]
pub(crate) struct Few<'a> {
    /// Row-major.
    pub(crate) values: &'a [f32],
    /// The lower bound of a score is this less the product.
    pub(crate) starts: &'a [f32],
    /// What an upper bound adds to it.
    pub(crate) widths: &'a [f32],
}

/// A vector's worth of rows, by feature.
type Columns = [[f32; LEN_MAX]; FEATURES_FEW];

/// Decides each listed row of `words`, as [`super::decide::run`] does.
#[inline(always)]
pub(crate) fn run<S: Simd>(
    simd: S,
    panels: &Panels,
    few: Few<'_>,
    words: &[f32],
    list: &[u32],
    decisions: &mut [Decision],
) {
    match panels.n_features() {
        1 => run_features::<S, 1>(simd, panels, few, words, list, decisions),
        2 => run_features::<S, 2>(simd, panels, few, words, list, decisions),
        3 => run_features::<S, 3>(simd, panels, few, words, list, decisions),
        4 => run_features::<S, 4>(simd, panels, few, words, list, decisions),
        5 => run_features::<S, 5>(simd, panels, few, words, list, decisions),
        6 => run_features::<S, 6>(simd, panels, few, words, list, decisions),
        7 => run_features::<S, 7>(simd, panels, few, words, list, decisions),
        _ => run_features::<S, FEATURES_FEW>(simd, panels, few, words, list, decisions),
    }
}

#[inline(always)]
fn run_features<S: Simd, const D: usize>(
    simd: S,
    panels: &Panels,
    few: Few<'_>,
    words: &[f32],
    list: &[u32],
    decisions: &mut [Decision],
) {
    // Lanes of a short chunk that hold no row of it hold another's; their results are not looked at.
    let mut columns: Columns = [[0.0; LEN_MAX]; FEATURES_FEW];
    let (mut least, mut other, mut first) = ([0.0; LEN_MAX], [0.0; LEN_MAX], [0; LEN_MAX]);
    for (listed, decisions) in list.chunks(S::LEN).zip(decisions.chunks_mut(S::LEN)) {
        for (lane, row) in listed.iter().enumerate().take(LEN_MAX) {
            let row: &[f32] = &words[*row as usize * D..][..D];
            for feature in 0..D {
                columns[feature][lane] = row[feature];
            }
        }
        let kept = least_two::<S, D>(simd, few, &columns);
        simd.store(kept.best, &mut least);
        simd.store(kept.second, &mut other);
        simd.store_words(kept.number, &mut first);
        for (lane, decision) in decisions.iter_mut().enumerate().take(LEN_MAX) {
            let center = first[lane] as usize;
            let bounds = (few.widths[center], least[lane], other[lane]);
            conclude(panels, center, bounds, decision);
        }
    }
}

/// The least two bounds of each lane's row, and whose the least is.
#[inline(always)]
fn least_two<S: Simd, const D: usize>(simd: S, few: Few<'_>, columns: &Columns) -> Kept<S> {
    let infinite = simd.splat(f32::INFINITY);
    let one = simd.splat(1.0);
    let mut kept = Kept { best: infinite, second: infinite, number: simd.splat_word(0) };
    let mut rows = [infinite; D];
    for feature in 0..D {
        rows[feature] = simd.load(&columns[feature]);
    }
    let (centers, _) = few.values.as_chunks::<D>();
    for (number, (center, start)) in centers.iter().zip(few.starts).enumerate() {
        let mut product = simd.mul(rows[0], simd.splat(center[0]));
        for feature in 1..D {
            product = simd.mul_add(rows[feature], simd.splat(center[feature]), product);
        }
        let lower = simd.neg_mul_add(product, one, simd.splat(*start));
        kept = simd.track(kept, lower, simd.splat_word(number as u32));
    }
    kept
}
