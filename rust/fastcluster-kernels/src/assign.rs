//! The nearest-centroid filter: which few centroids of many can be a row's nearest.
//!
//! # Steps
//! [`scan`] computes the lower bound of every score (see [`crate::panels`]) and keeps, per row and lane, the two least
//! and where the least came from. [`Kept::candidates`] turns one row's into the centroids that can be nearest: it takes
//! the upper bound of the least, keeps each lane whose least is not above it, and for a lane whose *second* is not
//! above it either (there may be a third) keeps the whole lane. Usually one candidate is left, which is then proven to
//! be the nearest without one exact distance; the caller compares the others exactly.
//!
//! # Cost
//! n·k·d multiply-adds in 8 bits or float32, about ten vector operations per row and `lanes` centroids, no memory but
//! `3 · lanes` words per row.

use crate::generic::Tracker;
use crate::generic::decide::Bounds;
use crate::generic::few::Few;
use crate::panels::{Panels, RowBand, Words};

/// Rows in the words that a filter takes, row-major.
#[derive(Clone, Copy, Debug)]
pub enum Rows<'a> {
    /// Float32 words, rows `n_features` apart.
    Floats(&'a [f32]),
    /// Words of four offset bytes, rows [`Panels::steps`] apart.
    Bytes(&'a [u32]),
}

impl Rows<'_> {
    /// Panics unless the rows hold `n_rows` rows of the panels' words.
    pub(crate) fn check(&self, panels: &Panels, bands: &[RowBand], list: &[u32]) {
        let (n_words, matches) = match (self, &panels.words) {
            (Self::Floats(words), Words::Floats(_)) => (words.len(), true),
            (Self::Bytes(words), Words::Bytes(_)) => (words.len(), true),
            (Self::Floats(words), _) => (words.len(), false),
            (Self::Bytes(words), _) => (words.len(), false),
        };
        assert!(matches, "rows and panels hold different words");
        let n_rows = list.iter().max().map_or(0, |last| *last as usize + 1);
        assert!(n_rows <= bands.len() && n_rows * panels.steps() <= n_words, "row out of range");
    }
}

/// The bands of the rows to decide.
#[derive(Clone, Copy, Debug)]
pub enum Bands<'a> {
    /// All rows share one.
    Shared(RowBand),
    /// Each row's own, by row.
    Own(&'a [RowBand]),
}

/// What a scan keeps of each row: per lane the two least lower bounds, and the vector of the least.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    lanes: usize,
    best: Vec<f32>,
    second: Vec<f32>,
    number: Vec<u32>,
}

/// What a row's bounds say of its nearest centroid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision {
    /// The centroid that is proven nearest, [`UNDECIDED`] or [`NONE`].
    pub center: u32,
    /// An upper bound of the least score; before the decision, one that the caller knows, or infinity.
    pub upper: f32,
    /// How far the scores of all other scanned centroids lie above `upper`, at least; 0 unless `center` is proven nearest.
    pub gap: f32,
}

/// Several centroids can be nearest: ask [`Kept::candidates`].
pub const UNDECIDED: u32 = u32::MAX;

/// No centroid has a score as low as the caller's upper bound.
pub const NONE: u32 = u32::MAX - 1;

impl Kept {
    /// Decides the listed rows; `decisions` goes with `list`.
    ///
    /// # Panics
    /// If a listed row was not scanned, these bounds are of panels of other lanes, or `decisions` and `list` differ in
    /// length.
    pub fn decide(
        &self,
        panels: &Panels,
        bands: Bands<'_>,
        list: &[u32],
        decisions: &mut [Decision],
    ) {
        assert!(decisions.len() == list.len(), "a decision for each listed row");
        assert!(self.lanes == panels.lanes() || list.is_empty(), "kept for panels of other lanes");
        let bounds = Bounds { best: &self.best, second: &self.second, number: &self.number };
        dispatch_level!(panels.level, decide(bounds, panels, bands, list, decisions));
    }

    /// Makes room for `n_rows` rows of a scan with these panels, which overwrites what was kept.
    pub fn reset(&mut self, panels: &Panels, n_rows: usize) {
        self.lanes = panels.lanes();
        let size = n_rows * self.lanes;
        self.best.resize(size, f32::INFINITY);
        self.second.resize(size, f32::INFINITY);
        self.number.resize(size, 0);
    }

