//! What a row's bounds say: one centroid, none, or several that must be compared.

use super::Simd;
use crate::assign::{Decision, NONE, UNDECIDED};
use crate::panels::{Panels, RowBand};

/// The bounds that a scan kept, `LEN` per row.
#[derive(Clone, Copy)]
pub(crate) struct Bounds<'a> {
    pub(crate) best: &'a [f32],
    pub(crate) second: &'a [f32],
    pub(crate) number: &'a [u32],
}

/// Decides each listed row; `decisions[position].upper` brings its limit in and its upper bound out.
#[inline(always)]
pub(crate) fn run<S: Simd>(
    simd: S,
    bounds: Bounds<'_>,
    panels: &Panels,
    bands: &[RowBand],
    list: &[u32],
    decisions: &mut [Decision],
) {
    // Rows of a block of float32 share one band: what it adds to a bound is then taken once a centroid.
    let shared = bands.first().copied().filter(|first| bands.get(1) == Some(first));
    let n_widths = if shared.is_some() { panels.n_centers() } else { 0 };
    let widths: Vec<f32> =
        (0..n_widths).map(|index| panels.width(shared.unwrap_or_default(), index)).collect();
    for (row, decision) in list.iter().zip(decisions) {
        let row = *row as usize;
        let at = row * S::LEN;
        let best = simd.load(&bounds.best[at..]);
        let least = simd.least(best);
        let lane = simd.not_above(best, simd.splat(least)).trailing_zeros() as usize;
        let lane = lane.min(S::LEN - 1);
        let first = bounds.number[at + lane] as usize * S::LEN + lane;
        (decision.center, decision.gap) = (NONE, 0.0);
        if first >= panels.n_centers() {
            continue;
        }
        let width = match shared {
            Some(band) if band == bands[row] => widths[first],
            _ => panels.width(bands[row], first),
        };
        let upper = panels.raised(width, least);
        if upper < decision.upper {
            decision.upper = upper;
        }
        if least > decision.upper {
            continue;
        }
        let limit = simd.splat(decision.upper);
        let second = simd.load(&bounds.second[at..]);
        let crowded = simd.not_above(second, limit) != 0;
        let alone = simd.not_above(best, limit).is_power_of_two(); // one lane
        if alone && !crowded {
            decision.center = first as u32;
            decision.gap = simd.least_but(best, second, lane) - decision.upper;
        } else {
            decision.center = UNDECIDED;
        }
    }
}
