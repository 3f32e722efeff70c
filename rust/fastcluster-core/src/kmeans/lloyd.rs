//! Lloyd's iterations.

use super::inertia::{inertia, labels, shift_to_caller, to_caller};
use super::init::{Init, start};
use super::passes::Passes;
use super::relocate::relocate;
use super::sums::Sums;
use super::{Params, check_weights, memory};
use crate::assign::{RowState, Sieve, Work};
use crate::centers::{CenterValues, Centers};
use crate::filter::{Filter, Sketch, SketchWork, Stored};
use crate::observer::Event;
use crate::points::{Moments, Points};
use crate::{Context, Error};

/// Why a run ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stop {
    /// No label changed.
    Strict,
    /// The centers moved less than the tolerance.
    Tolerance,
    /// `max_iter` was reached.
    MaxIter,
}

/// What one iteration did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IterationRecord {
    /// Inertia of the labels with the centers before their update, from cluster sums.
    pub inertia: f64,
    /// Summed squared movement of the centers.
    pub center_shift: f64,
    /// Rows whose label changed.
    pub n_changed: u64,
    /// Exact distances computed after the filter.
    pub n_rechecked: u64,
    /// Pairs of row and center that the filter scored.
    pub n_scored: u64,
    /// Seconds since the fit began.
    pub seconds: f64,
}

/// The best run of a fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The nearest center of each row, by the float64 rule.
    pub labels: Vec<i32>,
    /// The centers, row-major.
    pub centers: CenterValues,
    /// Σ w·‖x − c‖² in float64 for these labels and centers; Σ w·(1 − cos) under cosine.
    pub inertia: f64,
    /// Iterations of this run.
    pub n_iter: usize,
    /// Labels in use.
    pub n_distinct: usize,
    /// Why this run ended.
    pub stop: Stop,
    /// Each iteration of this run.
    pub history: Vec<IterationRecord>,
    /// Which words the filter used: "int8" or "float32".
    pub words: &'static str,
}

/// Runs Lloyd's algorithm from each start and keeps the run of least inertia.
///
/// A later run replaces an earlier one only if its inertia is lower and it is not the same partition under other names.
///
/// # Errors
/// What [`Params::check`] finds, [`Error::LengthMismatch`], [`Error::NoWeight`], [`Error::Memory`], [`Error::Cancelled`].
pub fn fit(
    points: &Points<'_>,
    weights: Option<&[f64]>,
    init: &Init,
    params: &Params,
    context: &Context<'_>,
) -> Result<Fit, Error> {
    params.check(points)?;
    let weights = check_weights(points, weights)?;
    let weights = weights.as_deref();
    init.check(points, params.n_clusters)?;
    let points = &points.including(init.largest(), context)?;
    let moments = Moments::of(points, context)?;
    let filter = Filter::new(points, params.n_clusters, &moments.mean, moments.spread_per_row());
    let data = Data::new(points, weights, &filter, None, &moments, context)?;
    let keep = params.keeps(points, &filter, init)?;
    let sieved = params.sieved(points, &filter, keep, context)?;
    let scores_all = init.scores_all(points.n_rows(), params.n_clusters);
    let mut stored = None;
    // Compared in working space, where no inertia overflows.
    let mut best: Option<(f64, Fit)> = None;
    for run in 0..init.n_runs(params.n_init) {
        if keep == Keep::Words && scores_all {
            stored = filter.complete(stored, points, context)?;
        }
        let seeded = Data { stored: stored.as_ref(), ..data };
        let centers = start(&seeded, init, run, params, context)?;
        context.observer.report(Event::Initialized { run });
        if keep == Keep::Words {
            stored = filter.complete(stored, points, context)?;
        }
        let passes = Passes::new(stored.take(), sieved.as_ref());
        let (inertia, fitted, plain) = data.run(run, centers, params, passes, context)?;
        stored = plain;
        let better = best.as_ref().is_none_or(|(least, best)| {
            inertia < *least && !same_partition(&fitted.labels, &best.labels)
        });
        if better {
            best = Some((inertia, fitted));
        }
    }
    best.map(|(_, fit)| fit).ok_or(Error::Zero { name: "n_init" })
}

/// What a fit keeps of its rows.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Keep {
    /// Row states only.
    States,
    /// The bounds of sieves as well.
    Bounds,
    /// Their words as well.
    Words,
}

