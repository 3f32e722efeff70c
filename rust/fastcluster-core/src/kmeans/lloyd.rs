//! Lloyd's iterations.

use std::sync::atomic::{AtomicBool, Ordering};

use super::inertia::{inertia, labels, shift_to_caller, to_caller};
use super::init::{Init, start};
use super::relocate::relocate;
use super::sums::{RUNS_AT_ONCE, Sums};
use super::{Params, check_weights};
use crate::assign::{Drift, Input, Moved, NO_LABEL, Pass, RowState, Sieve, Work};
use crate::centers::{CenterValues, Centers};
use crate::filter::{Filter, Sketch, Stored};
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
    let points = &points.including(init.largest());
    let moments = Moments::of(points, context)?;
    let filter = Filter::new(points, params.n_clusters, &moments.mean, moments.spread_per_row());
    let sketch = if filter.is_bytes() && std::env::var("FC_NOSKETCH").is_err() {
        Sketch::of(points, filter.mean(), (params.n_clusters, params.max_iter), context)?
    } else { None };
    if let Some(s) = &sketch { eprintln!("sketch {} at {:.3}", s.n_dims(), context.observer.seconds()); }
    let filter = filter.with_sketch(sketch);
    let stored =
        if params.stores(points, &filter, init)? { filter.store(points, context)? } else { None };
    let data = Data::new(points, weights, &filter, stored.as_ref(), &moments, context)?;
    // Compared in working space, where no inertia overflows.
    let mut best: Option<(f64, Fit)> = None;
    for run in 0..init.n_runs(params.n_init) {
        let (inertia, fitted) = data.run(run, init, params, context)?;
        let better = best.as_ref().is_none_or(|(least, best)| {
            inertia < *least && !same_partition(&fitted.labels, &best.labels)
        });
        if better {
            best = Some((inertia, fitted));
        }
    }
    best.map(|(_, fit)| fit).ok_or(Error::Zero { name: "n_init" })
}

impl Params {
    /// Whether the 8-bit form of the rows may be kept; refuses what cannot be done within the limit.
    fn stores(&self, points: &Points<'_>, filter: &Filter, init: &Init) -> Result<bool, Error> {
        let Some(limit) = self.memory_limit else { return Ok(true) };
        let (n, d, k) =
            (points.n_rows() as u64, points.n_features() as u64, self.n_clusters as u64);
        // Seeding comes before the iterations: k-means++ keeps 12 bytes a row and its pending draws, k-means|| copies of
        // about 10·k drawn rows. Iterations keep row states, labels and the sorted order, or the sums of runs.
        let seeding = match init {
            Init::PlusPlus => n * 112,
            Init::Parallel => n * 40 + 12 * k * (d * 24 + 112),
            Init::Random => n * 32,
            Init::Given(_) => 0,
        };
        let lloyd = n * 20 + RUNS_AT_ONCE as u64 * (8 * k * d).min(1 << 19);
        // Centers, their sums, panels and copies.
        let needed = k * d * 48 + seeding.max(lloyd);
        if needed > limit {
            return Err(Error::Memory { needed, limit });
        }
        Ok(needed + filter.stored_bytes(points) <= limit)
    }
}

/// The prepared rows of a fit, shared by its runs.
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
struct Run {
    centers: Centers,
    states: Vec<RowState>,
    sums: Sums,
    /// How the centers moved in the last update; none before the first pass.
    drift: Option<Drift>,
    /// Clusters whose sums are not those of their labels, because a row was relocated.
    stale: Vec<usize>,
    sieve: Option<Sieve>,
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

    fn run(
        &self,
        run: usize,
        init: &Init,
        params: &Params,
        context: &Context<'_>,
    ) -> Result<(f64, Fit), Error> {
        let (points, observer) = (self.points, context.observer);
        let centers = start(self, init, run, params, context)?;
        observer.report(Event::Initialized { run });
        let mut state = Run {
            centers,
            states: RowState::unknown(points.n_rows()),
            sums: Sums::new(params.n_clusters, points.n_features()),
            drift: None,
            stale: Vec::new(),
            sieve: (self.filter.is_bytes() && std::env::var("FC_NOSIEVE").is_err()).then(|| Sieve::new(self.filter, points.n_rows(), params.n_clusters)),
        };
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
        if state.drift.as_ref().is_none_or(Drift::any_moved) {
            self.assign(&mut state, context, |_, _| ())?;
        }
        let inertia = inertia(points, self.weights, &state.states, &state.centers, context)?;
        let mut used = vec![false; params.n_clusters];
        state.states.iter().for_each(|row| used[row.label as usize] = true);
        let fitted = Fit {
            labels: labels(&state.states),
            centers: state.centers.into_published(),
            inertia: to_caller(points, inertia),
            n_iter: history.len(),
            n_distinct: used.into_iter().filter(|used| *used).count(),
            stop,
            history,
            words: self.filter.words(),
        };
        Ok((inertia, fitted))
    }

