//! Mini-batch k-means: many small steps on random batches instead of few passes over all rows.
//!
//! # Steps
//! A step assigns the batch exactly, moves each center to the weighted mean of all rows it was given so far, and now
//! and then gives centers that were given very few a row of the batch. [`fit`] draws batches with replacement, by
//! weight, until the centers hardly move or the averaged batch inertia stops falling.
//!
//! # Source
//! Sculley, "Web-scale k-means clustering", 2010, doi:10.1145/1772690.1772862; batches, reassignment and stopping rules
//! are scikit-learn's.

use super::inertia::{inertia, labels, shift_to_caller, to_caller};
use super::sums::Sums;
use super::{check_counts, check_start, check_weights};
use crate::assign::{Pass, RowState};
use crate::centers::{CenterValues, Centers};
use crate::filter::Filter;
use crate::observer::Event;
use crate::points::{Gathered, Moments, Points};
use crate::rng::Stream;
use crate::{Context, Error};

/// Parameters of [`fit`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Params {
    /// Rows per batch.
    pub batch_size: usize,
    /// Passes over the data that the steps may add up to.
    pub max_iter: usize,
    /// Stop when a step moves the centers by no more than this share of the mean variance; 0 never stops so.
    pub tol: f64,
    /// Stop after so many steps without a lower averaged inertia; `None` never stops so.
    pub max_no_improvement: Option<usize>,
    /// Centers with fewer rows than this share of the largest count may be reassigned.
    pub reassignment_ratio: f64,
    /// Seed of every random choice.
    pub seed: u64,
}

/// What [`fit`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The centers, row-major.
    pub centers: CenterValues,
    /// Weight that each center was given.
    pub counts: Vec<f64>,
    /// Steps done.
    pub n_steps: usize,
    /// The averaged batch inertia at the end; NaN after a single step.
    pub ewa_inertia: f64,
    /// Each step: batch inertia, averaged inertia, squared movement of the centers.
    pub history: Vec<[f64; 3]>,
    /// Which words the filter used.
    pub words: &'static str,
}

/// What one step found.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The centers after the step, row-major.
    pub centers: CenterValues,
    /// Weight that each center was given so far.
    pub counts: Vec<f64>,
    /// The batch's labels with the centers before the step.
    pub labels: Vec<i32>,
    /// The batch's inertia with the centers before the step.
    pub inertia: f64,
}

/// Uses of random numbers, kept apart under one seed.
const BATCHES: u64 = 1000;
const REASSIGNMENTS: u64 = 1001;

/// Centers on their way, with the weight that each was given.
struct State {
    centers: Centers,
    counts: Vec<f64>,
    seed: u64,
    reassignment_ratio: f64,
}

/// Runs mini-batch steps from the given centers.
///
/// # Errors
/// [`Error::FeatureMismatch`], [`Error::LengthMismatch`], [`Error::NoWeight`], [`Error::Zero`], [`Error::Cancelled`].
pub fn fit(
    points: &Points<'_>,
    weights: Option<&[f64]>,
    start: CenterValues,
    n_clusters: usize,
    params: &Params,
    context: &Context<'_>,
) -> Result<Fit, Error> {
    for (name, value) in [
        ("batch_size", params.batch_size),
        ("max_iter", params.max_iter),
        ("n_clusters", n_clusters),
    ] {
        if value == 0 {
            return Err(Error::Zero { name });
        }
    }
    check_start(points, &start, n_clusters)?;
    check_counts(points, n_clusters)?;
    let weights = check_weights(points, weights)?;
    let points = &points.including(start.largest());
    let n = points.n_rows();
    let tolerance = match params.tol {
        0.0 => 0.0,
        tol => tol * Moments::of(points, context)?.mean_variance,
    };
    let batches = Batches::new(n, weights.as_deref(), params.batch_size, params.seed);
    let mut state = State {
        centers: Centers::new(start.matching(points), points),
        counts: vec![0.0; n_clusters],
        seed: params.seed,
        reassignment_ratio: params.reassignment_ratio,
    };
    let mut monitor = Monitor::new(params, n, tolerance);
    let mut history = Vec::new();
    let n_steps = (params.max_iter.saturating_mul(n) / params.batch_size).max(1);
    let mut since_reassignment = 0;
    let mut words = "";
    for step in 1..=n_steps {
        since_reassignment += params.batch_size;
        let reassign = state.counts.contains(&0.0) || since_reassignment >= 10 * n_clusters;
        if reassign {
            since_reassignment = 0;
        }
        let batch = Gathered::of(points, &batches.rows(step));
        let done = state.step(&batch.points(points), None, reassign, step as u64, context)?;
        words = done.words;
        let batch_inertia = to_caller(points, done.inertia) / params.batch_size as f64;
        let stop = monitor.stops(step, batch_inertia, done.shift, context);
        history.push([batch_inertia, monitor.average(), shift_to_caller(points, done.shift)]);
        if stop {
            break;
        }
    }
    Ok(Fit {
        centers: state.centers.into_published(),
        counts: state.counts,
        n_steps: history.len(),
        ewa_inertia: monitor.average(),
        history,
        words,
    })
}

