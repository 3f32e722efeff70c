//! Batches that grow: each holds the one before, and the last one all rows.
//!
//! # Idea
//! Few rows tell roughly where the centers belong, at little cost; more rows are worth their cost once the centers have
//! settled on these. So Lloyd's iterations begin on a small random batch, and the batch grows when an update moves the
//! centers by no more than chance puts them off. A row counts once, with the label that it has now: what it gave to
//! another center before is taken back. On all rows it is therefore plain Lloyd, and its passes remember bounds as those
//! do.
//!
//! # Rule
//! The mean of m rows is off by σ²/m squared, σ² the mean squared distance within clusters. An update that moves k centers
//! by Δ each settles nothing any more where Σ m‖Δ‖² ≤ s·k·σ², with s = [`SETTLED`]; both sides come from cluster sums,
//! without a look at the rows. On all rows, updates of this kind count as steps without improvement.
//!
//! # Cost
//! Per step an assignment pass over the batch, of which later ones of a size score a fraction of the pairs. Memory: the
//! rows of a batch are copied while it is not all rows.
//!
//! # Source
//! Newling and Fleuret, "Nested mini-batch k-means", 2016, arXiv:1602.02934. The sums over clusters in place of
//! a median, and the stop, are ours.

#[cfg(test)]
mod tests;

use super::batches::Batches;
use super::{Fit, Params, ROWS_PER_CLUSTER, bytes_copied};
use crate::centers::Centers;
use crate::filter::Filter;
use crate::kmeans::inertia::shift_to_caller;
use crate::kmeans::lloyd::{Data, IterationRecord, Keep, Run};
use crate::kmeans::passes::Passes;
use crate::kmeans::{Init, Params as LloydParams};
use crate::observer::Event;
use crate::points::{Gathered, Moments, Points};
use crate::{Context, Error};

/// Centers have settled where an update moves them by so many times what chance puts them off by, squared.
const SETTLED: f64 = 0.1;

/// Bytes of all rows' order and of which weigh something, and of the weights of a batch.
pub(super) const ORDER_BYTES: u64 = 24;

/// Runs steps on batches that grow by `growth`, until the centers have settled on all rows.
pub(super) fn fit(
    points: &Points<'_>,
    weights: Option<&[f64]>,
    centers: Centers,
    (growth, tolerance): (f64, f64),
    params: &Params,
    context: &Context<'_>,
) -> Result<Fit, Error> {
    let mut batch = Batch::new(points, weights, params);
    let mut steps = Steps::new(points, centers, tolerance, params);
    for size in sizes(batch.n_rows, steps.centers.len(), growth, params.batch_size) {
        if steps.is_done {
            break;
        }
        let weights = batch.grow(size, points, weights, context)?;
        steps.on(&batch.gathered.points(points), weights.as_deref(), false, context)?;
    }
    if !steps.is_done {
        drop(batch);
        steps.on(points, weights, true, context)?;
    }
    Ok(Fit {
        centers: steps.centers.into_published(),
        counts: steps.counts,
        n_steps: steps.history.len(),
        ewa_inertia: steps.history.last().map_or(f64::NAN, |record| record[1]),
        history: steps.history,
        batch_sizes: steps.batch_sizes,
        words: steps.words,
    })
}

/// The sizes of batches that are less than all rows.
fn sizes(
    n_rows: usize,
    n_clusters: usize,
    growth: f64,
    batch_size: usize,
) -> impl Iterator<Item = usize> {
    let first = batch_size.max(ROWS_PER_CLUSTER.saturating_mul(n_clusters));
    let next =
        move |size: &usize| Some(((*size as f64 * growth) as usize).max(size.saturating_add(1)));
    std::iter::successors(Some(first), next).take_while(move |size| *size < n_rows)
}

/// The most rows of a batch that is copied.
pub(super) fn largest_copied(
    n_rows: usize,
    n_clusters: usize,
    growth: f64,
    batch_size: usize,
) -> usize {
    sizes(n_rows, n_clusters, growth, batch_size).last().unwrap_or(0)
}

/// The rows of a batch that is not all rows.
struct Batch {
    order: Batches,
    /// The rows that weigh something, where not all do: the others move no center.
    weighty: Option<Vec<u32>>,
    /// Rows that the last batch may hold.
    n_rows: usize,
    rows: Vec<u32>,
    gathered: Gathered,
}

impl Batch {
    fn new(points: &Points<'_>, weights: Option<&[f64]>, params: &Params) -> Self {
        let weighty: Option<Vec<u32>> = weights.map(|weights| {
            let weighty = (0..).zip(weights).filter(|(_, weight)| **weight > 0.0);
            weighty.map(|(row, _)| row).collect()
        });
        let n_rows = weighty.as_ref().map_or(points.n_rows(), Vec::len);
        Self {
            order: Batches::new(n_rows, None, params.sampling, params.seed),
            weighty,
            n_rows,
            rows: Vec::new(),
            gathered: Gathered::default(),
        }
    }

    /// Draws rows until there are `size`, copies them out, and returns their weights.
    fn grow(
        &mut self,
        size: usize,
        points: &Points<'_>,
        weights: Option<&[f64]>,
        context: &Context<'_>,
    ) -> Result<Option<Vec<f64>>, Error> {
        let mut drawn = Vec::new();
        self.order.draw(size - self.rows.len(), &mut drawn);
        match &self.weighty {
            Some(weighty) => self.rows.extend(drawn.iter().map(|at| weighty[*at as usize])),
            None => self.rows.extend(drawn),
        }
        // Read in one direction: in which order they were drawn no longer matters.
        self.rows.sort_unstable();
        self.gathered.fill(points, &self.rows, context)?;
        Ok(weights.map(|all| self.rows.iter().map(|row| all[*row as usize]).collect()))
    }
}

