//! Rows that the filter leaves undecided: a tighter limit, then distances of what is left.

use fastcluster_kernels::panels::Panels;
use fastcluster_kernels::{distance, product};

use super::{Exact, Moved, NO_LABEL, Outcome, Pass, RowState, Work};
use crate::filter::{Block, SCORES_MAX, Workspace};

/// Where rows' bounds come from: their block begins with row `first`, and the panels hold all or the moved centroids.
#[derive(Clone, Copy)]
pub(super) struct From<'a> {
    pub(super) first: usize,
    pub(super) panels: &'a Panels,
    pub(super) moved: Option<&'a Moved>,
    pub(super) block: &'a Block<'a>,
}

impl From<'_> {
    /// The number of the centroid at `place` of the panels.
    fn center(&self, place: u32) -> u32 {
        self.moved.map_or(place, |moved| moved.list[place as usize])
    }
}

/// What becomes of a row that its bounds alone do not decide.
pub(super) enum Settled {
    /// Its distances decide it.
    State(RowState),
    /// A lane may hide survivors of this limit.
    Crowded(f32),
}

/// A row with a lane that may hide survivors, and the limit that they must pass.
#[derive(Clone, Copy)]
pub(super) struct Crowded {
    pub(super) row: u32,
    pub(super) limit: f32,
}

impl Pass<'_, '_> {
    /// Turns the bounds of a row that is not decided by them into its state, unless a lane is crowded.
    pub(super) fn settle(
        &self,
        from: From<'_>,
        row: u32,
        old: RowState,
        workspace: &mut Workspace<'_>,
        work: &mut Work,
    ) -> Settled {
        let (at, global) = (row as usize, from.first + row as usize);
        let own = from.moved.map(|_| old);
        // One distance halves the band that the others must pass, and most then do not.
        let promising = own.map_or(workspace.kept.most_promising(at).0 as u32, |own| own.label);
        let known = own.map_or(f32::INFINITY, |own| own.upper);
        let limit = known.min(self.score_above(global, promising as usize, workspace));
        work.n_rechecked += 1;
        if workspace.kept.is_crowded(at, limit) {
            return Settled::Crowded(limit);
        }
        let (kept, found) = (&mut *workspace.kept, &mut *workspace.candidates);
        let upper = kept.candidates(from.panels, from.block.bands[at], at, limit, found);
        for place in found.iter_mut() {
            *place = from.center(*place);
        }
        found.extend(own.map(|own| own.label));
        let label = self.nearest_of(global, workspace, work);
        Settled::State(RowState { label, upper, gap: 0.0 })
    }

    /// Scores the crowded rows again, all bounds written out, and compares the survivors.
    pub(super) fn settle_crowded(
        &self,
        from: From<'_>,
        crowded: &[Crowded],
        workspace: &mut Workspace<'_>,
        outcome: &mut Outcome<'_>,
    ) {
        let (n, width) = (from.panels.n_centers(), from.panels.n_padded());
        for part in crowded.chunks((SCORES_MAX / width.max(1)).max(1)) {
            let list: Vec<u32> = part.iter().map(|row| row.row).collect();
            let mut scores = std::mem::take(workspace.scores);
            scores.resize(scores.len().max(list.len() * width), 0.0);
            let block = from.block;
            product::scores(from.panels, block.rows, block.bands, &list, &mut scores);
            outcome.work.n_scored += (list.len() * n) as u64;
            for (Crowded { row, limit }, scores) in part.iter().zip(scores.chunks(width)) {
                let old = outcome.states[*row as usize];
                let within = (0..n as u32).zip(scores).filter(|(_, score)| **score <= *limit);
                workspace.candidates.clear();
                workspace.candidates.extend(within.map(|(place, _)| from.center(place)));
                workspace.candidates.extend(from.moved.map(|_| old.label));
                let global = from.first + *row as usize;
                let label = self.nearest_of(global, workspace, &mut outcome.work);
                outcome.put(*row, RowState { label, upper: *limit, gap: 0.0 });
            }
            *workspace.scores = scores;
        }
    }

