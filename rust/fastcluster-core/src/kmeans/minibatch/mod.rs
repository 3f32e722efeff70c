//! Mini-batch k-means: many small steps on random batches instead of few passes over all rows.
//!
//! # Steps
//! A step assigns a batch exactly. The centers move after each step, or, where a batch holds few rows per cluster, after
//! as many steps as make up [`ROWS_PER_CLUSTER`]: each goes to the mean of the rows that it was given, the later ones
//! weighing more. Now and then, centers that were given very few are moved to random rows. It ends when the centers
//! hardly move or the averaged batch inertia stops falling.
//!
//! # Idea
//! Centers that move by one or two rows at a time run apart: one that by chance is the mean of three rows lies nearer to
//! all others than one that is still a single row, and takes what that would need to become a mean, too. In many
//! dimensions half of all centers then stay single rows. Moved together, by some rows each, they stay level; and batches
//! that share their centers share the cost of packing these, and are many enough for many threads.
//!
//! Rows are drawn without replacement (`batches.rs`), and a row's weight grows with the time of its draw, so that what was
//! assigned to early centers fades (Shamir and Zhang, 2013, arXiv:1212.1824, weigh averages so).
//!
//! # Cost
//! n·k·d multiply-adds and one read of each row of a batch; centers and sums once a move. Memory: 4 bytes a row for the
//! order, a few thousand copied rows, 8·k·d bytes of sums.
//!
//! # Source
//! Sculley, "Web-scale k-means clustering", 2010, doi:10.1145/1772690.1772862; batches, reassignment and stopping rules
//! are scikit-learn's, with the changes above and those that [`Params`] tells of.

mod batches;
mod monitor;
mod nested;
mod state;

pub use self::batches::{BLOCK_ROWS, Batches, Sampling};
use self::monitor::Monitor;
use self::state::State;
use super::inertia::{inertia, labels, shift_to_caller, to_caller};
use super::{check_counts, check_start, check_weights, memory};
use crate::centers::{CenterValues, Centers};
use crate::points::{Gathered, Moments, Points};
use crate::{Context, Error};

/// Rows per cluster, on average, that centers are given before they move. On 1,000,000 x 384 vectors with 1,024 clusters,
/// 150 batches of 1,024 rows lead to a mean squared distance of 0.589 where the centers move after each batch, 0.575 with
/// 6 rows per cluster and 0.570 with 12; on 43,700 sentence embeddings 75 batches lead to 0.516, 0.497 and 0.496. More
/// would make moves rare: these fits have 6 to 11.
pub const ROWS_PER_CLUSTER: usize = 12;

/// Rows that are copied out and assigned at once, unless a batch is larger: enough blocks for the threads.
const PART_ROWS: usize = 4096;

/// Parameters of [`fit`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Params {
    /// Rows per batch.
    pub batch_size: usize,
    /// Passes over the data that the steps may add up to.
    pub max_iter: usize,
    /// Stop when a step moves the centers by no more than this share of the mean variance; 0 never stops so.
    pub tol: f64,
    /// Stop after so many steps without a lower averaged inertia, but not before two moves; `None` never stops so.
    pub max_no_improvement: Option<usize>,
    /// Centers with fewer rows than this share of the largest count, or of five mean ones, may be reassigned.
    pub reassignment_ratio: f64,
    /// How rows are shuffled.
    pub sampling: Sampling,
    /// Each batch holds the one before and, where the centers have settled, so many times its rows (`nested.rs`); `None`
    /// draws every batch anew.
    pub growth: Option<f64>,
    /// Seed of every random choice.
    pub seed: u64,
    /// Bytes that the call may use on top of the data; `None` for no limit.
    pub memory_limit: Option<u64>,
}

impl Params {
    /// Bytes that a fit needs: the order of the rows, a part of them copied out, and what an assignment of that takes.
    fn bytes(&self, points: &Points<'_>, n_clusters: usize, is_weighted: bool) -> u64 {
        let (n, d) = (points.n_rows(), points.n_features());
        let fixed = memory::of_centers(n_clusters, d);
        if let Some(growth) = self.growth {
            let copied = nested::largest_copied(n, n_clusters, growth, self.batch_size);
            let batch = bytes_copied(points, copied) + memory::of_lloyd(copied, d, n_clusters);
            let order = nested::ORDER_BYTES * n as u64;
            return fixed + (order + batch).max(memory::of_lloyd(n, d, n_clusters));
        }
        let order = match self.sampling {
            Sampling::Rows => 4 * n as u64,
            Sampling::Blocks => 4 * n.div_ceil(BLOCK_ROWS) as u64,
        };
        let given = order + if is_weighted { 8 * n as u64 } else { 0 };
        // Copied rows, and their states, distances and order.
        let part = (PART_ROWS / self.batch_size).max(1).saturating_mul(self.batch_size);
        let states = (part as u64).saturating_mul(28);
        (fixed + given).saturating_add(states).saturating_add(bytes_copied(points, part))
    }
}

