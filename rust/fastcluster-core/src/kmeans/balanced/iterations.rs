//! Assign at minimum cost, move the centers to the means, repeat.

use fastcluster_kernels::{Level, distance};

use super::Params;
use super::assign::{Assignment, Problem};
use super::sizes::Bounds;
use crate::assign::RowState;
use crate::centers::{CenterValues, Centers};
use crate::kmeans::inertia::{shift_to_caller, to_caller};
use crate::kmeans::relocate::relocate;
use crate::kmeans::sums::Sums;
use crate::kmeans::{Init, Stop, check_counts, check_weights, init_centers};
use crate::observer::Event;
use crate::points::{Moments, Points, block_rows};
use crate::rng::Stream;
use crate::{Context, Error};

/// The stream that the seeds of the runs after the first are drawn from.
const RUN_SEEDS: u64 = 2000;

/// Rows per task where rows are read only to be measured.
const TASK_ROWS: usize = 4096;

/// Bytes a row while an assignment is solved (measured): its candidates before and after a climb, their place on the
/// edges, label, state and sums' order. More than seeding takes.
const ROW_BYTES: u64 = 640;

/// What one iteration did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IterationRecord {
    /// Inertia of the labels with the centers before their update.
    pub inertia: f64,
    /// Inertia and penalty.
    pub objective: f64,
    /// Summed squared movement of the centers.
    pub center_shift: f64,
    /// Rows whose label changed.
    pub n_changed: u64,
    /// Augmenting paths of the assignment.
    pub n_paths: u64,
    /// Rows whose candidates had to be found again.
    pub n_widened: u64,
    /// Seconds since the fit began.
    pub seconds: f64,
}

/// The best run of a fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// An assignment of minimum cost to the centers.
    pub labels: Vec<i32>,
    /// The centers, row-major.
    pub centers: CenterValues,
    /// Rows in each cluster.
    pub sizes: Vec<u64>,
    /// Σ w·‖x − c‖² for these labels and centers; Σ w·(1 − cos) under cosine.
    pub inertia: f64,
    /// Inertia and penalty.
    pub objective: f64,
    /// Iterations of this run.
    pub n_iter: usize,
    /// Why this run ended.
    pub stop: Stop,
    /// Each iteration of this run.
    pub history: Vec<IterationRecord>,
}

/// Alternates minimum-cost assignment and means from each start, and keeps the run of least objective.
///
/// # Errors
/// [`Error::Zero`], [`Error::TooFewPoints`], [`Error::SizesCrossed`], [`Error::SizeMinTooLarge`],
/// [`Error::SizeMaxTooSmall`], [`Error::BadBalance`], [`Error::LengthMismatch`], [`Error::NoWeight`],
/// [`Error::Memory`], [`Error::Cancelled`].
pub fn fit(
    points: &Points<'_>,
    weights: Option<&[f64]>,
    init: &Init,
    params: &Params,
    context: &Context<'_>,
) -> Result<Fit, Error> {
    let bounds = params.check(points)?;
    let weights = check_weights(points, weights)?;
    let weights = weights.as_deref();
    init.check(points, params.n_clusters)?;
    let points = &points.including(init.largest(), context)?;
    let moments = Moments::of(points, context)?;
    let (n, k) = (points.n_rows() as f64, params.n_clusters as f64);
    let spread = moments.spread(points, weights, context)?;
    let (largest_spread, largest_weight) = largest(points, weights, &moments.mean, context)?;
    let problem = Problem {
        points,
        weights,
        bounds,
        penalty: params.balance * (spread / n) * (k / n),
        largest_spread,
        largest_weight,
        mean: &moments.mean,
    };
    let tolerance = params.tol * moments.mean_variance;
    // Compared in working space, where no objective overflows.
    let mut best: Option<(f64, Fit)> = None;
    for run in 0..init.n_runs(params.n_init) {
        let centers = start(&problem, init, run, params, context)?;
        context.observer.report(Event::Initialized { run });
        let (objective, fitted) = run_from(&problem, centers, run, tolerance, params, context)?;
        if best.as_ref().is_none_or(|(least, _)| objective < *least) {
            best = Some((objective, fitted));
        }
    }
    best.map(|(_, fit)| fit).ok_or(Error::Zero { name: "n_init" })
}

impl Params {
    fn check(&self, points: &Points<'_>) -> Result<Bounds, Error> {
        for (name, value) in
            [("n_clusters", self.n_clusters), ("n_init", self.n_init), ("max_iter", self.max_iter)]
        {
            if value == 0 {
                return Err(Error::Zero { name });
            }
        }
        check_counts(points, self.n_clusters)?;
        if !(self.balance >= 0.0 && self.balance.is_finite()) {
            return Err(Error::BadBalance { balance: self.balance });
        }
        let (n, d, k) =
            (points.n_rows() as u64, points.n_features() as u64, self.n_clusters as u64);
        let needed = n * ROW_BYTES + k * d * 48;
        if let Some(limit) = self.memory_limit.filter(|limit| needed > *limit) {
            return Err(Error::Memory { needed, limit });
        }
        Bounds::new(points.n_rows(), self.n_clusters, self.size_min, self.size_max)
    }
}