    /// An upper bound of the score of a row and centroid from their distance: ½(‖x − c‖² − ‖x − m‖²).
    fn score_above(&self, row: usize, center: usize, workspace: &mut Workspace<'_>) -> f32 {
        let level = self.filter.level();
        let Some(single) = self.centers.single(center).filter(|_| self.points.is_exact_32()) else {
            let exact = Exact::read(self.points, row, workspace.row_32, workspace.row_64);
            let distance = exact.squared_distance(level, self.centers, center);
            let norm = exact.squared_distance_from(level, self.filter.mean());
            return half_above(distance, norm, distance::squared_error(self.points.n_features()));
        };
        let values = self.points.row_32(row, workspace.row_32);
        let squared = distance::squared_f32(level, values, single);
        let norm = distance::squared_f32(level, values, self.filter.mean());
        if !SAFE_SQUARES.contains(&squared) || !(norm == 0.0 || SAFE_SQUARES.contains(&norm)) {
            return f32::INFINITY;
        }
        let error = distance::squared_f32_error(values.len());
        half_above(f64::from(squared), f64::from(norm), error)
    }

    /// The nearest of the candidates, by the float64 rule.
    fn nearest_of(&self, row: usize, workspace: &mut Workspace<'_>, work: &mut Work) -> u32 {
        let candidates = &mut *workspace.candidates;
        if let [only] = candidates[..] {
            return only;
        }
        work.n_rechecked += candidates.len() as u64;
        self.narrow(row, candidates, workspace.row_32, workspace.scores);
        if let [only] = candidates[..] {
            return only;
        }
        work.n_decided_64 += 1;
        let exact = Exact::read(self.points, row, workspace.row_32, workspace.row_64);
        let mut nearest = (f64::INFINITY, NO_LABEL);
        for candidate in candidates.iter() {
            let distance =
                exact.squared_distance(self.filter.level(), self.centers, *candidate as usize);
            if distance < nearest.0 || (distance == nearest.0 && *candidate < nearest.1) {
                nearest = (distance, *candidate);
            }
        }
        // Distances that overflow float64 are all infinite; then the lowest index is as near as any.
        if nearest.1 == NO_LABEL {
            candidates.iter().copied().min().unwrap_or(0)
        } else {
            nearest.1
        }
    }

    /// Drops the candidates that float32 can tell are not the nearest.
    fn narrow(
        &self,
        row: usize,
        candidates: &mut Vec<u32>,
        row_32: &mut [f32],
        distances: &mut Vec<f32>,
    ) {
        if self.centers.single(0).is_none() || !self.points.is_exact_32() {
            return;
        }
        let values = self.points.row_32(row, row_32);
        distances.clear();
        distances.extend(candidates.iter().map(|candidate| {
            let center = self.centers.single(*candidate as usize).unwrap_or_default();
            distance::squared_f32(self.filter.level(), values, center)
        }));
        let least = distances.iter().fold(f32::INFINITY, |least, value| least.min(*value));
        if !SAFE_SQUARES.contains(&least) {
            return;
        }
        let error = distance::squared_f32_error(values.len());
        let limit = (f64::from(least) * (1.0 + 2.5 * error)) as f32 * (1.0 + f32::EPSILON);
        let mut place = 0;
        candidates.retain(|_| {
            place += 1;
            distances[place - 1] <= limit
        });
    }
}

/// Squared float32 distances outside may have under- or overflown, which voids their error bound.
const SAFE_SQUARES: std::ops::Range<f32> = 1e-30..1e38;

/// At least ½(distance − norm), for squares that are off by at most `error` relatively.
fn half_above(distance: f64, norm: f64, error: f64) -> f32 {
    let upper = 0.5 * (distance - norm) + error * (distance + norm);
    (upper + upper.abs() * f64::from(f32::EPSILON)) as f32 + f32::MIN_POSITIVE
}