impl Params {
    /// How much of the rows may be kept; refuses what cannot be done within the limit.
    pub(super) fn keeps(
        &self,
        points: &Points<'_>,
        filter: &Filter,
        init: &Init,
    ) -> Result<Keep, Error> {
        let Some(limit) = self.memory_limit else { return Ok(Keep::Words) };
        let (n, d, k) = (points.n_rows(), points.n_features(), self.n_clusters);
        // Seeding comes before the iterations.
        let (seeding, lloyd) = (init.bytes(n, d, k), memory::of_lloyd(n, d, k));
        let fixed = memory::of_centers(k, d);
        memory::check(fixed + seeding.max(lloyd), Some(limit))?;
        let bounds = Sieve::memory_bytes(n, k);
        let words = filter.stored_bytes(points);
        if filter.is_bytes() && fixed + (seeding + words).max(lloyd + bounds + words) > limit {
            return Ok(if fixed + lloyd + bounds <= limit { Keep::Bounds } else { Keep::States });
        }
        Ok(Keep::Words)
    }

    /// The filter of the passes after the first, where these are sieves.
    pub(super) fn sieved(
        &self,
        points: &Points<'_>,
        filter: &Filter,
        keep: Keep,
        context: &Context<'_>,
    ) -> Result<Option<Filter>, Error> {
        if !filter.is_bytes() || self.max_iter == 1 || keep < Keep::Bounds {
            return Ok(None);
        }
        // Projecting in every pass would cost more than it saves.
        let room = self.memory_limit.is_none_or(|limit| Sketch::memory_bytes(points) <= limit);
        if keep < Keep::Words || !room {
            return Ok(Some(filter.clone()));
        }
        let work = SketchWork { n_clusters: self.n_clusters, n_passes: self.max_iter };
        let sketch = Sketch::of(points, filter.mean(), work, context)?;
        Ok(Some(filter.clone().with_sketch(sketch)))
    }
}

/// The prepared rows of a fit, shared by its runs.
#[derive(Clone, Copy)]
pub(crate) struct Data<'a, 'p> {
    pub(crate) points: &'a Points<'p>,
    pub(crate) weights: Option<&'a [f64]>,
    pub(crate) filter: &'a Filter,
    pub(crate) stored: Option<&'a Stored>,
    pub(crate) moments: &'a Moments,
    /// Σ w‖x − m‖² of all rows, in working space.
    spread: f64,
}

/// What an iteration changes.
pub(super) struct Run<'a> {
    pub(super) centers: Centers,
    states: Vec<RowState>,
    passes: Passes<'a>,
    pub(super) sums: Sums,
    /// Clusters whose sums are not those of their labels, because a row was relocated.
    stale: Vec<usize>,
    /// The last record's inertia, in working space.
    pub(super) inertia: f64,
    /// Σ W‖Δ‖² of the last update, in working space: by so much it lowered the inertia, W a cluster's weight.
    pub(super) gain: f64,
}

impl<'a> Run<'a> {
    pub(super) fn new(points: &Points<'_>, centers: Centers, passes: Passes<'a>) -> Self {
        let sums = Sums::new(centers.len(), points.n_features());
        let (states, stale) = (RowState::unknown(points.n_rows()), Vec::new());
        Self { centers, states, passes, sums, stale, inertia: 0.0, gain: 0.0 }
    }
}

impl<'a, 'p> Data<'a, 'p> {
    pub(crate) fn new(
        points: &'a Points<'p>,
        weights: Option<&'a [f64]>,
        filter: &'a Filter,
        stored: Option<&'a Stored>,
        moments: &'a Moments,
        context: &Context<'_>,
    ) -> Result<Self, Error> {
        let spread = moments.spread(points, weights, context)?;
        Ok(Self { points, weights, filter, stored, moments, spread })
    }

    /// Runs from the given centers; returns the words of `passes` as well, for the next run.
    fn run(
        &self,
        run: usize,
        centers: Centers,
        params: &Params,
        passes: Passes<'_>,
        context: &Context<'_>,
    ) -> Result<(f64, Fit, Option<Stored>), Error> {
        let (points, observer) = (self.points, context.observer);
        let mut state = Run::new(points, centers, passes);
        let to_caller_shift = |shift| shift_to_caller(points, shift);
        let tolerance = params.tol * self.moments.mean_variance;
        let mut history = Vec::new();
        let mut stop = Stop::MaxIter;
        for iteration in 0..params.max_iter {
            let mut record = self.iterate(&mut state, context)?;
            let shift = record.center_shift;
            record.center_shift = to_caller_shift(shift);
            let (inertia, center_shift) = (record.inertia, record.center_shift);
            history.push(record);
            observer.report(Event::Iteration { run, iteration, inertia, center_shift });
            if record.n_changed == 0 {
                stop = Stop::Strict;
                observer.report(Event::StrictConvergence { run, iteration });
                break;
            }
            if shift <= tolerance {
                stop = Stop::Tolerance;
                let tolerance = to_caller_shift(tolerance);
                observer.report(Event::WithinTolerance { run, iteration, center_shift, tolerance });
                break;
            }
        }
        // Relocation moves centers although no label changes, and an update may move none although labels did.
        if state.passes.is_behind() {
            self.assign(&mut state, context)?;
        }
        let Run { centers, states, passes, sums, .. } = state;
        // Sums and bounds go before labels come.
        drop(sums);
        let plain = passes.into_plain();
        let inertia = inertia(points, self.weights, &states, &centers, context)?;
        let mut used = vec![false; params.n_clusters];
        for row in &states {
            used[row.label as usize] = true;
        }
        let fitted = Fit {
            labels: labels(&states),
            centers: centers.into_published(),
            inertia: to_caller(points, inertia),
            n_iter: history.len(),
            n_distinct: used.into_iter().filter(|used| *used).count(),
            stop,
            history,
            words: self.filter.words(),
        };
        Ok((inertia, fitted, plain))
    }