/// The greatest w·‖x − m‖² and the greatest w.
fn largest(
    points: &Points<'_>,
    weights: Option<&[f64]>,
    mean: &[f64],
    context: &Context<'_>,
) -> Result<(f64, f64), Error> {
    let (n, level) = (points.n_rows(), Level::current());
    let parts = context.pool.map_tasks(
        context.observer,
        n.div_ceil(TASK_ROWS),
        || vec![0.0; points.n_features()],
        |values, task| {
            Ok(block_rows(task, TASK_ROWS, n).fold(
                (0.0_f64, 0.0_f64),
                |(spread, heaviest), row| {
                    points.read_64(row, values);
                    let weight = weights.map_or(1.0, |weights| weights[row]);
                    let cost = weight * distance::squared_64(level, values, mean);
                    (spread.max(cost), heaviest.max(weight))
                },
            ))
        },
    )?;
    Ok(parts.into_iter().fold((0.0, 0.0), |a, b| (f64::max(a.0, b.0), f64::max(a.1, b.1))))
}

/// The start centers of a run; those of the first are `KMeans`' own for the same seed.
fn start(
    problem: &Problem<'_, '_>,
    init: &Init,
    run: usize,
    params: &Params,
    context: &Context<'_>,
) -> Result<Centers, Error> {
    let points = problem.points;
    let values = if let Init::Given(starts) = init {
        starts[run].clone().matching(points)
    } else {
        let seed = match run {
            0 => params.seed,
            run => Stream::new(params.seed, RUN_SEEDS).bits(run as u64),
        };
        let k = params.n_clusters;
        init_centers(points, problem.weights, init, k, None, seed, None, context)?.0
    };
    Ok(Centers::new(values, points))
}

fn run_from(
    problem: &Problem<'_, '_>,
    mut centers: Centers,
    run: usize,
    tolerance: f64,
    params: &Params,
    context: &Context<'_>,
) -> Result<(f64, Fit), Error> {
    let (points, observer) = (problem.points, context.observer);
    let (n, k) = (points.n_rows(), params.n_clusters);
    let mut states = RowState::unknown(n);
    let mut sums = Sums::new(k, points.n_features());
    // What one row more costs a cluster of the mean size.
    let mut prices = vec![2.0 * problem.penalty * n as f64 / k as f64; k];
    let mut history = Vec::new();
    let mut stop = Stop::MaxIter;
    let mut found = problem.assign(&centers, &prices, context)?;
    for iteration in 0..params.max_iter {
        let n_changed = take(&mut states, &found.labels);
        sums.update(points, problem.weights, &states, &vec![true; k], context)?;
        relocate(points, problem.weights, &states, &centers, &mut sums, context)?;
        let shift = move_centers(&mut centers, &sums);
        let record = IterationRecord {
            inertia: to_caller(points, found.cost),
            objective: to_caller(points, problem.objective(&found)),
            center_shift: shift_to_caller(points, shift),
            n_changed,
            n_paths: found.n_paths,
            n_widened: found.n_widened,
            seconds: observer.seconds(),
        };
        history.push(record);
        let (inertia, center_shift) = (record.inertia, record.center_shift);
        observer.report(Event::Iteration { run, iteration, inertia, center_shift });
        if n_changed == 0 {
            stop = Stop::Strict;
            observer.report(Event::StrictConvergence { run, iteration });
        } else if shift <= tolerance {
            stop = Stop::Tolerance;
            let tolerance = shift_to_caller(points, tolerance);
            observer.report(Event::WithinTolerance { run, iteration, center_shift, tolerance });
        }
        if shift > 0.0 {
            prices = std::mem::take(&mut found.prices);
            found = problem.assign(&centers, &prices, context)?;
        }
        if stop != Stop::MaxIter {
            break;
        }
    }
    let objective = problem.objective(&found);
    let fitted = Fit {
        labels: found.labels.iter().map(|label| label.cast_signed()).collect(),
        centers: centers.into_published(),
        inertia: to_caller(points, found.cost),
        objective: to_caller(points, objective),
        sizes: found.sizes,
        n_iter: history.len(),
        stop,
        history,
    };
    Ok((objective, fitted))
}

impl Problem<'_, '_> {
    /// Cost and penalty of an assignment, in working space.
    fn objective(&self, found: &Assignment) -> f64 {
        let mean = self.points.n_rows() as f64 / found.sizes.len() as f64;
        let uneven: f64 = found.sizes.iter().map(|size| (*size as f64 - mean).powi(2)).sum();
        found.cost + self.penalty * uneven
    }
}

/// Takes new labels over; returns how many rows changed theirs.
fn take(states: &mut [RowState], labels: &[u32]) -> u64 {
    let mut n_changed = 0;
    for (state, label) in states.iter_mut().zip(labels) {
        n_changed += u64::from(state.label != *label);
        state.label = *label;
    }
    n_changed
}

/// Publishes the means; returns the squared movements of the centers.
fn move_centers(centers: &mut Centers, sums: &Sums) -> f64 {
    let mut total = 0.0;
    for cluster in 0..centers.len() {
        let weight = sums.weights[cluster];
        if weight > 0.0 {
            let mean: Vec<f64> = sums.row(cluster).iter().map(|sum| sum / weight).collect();
            total += centers.set(cluster, &mean);
        }
    }
    total
}