/// The steps so far, and when they end.
struct Steps<'a> {
    params: &'a Params,
    tolerance: f64,
    centers: Centers,
    /// Weight of each cluster in the last step.
    counts: Vec<f64>,
    n_rows: usize,
    /// Rows that may still be assigned, each as often as it is.
    n_left: usize,
    /// Steps in a row, on all rows, after which the centers had settled.
    n_settled: usize,
    is_done: bool,
    history: Vec<[f64; 3]>,
    batch_sizes: Vec<u64>,
    words: &'static str,
}

impl<'a> Steps<'a> {
    fn new(points: &Points<'_>, centers: Centers, tolerance: f64, params: &'a Params) -> Self {
        Self {
            params,
            tolerance,
            counts: vec![0.0; centers.len()],
            centers,
            n_rows: points.n_rows(),
            n_left: params.max_iter.saturating_mul(points.n_rows()),
            n_settled: 0,
            is_done: false,
            history: Vec::new(),
            batch_sizes: Vec::new(),
            words: "",
        }
    }

    /// Runs Lloyd's iterations on a batch until the centers have settled on it, or, where it is `all` rows, the fit ends.
    fn on(
        &mut self,
        points: &Points<'_>,
        weights: Option<&[f64]>,
        all: bool,
        context: &Context<'_>,
    ) -> Result<(), Error> {
        let (n, k) = (points.n_rows(), self.centers.len());
        let moments = Moments::of(points, context)?;
        let filter = Filter::new(points, k, &moments.mean, moments.spread_per_row());
        self.words = filter.words();
        let data = Data::new(points, weights, &filter, None, &moments, context)?;
        let max_iter = (self.n_left / n).max(1);
        // What is copied counts, too.
        let copied =
            if all { 0 } else { bytes_copied(points, n) + ORDER_BYTES * self.n_rows as u64 };
        let memory_limit = self.params.memory_limit.map(|limit| limit.saturating_sub(copied));
        let lloyd = LloydParams { n_clusters: k, max_iter, memory_limit, ..LloydParams::default() };
        let keep = lloyd.keeps(points, &filter, &Init::Given(Vec::new()))?;
        let sieved = lloyd.sieved(points, &filter, keep, context)?;
        let stored = if keep == Keep::Words { filter.store(points, context)? } else { None };
        let passes = Passes::new(stored, sieved.as_ref());
        let noise = Noise::of(n, k, weights);
        let mut run = Run::new(points, self.centers.clone(), passes);
        loop {
            let record = data.iterate(&mut run, context)?;
            self.note(points, &record, noise.weight, context);
            let settled =
                record.n_changed == 0 || run.gain <= SETTLED * noise.of_inertia(run.inertia);
            self.is_done = all && self.ends(&record, settled, context) || self.n_left < n;
            if self.is_done || (settled && !all) {
                break;
            }
        }
        (self.centers, self.counts) = (run.centers, run.sums.weights);
        Ok(())
    }

    /// Keeps a step's figures and reports them.
    fn note(
        &mut self,
        points: &Points<'_>,
        record: &IterationRecord,
        weight: f64,
        context: &Context<'_>,
    ) {
        let n = points.n_rows();
        self.n_left = self.n_left.saturating_sub(n);
        let mean = record.inertia / weight;
        let shift = shift_to_caller(points, record.center_shift);
        self.history.push([mean, mean, shift]);
        self.batch_sizes.push(n as u64);
        let step = self.history.len();
        context.observer.report(Event::Step { step, batch_inertia: mean, ewa_inertia: mean });
    }

    /// Whether the fit ends after a step on all rows.
    fn ends(&mut self, record: &IterationRecord, settled: bool, context: &Context<'_>) -> bool {
        let step = self.history.len();
        if record.n_changed == 0 || (self.tolerance > 0.0 && record.center_shift <= self.tolerance)
        {
            context.observer.report(Event::SmallChange { step });
            return true;
        }
        self.n_settled = if settled { self.n_settled + 1 } else { 0 };
        let ends = self.params.max_no_improvement.is_some_and(|most| self.n_settled >= most.max(1));
        if ends {
            context.observer.report(Event::NoImprovement { step });
        }
        ends
    }
}

/// What chance does to the means of a batch.
#[derive(Clone, Copy)]
struct Noise {
    /// Weight of all rows.
    weight: f64,
    /// Σ W‖Δ‖² that chance alone makes, per inertia.
    share: f64,
}

impl Noise {
    /// Of `n` rows in `k` clusters: with weights, a mean is off by σ²·Σw²/(Σw)² squared.
    fn of(n: usize, k: usize, weights: Option<&[f64]>) -> Self {
        let (mut n, k) = (n as f64, k as f64);
        let (mut weight, mut squares) = (n, n);
        if let Some(weights) = weights {
            n = weights.iter().filter(|weight| **weight > 0.0).count() as f64;
            weight = weights.iter().sum();
            squares = weights.iter().map(|weight| weight * weight).sum();
        }
        // Of no more rows than clusters, nothing is known.
        Self { weight, share: k * squares / (weight * weight) * n / (n - k).max(0.0) }
    }

    fn of_inertia(self, inertia: f64) -> f64 {
        self.share * inertia
    }
}