/// Bytes of copied rows, their numbers and norms.
fn bytes_copied(points: &Points<'_>, n_rows: usize) -> u64 {
    let value = if points.is_double() { 8 } else { 4 };
    (n_rows as u64).saturating_mul(value * points.n_features() as u64 + 12)
}

/// What [`fit`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The centers, row-major.
    pub centers: CenterValues,
    /// Weight that each center was given, a row's in proportion to how late it was drawn.
    pub counts: Vec<f64>,
    /// Steps done.
    pub n_steps: usize,
    /// The averaged batch inertia at the end; NaN after a single step.
    pub ewa_inertia: f64,
    /// Each step: batch inertia, averaged inertia, squared movement of the centers after it.
    pub history: Vec<[f64; 3]>,
    /// Each step: rows of its batch.
    pub batch_sizes: Vec<u64>,
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
    /// Centers that were reassigned.
    pub n_reassigned: usize,
}

/// Runs mini-batch steps from the given centers.
///
/// # Errors
/// [`Error::FeatureMismatch`], [`Error::LengthMismatch`], [`Error::NoWeight`], [`Error::Zero`], [`Error::Memory`],
/// [`Error::Cancelled`].
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
    memory::check(params.bytes(points, n_clusters, weights.is_some()), params.memory_limit)?;
    let points = &points.including(start.largest(), context)?;
    let n = points.n_rows();
    let tolerance = match params.tol {
        0.0 => 0.0,
        tol => tol * Moments::of(points, context)?.mean_variance,
    };
    let enough = ROWS_PER_CLUSTER.saturating_mul(n_clusters).min(n);
    let batches_per_move = enough.div_ceil(params.batch_size);
    let centers = Centers::new(start.matching(points), points);
    if let Some(growth) = params.growth {
        let (weights, rule) = (weights.as_deref(), (growth, tolerance));
        return nested::fit(points, weights, centers, rule, params, context);
    }
    let mut run = Run {
        points,
        params,
        state: State::new(centers, vec![0.0; n_clusters], params.reassignment_ratio, params.seed),
        batches: Batches::new(n, weights.as_deref(), params.sampling, params.seed),
        monitor: Monitor::new(params, (n, n_clusters), batches_per_move, tolerance),
        rows: Vec::new(),
        gathered: Gathered::default(),
        rows_since_reassignment: 0,
        history: Vec::new(),
        words: "",
    };
    let n_steps = (params.max_iter.saturating_mul(n) / params.batch_size).max(1);
    loop {
        let n_batches = batches_per_move.min(n_steps - run.history.len());
        if run.go(n_batches, context)? || run.history.len() == n_steps {
            break;
        }
    }
    Ok(Fit {
        centers: run.state.centers.into_published(),
        counts: run.state.counts,
        n_steps: run.history.len(),
        ewa_inertia: run.monitor.average(),
        batch_sizes: vec![params.batch_size as u64; run.history.len()],
        history: run.history,
        words: run.words,
    })
}

/// The rows that [`fit`] draws, for a caller who takes the steps elsewhere.
///
/// # Errors
/// [`Error::Zero`], [`Error::TooManyPoints`], [`Error::LengthMismatch`], [`Error::NoWeight`].
pub fn batches(
    n_rows: usize,
    weights: Option<&[f64]>,
    sampling: Sampling,
    seed: u64,
) -> Result<Batches, Error> {
    if n_rows == 0 {
        return Err(Error::Zero { name: "n_samples" });
    }
    if n_rows > u32::MAX as usize {
        return Err(Error::TooManyPoints { n_samples: n_rows });
    }
    if let Some(weights) = weights {
        if weights.len() != n_rows {
            let found = weights.len();
            return Err(Error::LengthMismatch { name: "sample_weight", found, expected: n_rows });
        }
        if !weights.iter().any(|weight| *weight > 0.0) {
            return Err(Error::NoWeight);
        }
    }
    Ok(Batches::new(n_rows, weights, sampling, seed))
}