/// Does one step with all rows as the batch.
///
/// # Errors
/// As [`fit`].
#[expect(clippy::too_many_arguments, reason = "the state of a step, held by the caller")]
pub fn step(
    points: &Points<'_>,
    weights: Option<&[f64]>,
    centers: CenterValues,
    counts: Vec<f64>,
    reassignment_ratio: Option<f64>,
    (seed, step): (u64, u64),
    context: &Context<'_>,
) -> Result<Step, Error> {
    if counts.is_empty() {
        return Err(Error::Zero { name: "n_clusters" });
    }
    check_start(points, &centers, counts.len())?;
    let weights = check_weights(points, weights)?;
    let points = &points.including(centers.largest());
    let mut state = State {
        centers: Centers::new(centers.matching(points), points),
        counts,
        seed,
        reassignment_ratio: reassignment_ratio.unwrap_or(0.0),
    };
    let done =
        state.step(points, weights.as_deref(), reassignment_ratio.is_some(), step, context)?;
    Ok(Step {
        centers: state.centers.into_published(),
        counts: state.counts,
        labels: labels(&done.states),
        inertia: to_caller(points, done.inertia),
    })
}

/// What [`State::step`] did.
struct Done {
    states: Vec<RowState>,
    inertia: f64,
    shift: f64,
    words: &'static str,
}

impl State {
    fn step(
        &mut self,
        points: &Points<'_>,
        weights: Option<&[f64]>,
        reassign: bool,
        step: u64,
        context: &Context<'_>,
    ) -> Result<Done, Error> {
        let (k, d) = (self.centers.len(), points.n_features());
        let filter = Filter::of_centers(points, &self.centers);
        let panels = filter.pack_all(&self.centers);
        let pass = Pass {
            points,
            filter: &filter,
            stored: None,
            centers: &self.centers,
            panels: &panels,
            drift: None,
            moved: None,
        };
        let mut states = RowState::unknown(points.n_rows());
        pass.run(context, &mut states)?;
        let inertia = inertia(points, weights, &states, &self.centers, context)?;

        let mut hit = vec![false; k];
        for state in &states {
            hit[state.label as usize] = true;
        }
        let mut sums = Sums::new(k, d);
        sums.update(points, weights, &states, &hit, context)?;
        let mut shift = 0.0;
        let mut mean = vec![0.0; d];
        for cluster in (0..k).filter(|cluster| sums.weights[*cluster] > 0.0) {
            let (old, new) = (self.counts[cluster], sums.weights[cluster]);
            let total = old + new;
            let center = self.centers.working(cluster).iter().zip(sums.row(cluster));
            for (mean, (center, sum)) in mean.iter_mut().zip(center) {
                *mean = (old * center + sum) / total;
            }
            shift += self.centers.set(cluster, &mean);
            self.counts[cluster] = total;
        }
        if reassign && self.reassignment_ratio > 0.0 {
            shift += self.reassign(points, weights, step);
        }
        Ok(Done { states, inertia, shift, words: filter.words() })
    }