    /// One assignment pass and one update; the record's shift is in working space.
    fn iterate(&self, state: &mut Run, context: &Context<'_>) -> Result<IterationRecord, Error> {
        let n_clusters = state.centers.len();
        let dirty: Vec<AtomicBool> = (0..n_clusters).map(|_| AtomicBool::new(false)).collect();
        let work = self.assign(state, context, |old, new| {
            for label in [old, new].into_iter().filter(|label| *label != NO_LABEL) {
                dirty[label as usize].store(true, Ordering::Relaxed);
            }
        })?;
        let mut dirty: Vec<bool> = dirty.into_iter().map(AtomicBool::into_inner).collect();
        state.stale.drain(..).for_each(|cluster| dirty[cluster] = true);
        state.sums.update(self.points, self.weights, &state.states, &dirty, context)?;
        let inertia = self.inertia_from_sums(state);
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
            inertia,
            center_shift,
            n_changed: work.n_changed,
            n_rechecked: work.n_rechecked,
            n_scored: work.n_scored,
            seconds: context.observer.seconds(),
        })
    }

    fn assign(
        &self,
        state: &mut Run,
        context: &Context<'_>,
        changed: impl Fn(u32, u32) + Sync + Send,
    ) -> Result<Work, Error> {
        if let Some(sieve) = &mut state.sieve {
            let input = Input { points: self.points, filter: self.filter, stored: self.stored, centers: &state.centers };
            let t=context.observer.seconds();
            let work = sieve.pass(input, state.drift.as_ref(), &mut state.states, changed, context)?;
            eprintln!("{:.3} pass {:.3} s; per row: scored {:.1} rechecked {:.2} f64 {:.4} changed {:.4}", t, context.observer.seconds()-t,
               work.n_scored as f64/self.points.n_rows() as f64, work.n_rechecked as f64/self.points.n_rows() as f64, work.n_decided_64 as f64/self.points.n_rows() as f64, work.n_changed as f64/self.points.n_rows() as f64);
            state.drift = Some(Drift::new(state.centers.len(), Vec::new()));
            return Ok(work);
        }
        let panels = self.filter.pack_all(&state.centers);
        let moved = state.drift.as_ref();
        let moved = moved.and_then(|drift| Moved::new(drift, self.filter, &state.centers));
        let pass = Pass {
            points: self.points,
            filter: self.filter,
            stored: self.stored,
            centers: &state.centers,
            panels: &panels,
            drift: state.drift.as_ref(),
            moved: moved.as_ref(),
        };
        let (work, reaches) = pass.run(context, &mut state.states, changed)?;
        // The rows do not move: the reaches of the first pass serve all later ones.
        let reaches = state.drift.take().map_or(reaches, Drift::into_reaches);
        state.drift = Some(Drift::new(state.centers.len(), reaches));
        Ok(work)
    }

    /// Publishes the means of the dirty clusters and notes how their centers moved; returns their squared movements.
    fn move_centers(&self, state: &mut Run, dirty: &[bool]) -> f64 {
        let d = self.points.n_features();
        let (mut mean, mut old) = (vec![0.0; d], vec![0.0; d]);
        let mut total = 0.0;
        for cluster in (0..dirty.len()).filter(|cluster| dirty[*cluster]) {
            let weight = state.sums.weights[cluster];
            if weight <= 0.0 {
                continue;
            }
            for (mean, sum) in mean.iter_mut().zip(state.sums.row(cluster)) {
                *mean = sum / weight;
            }
            old.copy_from_slice(state.centers.working(cluster));
            let was_void = state.centers.is_void(cluster);
            total += state.centers.set(cluster, &mean);
            if let Some(drift) = &mut state.drift {
                drift.note(cluster, (&old, was_void), &state.centers, self.filter);
            }
        }
        total
    }

    /// Σ w‖x − c‖² = Σ w‖x − m‖² − 2Σ (c − m)·S + Σ W‖c − m‖² with S the sums of w(x − m): no row is read.
    fn inertia_from_sums(&self, state: &Run) -> f64 {
        let mean = &self.moments.mean;
        let mut inertia = self.spread;
        for cluster in 0..state.centers.len() {
            let (weight, sums) = (state.sums.weights[cluster], state.sums.row(cluster));
            let center = state.centers.working(cluster);
            let mut terms = 0.0;
            for ((sum, center), mean) in sums.iter().zip(center).zip(mean) {
                let offset = center - mean;
                terms += offset * (weight * offset - 2.0 * (sum - weight * mean));
            }
            inertia += terms;
        }
        to_caller(self.points, inertia.max(0.0))
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