    /// The centroid of the least lower bound of `row`, and that bound; out of range where nothing was scanned.
    #[inline]
    pub fn most_promising(&self, row: usize) -> (usize, f32) {
        let at = row * self.lanes;
        let best = &self.best[at..][..self.lanes];
        let (mut lane, mut least) = (0, best[0]);
        for (other, value) in best.iter().enumerate() {
            if *value < least {
                (lane, least) = (other, *value);
            }
        }
        (self.number[at + lane] as usize * self.lanes + lane, least)
    }

    /// Whether a lane of `row` may hide centroids within `limit` that [`Kept::candidates`] would take wholesale.
    #[inline]
    pub fn is_crowded(&self, row: usize, limit: f32) -> bool {
        self.second[row * self.lanes..][..self.lanes].iter().any(|second| *second <= limit)
    }

    /// Collects the centroids that can be the nearest to `row`, in no order, the most promising one first.
    ///
    /// `limit` is an upper bound of the row's least score that [`Panels::upper_bound`] or an earlier call gave for the
    /// same row and m, or infinity; where it lies below every lower bound, nothing is collected. Returns the upper bound
    /// that was used, `limit` or lower.
    #[inline]
    pub fn candidates(
        &self,
        panels: &Panels,
        band: RowBand,
        row: usize,
        limit: f32,
        found: &mut Vec<u32>,
    ) -> f32 {
        found.clear();
        let at = row * self.lanes;
        let best = &self.best[at..][..self.lanes];
        let second = &self.second[at..][..self.lanes];
        let number = &self.number[at..][..self.lanes];
        let (first, least) = self.most_promising(row);
        if first >= panels.n_centers() {
            return limit;
        }
        let lane = first % self.lanes;
        let limit = limit.min(panels.upper_bound(band, first, least));
        if least > limit {
            return limit;
        }
        found.push(first as u32);
        for other in 0..self.lanes {
            if best[other] > limit {
                continue;
            }
            if second[other] <= limit {
                let crowd = (other..panels.n_centers()).step_by(self.lanes);
                found.extend(crowd.filter(|center| *center != first).map(|center| center as u32));
            } else if other != lane {
                found.push(number[other] * self.lanes as u32 + other as u32);
            }
        }
        limit
    }
}

/// The most features for which [`decide_few`] has a form.
pub const FEATURES_FEW: usize = 8;

/// Scores the listed rows of few features, which share a band, against all centroids, and decides them at once; the same
/// bounds as [`scan`] and [`Kept::decide`], but none is kept. What is [`UNDECIDED`] needs a scan.
///
/// # Panics
/// If the panels hold bytes or more than [`FEATURES_FEW`] features, a listed row is out of range, or `decisions` and
/// `list` differ in length.
pub fn decide_few(
    panels: &Panels,
    rows: &[f32],
    band: RowBand,
    list: &[u32],
    decisions: &mut [Decision],
) {
    let (k, d) = (panels.n_centers(), panels.n_features());
    assert!(decisions.len() == list.len(), "a decision for each listed row");
    assert!(matches!(panels.words, Words::Floats(_)) && d <= FEATURES_FEW, "not few features");
    let (mut values, mut starts) = (vec![0.0; k * d], vec![0.0; k]);
    for (index, (value, start)) in values.chunks_exact_mut(d).zip(&mut starts).enumerate() {
        *start = panels.unpack(index, band, value);
    }
    let widths: Vec<f32> = (0..k).map(|index| panels.width(band, index)).collect();
    let few = Few { values: &values, starts: &starts, widths: &widths };
    dispatch_level!(panels.level, decide_few(panels, few, rows, list, decisions));
}

/// Scores the listed rows against all centroids of the panels and keeps the least bounds in `kept`.
///
/// `bands` and `kept` are indexed by row, as `list` is; what was kept of a listed row before is overwritten.
///
/// # Panics
/// If the words do not match the panels, a listed row is out of range or `kept` was reset for panels of other lanes.
pub fn scan(panels: &Panels, rows: Rows<'_>, bands: &[RowBand], list: &[u32], kept: &mut Kept) {
    rows.check(panels, bands, list);
    assert!(kept.lanes == panels.lanes() || list.is_empty(), "kept for panels of other lanes");
    let sink =
        &mut Tracker { best: &mut kept.best, second: &mut kept.second, number: &mut kept.number };
    dispatch_scan!(
        panels,
        (0, panels.n_panels()),
        rows,
        bands,
        list,
        sink,
        scan_floats,
        scan_bytes
    );
}