    /// Gives the centers of least weight, at most half a batch of them, different random rows of the batch that weigh
    /// something.
    fn reassign(&mut self, points: &Points<'_>, weights: Option<&[f64]>, step: u64) -> f64 {
        let n = points.n_rows();
        let n_weighty =
            weights.map_or(n, |weights| weights.iter().filter(|weight| **weight > 0.0).count());
        let largest = self.counts.iter().fold(0.0_f64, |largest, count| largest.max(*count));
        let threshold = self.reassignment_ratio * largest;
        let mut poor: Vec<usize> =
            (0..self.counts.len()).filter(|cluster| self.counts[*cluster] < threshold).collect();
        poor.sort_by(|a, b| self.counts[*a].total_cmp(&self.counts[*b]).then(a.cmp(b)));
        poor.truncate((n / 2).min(n_weighty));
        poor.sort_unstable();
        if poor.is_empty() {
            return 0.0;
        }
        let stream = Stream::new(self.seed, REASSIGNMENTS + step * 2);
        let rows = super::init::random_rows(n, weights, poor.len(), stream);
        let mut values = vec![0.0; points.n_features()];
        let mut shift = 0.0;
        for (cluster, row) in poor.iter().zip(rows) {
            points.read_64(row, &mut values);
            shift += self.centers.set(*cluster, &values);
        }
        // Not so low that the next reassignment takes the same centers at once.
        let rich = (0..self.counts.len()).filter(|cluster| poor.binary_search(cluster).is_err());
        let least = rich.map(|cluster| self.counts[cluster]).fold(f64::INFINITY, f64::min);
        for cluster in poor.into_iter().filter(|_| least.is_finite()) {
            self.counts[cluster] = least;
        }
        shift
    }
}

/// Rows of each batch, drawn with replacement by weight.
struct Batches {
    n_rows: usize,
    batch_size: usize,
    stream: Stream,
    /// Cumulated weights; empty where all are one.
    cumulated: Vec<f64>,
}

impl Batches {
    fn new(n_rows: usize, weights: Option<&[f64]>, batch_size: usize, seed: u64) -> Self {
        let sum = |sum: &mut f64, weight: &f64| {
            *sum += weight;
            Some(*sum)
        };
        let cumulated =
            weights.map_or_else(Vec::new, |weights| weights.iter().scan(0.0, sum).collect());
        Self { n_rows, batch_size, stream: Stream::new(seed, BATCHES), cumulated }
    }

    fn rows(&self, step: usize) -> Vec<u32> {
        let first = (step * self.batch_size) as u64;
        let numbers = first..first + self.batch_size as u64;
        let Some(total) = self.cumulated.last() else {
            return numbers.map(|number| self.stream.below(number, self.n_rows) as u32).collect();
        };
        numbers
            .map(|number| {
                let target = self.stream.uniform(number) * total;
                let row = self.cumulated.partition_point(|sum| *sum <= target);
                row.min(self.n_rows - 1) as u32
            })
            .collect()
    }
}

/// Decides when to stop.
struct Monitor {
    alpha: f64,
    tolerance: f64,
    patience: Option<usize>,
    average: Option<f64>,
    least: f64,
    n_without: usize,
}

impl Monitor {
    fn new(params: &Params, n_rows: usize, tolerance: f64) -> Self {
        let alpha = (params.batch_size as f64 * 2.0 / (n_rows as f64 + 1.0)).min(1.0);
        Self {
            alpha,
            tolerance,
            patience: params.max_no_improvement,
            average: None,
            least: f64::INFINITY,
            n_without: 0,
        }
    }

    fn average(&self) -> f64 {
        self.average.unwrap_or(f64::NAN)
    }

    /// Takes a step's inertia in; the first step, taken with the start centers, does not count.
    fn stops(&mut self, step: usize, inertia: f64, shift: f64, context: &Context<'_>) -> bool {
        let report = |event| context.observer.report(event);
        if step == 1 {
            report(Event::Step { step, batch_inertia: inertia, ewa_inertia: f64::NAN });
            return false;
        }
        let average =
            self.average.map_or(inertia, |old| old * (1.0 - self.alpha) + inertia * self.alpha);
        self.average = Some(average);
        report(Event::Step { step, batch_inertia: inertia, ewa_inertia: average });
        if self.tolerance > 0.0 && shift <= self.tolerance {
            report(Event::SmallChange { step });
            return true;
        }
        if average < self.least {
            (self.least, self.n_without) = (average, 0);
        } else {
            self.n_without += 1;
        }
        if self.patience.is_some_and(|patience| self.n_without >= patience) {
            report(Event::NoImprovement { step });
            return true;
        }
        false
    }
}