    /// One assignment pass and one update; the record's shift is in working space.
    pub(super) fn iterate(
        &self,
        state: &mut Run<'_>,
        context: &Context<'_>,
    ) -> Result<IterationRecord, Error> {
        let first = state.passes.is_first();
        let mut work = self.assign(state, context)?;
        let mut dirty = vec![first; state.centers.len()];
        for change in &work.changes {
            dirty[change.old as usize] = true;
            dirty[change.new as usize] = true;
        }
        let stale = !state.stale.is_empty();
        state.stale.drain(..).for_each(|cluster| dirty[cluster] = true);
        let may_shift = !first && !stale;
        let changes = std::mem::take(&mut work.changes);
        let shifted = may_shift
            && state.sums.can_shift(&changes, self.points.n_rows())
            && state.sums.shift(self.points, self.weights, &changes, context)?;
        drop(changes);
        if !shifted {
            state.sums.update(self.points, self.weights, &state.states, &dirty, context)?;
        }
        state.inertia = self.inertia_from_sums(state);
        state.stale = relocate(
            self.points,
            self.weights,
            &state.states,
            &state.centers,
            &mut state.sums,
            context,
        )?;
        state.stale.iter().for_each(|cluster| dirty[*cluster] = true);
        let center_shift = self.move_centers(state, &dirty);
        Ok(IterationRecord {
            inertia: to_caller(self.points, state.inertia),
            center_shift,
            n_changed: work.n_changed,
            n_rechecked: work.n_rechecked,
            n_scored: work.n_scored,
            seconds: context.observer.seconds(),
        })
    }

    fn assign(&self, state: &mut Run<'_>, context: &Context<'_>) -> Result<Work, Error> {
        state.passes.assign(self, &state.centers, &mut state.states, context)
    }

    /// Publishes the means of the dirty clusters and notes how their centers moved; returns their squared movements.
    fn move_centers(&self, state: &mut Run<'_>, dirty: &[bool]) -> f64 {
        let d = self.points.n_features();
        let (mut mean, mut old) = (vec![0.0; d], vec![0.0; d]);
        let mut total = 0.0;
        state.gain = 0.0;
        for cluster in (0..dirty.len()).filter(|cluster| dirty[*cluster]) {
            let weight = state.sums.weights[cluster];
            if weight <= 0.0 {
                continue;
            }
            for (mean, sum) in mean.iter_mut().zip(state.sums.row(cluster)) {
                *mean = sum / weight;
            }
            old.copy_from_slice(&state.centers.working(cluster));
            let was_void = state.centers.is_void(cluster);
            let moved = state.centers.set(cluster, &mean);
            total += moved;
            state.gain += weight * moved;
            state.passes.note(cluster, (&old, was_void), &state.centers, self.filter);
        }
        total
    }

    /// Σ w‖x − c‖² = Σ w‖x − m‖² − 2Σ (c − m)·S + Σ W‖c − m‖² with S the sums of w(x − m): no row is read. In
    /// working space.
    fn inertia_from_sums(&self, state: &Run<'_>) -> f64 {
        let mean = &self.moments.mean;
        let mut inertia = self.spread;
        for cluster in 0..state.centers.len() {
            let (weight, sums) = (state.sums.weights[cluster], state.sums.row(cluster));
            let center = state.centers.working(cluster);
            let mut terms = 0.0;
            for ((sum, center), mean) in sums.iter().zip(&*center).zip(mean) {
                let offset = center - mean;
                terms += offset * (weight * offset - 2.0 * (sum - weight * mean));
            }
            inertia += terms;
        }
        inertia.max(0.0)
    }
}

/// Whether two labellings differ in names only.
fn same_partition(a: &[i32], b: &[i32]) -> bool {
    let names = a.iter().chain(b).max().map_or(0, |last| *last as usize + 1);
    let (mut forward, mut backward) = (vec![-1; names], vec![-1; names]);
    a.iter().zip(b).all(|(a, b)| {
        let (to, from) = (&mut forward[*a as usize], &mut backward[*b as usize]);
        if *to == -1 && *from == -1 {
            (*to, *from) = (*b, *a);
        }
        *to == *b && *from == *a
    })
}
