//! What a row's bounds say: one centroid, none, or several that must be compared.

use super::{Kept, Simd};
use crate::assign::{Bands, Decision, NONE, UNDECIDED};
use crate::panels::Panels;

/// Lanes of the widest vectors.
pub(crate) const LEN_MAX: usize = 16;

/// The bounds that a scan kept, `LEN` per row.
#[derive(Clone, Copy)]
pub(crate) struct Bounds<'a> {
    pub(crate) best: &'a [f32],
    pub(crate) second: &'a [f32],
    pub(crate) number: &'a [u32],
}

/// What is known of `LEN` rows, one a lane.
#[derive(Default)]
struct Lanes {
    rows: [u32; LEN_MAX],
    /// The least of each row's lanes, the least of the others, and which lane is the least.
    least: [f32; LEN_MAX],
    other: [f32; LEN_MAX],
    lane: [u32; LEN_MAX],
}

/// Decides each listed row; `decisions[position].upper` brings its limit in and its upper bound out.
///
/// `LEN` rows at a time, one a lane: the least and the runner-up of a row's lanes then take no step across lanes.
#[inline(always)]
pub(crate) fn run<S: Simd>(
    simd: S,
    bounds: Bounds<'_>,
    panels: &Panels,
    bands: Bands<'_>,
    list: &[u32],
    decisions: &mut [Decision],
) {
    const { assert!(S::LEN <= LEN_MAX, "the lanes fit") }
    // What a shared band adds to a bound is taken once a centroid.
    let widths: Vec<f32> = match bands {
        Bands::Shared(band) => {
            (0..panels.n_centers()).map(|index| panels.width(band, index)).collect()
        }
        Bands::Own(_) => Vec::new(),
    };
    let mut lanes = Lanes::default();
    for (listed, decisions) in list.chunks(S::LEN).zip(decisions.chunks_mut(S::LEN)) {
        // A short chunk repeats its last row.
        lanes.rows.fill(listed[listed.len() - 1]);
        lanes.rows[..listed.len()].copy_from_slice(listed);
        least_two(simd, bounds, &mut lanes);
        for (at, decision) in decisions.iter_mut().enumerate().take(LEN_MAX) {
            let (row, lane) = (lanes.rows[at] as usize, lanes.lane[at] as usize);
            let from = row * S::LEN + lane;
            let first = bounds.number[from] as usize * S::LEN + lane;
            let width = match bands {
                Bands::Shared(_) => widths.get(first).copied().unwrap_or_default(),
                Bands::Own(bands) if first < panels.n_centers() => panels.width(bands[row], first),
                Bands::Own(_) => 0.0,
            };
            // Another lane's second is no less than its best.
            let (second, other) = (bounds.second[from], lanes.other[at]);
            let runner_up = if second < other { second } else { other };
            conclude(panels, first, (width, lanes.least[at], runner_up), decision);
        }
    }
}

/// Decides a row by its least lower bound, which is that of centroid `first` and whose upper bound adds a width, and by
/// the least bound of the others.
#[inline(always)]
pub(crate) fn conclude(
    panels: &Panels,
    first: usize,
    (width, least, runner_up): (f32, f32, f32),
    decision: &mut Decision,
) {
    (decision.center, decision.gap) = (NONE, 0.0);
    if first >= panels.n_centers() {
        return;
    }
    let upper = panels.raised(width, least);
    if upper < decision.upper {
        decision.upper = upper;
    }
    if least > decision.upper {
        return;
    }
    if runner_up > decision.upper {
        (decision.center, decision.gap) = (first as u32, runner_up - decision.upper);
    } else {
        decision.center = UNDECIDED;
    }
}

/// The least two of each row's lanes, and where the least is.
#[inline(always)]
fn least_two<S: Simd>(simd: S, bounds: Bounds<'_>, lanes: &mut Lanes) {
    let infinite = simd.splat(f32::INFINITY);
    let mut kept = Kept { best: infinite, second: infinite, number: simd.splat_word(0) };
    for (lane, column) in simd.columns(bounds.best, &lanes.rows).as_ref().iter().enumerate() {
        kept = simd.track(kept, *column, simd.splat_word(lane as u32));
    }
    simd.store(kept.best, &mut lanes.least);
    simd.store(kept.second, &mut lanes.other);
    simd.store_words(kept.number, &mut lanes.lane);
}