/// A fit on its way.
struct Run<'a, 'p> {
    points: &'a Points<'p>,
    params: &'a Params,
    state: State,
    batches: Batches,
    monitor: Monitor,
    /// The rows of a part, and their copies.
    rows: Vec<u32>,
    gathered: Gathered,
    rows_since_reassignment: usize,
    history: Vec<[f64; 3]>,
    words: &'static str,
}

impl Run<'_, '_> {
    /// Does `n_batches` steps and moves the centers once; returns whether the fit stops.
    fn go(&mut self, n_batches: usize, context: &Context<'_>) -> Result<bool, Error> {
        let points = self.points;
        let batch_size = self.params.batch_size;
        let mut shift = self.reassign(context);
        let packed = self.state.pack(points);
        self.words = packed.words();
        let batches_per_part = (PART_ROWS / batch_size).max(1);
        let n_before = self.history.len();
        while self.history.len() < n_before + n_batches {
            let n_left = n_before + n_batches - self.history.len();
            self.batches.draw(batches_per_part.min(n_left) * batch_size, &mut self.rows);
            self.gathered.fill(points, &self.rows, context)?;
            let part = self.gathered.points(points);
            let states = self.state.assign(&part, &packed, context)?;
            for distances in self.state.distances(&part, &states, context)?.chunks(batch_size) {
                let mean = distances.iter().sum::<f64>() / batch_size as f64;
                let mean = to_caller(points, mean);
                self.monitor.take(mean, context);
                self.history.push([mean, self.monitor.average(), 0.0]);
            }
            self.state.give(&part, None, &states, context)?;
        }
        // After T rows, one drawn as the t-th weighs t/T.
        shift += self.state.advance(n_before as f64 / self.history.len() as f64);
        if let Some(record) = self.history.last_mut() {
            record[2] = shift_to_caller(points, shift);
        }
        self.rows_since_reassignment += n_batches * batch_size;
        Ok(self.monitor.stops(shift, context))
    }

    /// Moves centers of little weight to rows drawn last, where it is time; not after the last step, so that no center is
    /// published that is no mean. Returns their squared movements.
    fn reassign(&mut self, context: &Context<'_>) -> f64 {
        let due = self.state.has_empty()
            || self.rows_since_reassignment >= ROWS_BETWEEN_REASSIGNMENTS * self.state.counts.len();
        if self.history.is_empty() || !due {
            return 0.0;
        }
        self.rows_since_reassignment = 0;
        let (part, step) = (self.gathered.points(self.points), self.history.len() as u64);
        self.state.reassign(&part, None, self.params.batch_size / 2, step, context).1
    }
}

/// After so many rows per cluster, centers of little weight are looked for: scikit-learn's rule.
const ROWS_BETWEEN_REASSIGNMENTS: usize = 10;

/// Does one step with all rows as the batch, and moves the centers; what they were given before does not fade.
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
    memory_limit: Option<u64>,
    context: &Context<'_>,
) -> Result<Step, Error> {
    if counts.is_empty() {
        return Err(Error::Zero { name: "n_clusters" });
    }
    check_start(points, &centers, counts.len())?;
    let needed =
        memory::of_centers(counts.len(), points.n_features()) + 28 * points.n_rows() as u64;
    memory::check(needed, memory_limit)?;
    let weights = check_weights(points, weights)?;
    let weights = weights.as_deref();
    let points = &points.including(centers.largest(), context)?;
    let centers = Centers::new(centers.matching(points), points);
    let mut state = State::new(centers, counts, reassignment_ratio.unwrap_or(0.0), seed);
    let states = state.assign(points, &state.pack(points), context)?;
    let inertia = inertia(points, weights, &states, &state.centers, context)?;
    state.give(points, weights, &states, context)?;
    state.advance(1.0);
    let most = points.n_rows() / 2;
    let n_reassigned = match reassignment_ratio {
        Some(_) => state.reassign(points, weights, most, step, context).0,
        None => 0,
    };
    Ok(Step {
        centers: state.centers.into_published(),
        counts: state.counts,
        labels: labels(&states),
        inertia: to_caller(points, inertia),
        n_reassigned,
    })
}
