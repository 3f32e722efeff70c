//! The update: move each center to the weighted mean of its rows, in float64 and in one fixed order.
//!
//! # Idea
//! For many clusters, rows are counting-sorted by label, and the rows of a cluster are summed in row order by one thread.
//! No thread holds a k × d buffer, and only clusters that gained or lost a row are summed again. For few clusters, whose
//! sums stay in cache, the rows are read in their own order, in fixed runs, whose sums are added in order. Which way is
//! taken depends on the numbers of clusters and features alone, so the result does not depend on threads.
//!
//! # Cost
//! One read of the rows of the clusters that changed; 4 bytes a row, or 8·k·d bytes a run.

use fastcluster_kernels::{Level, reduce};

use crate::assign::RowState;
use crate::points::{Points, block_rows};
use crate::{Context, Error};

/// Rows of a run: the sums of a run are then small beside its rows.
const RUN_ROWS: usize = 4096;

/// Runs whose sums wait to be added: bounds what they take together to 16 MiB.
pub(crate) const RUNS_AT_ONCE: usize = 32;

/// Few clusters: so many sums in all stay in a 1 MiB L2 beside the rows.
const RUN_SUMS_MAX: usize = 1 << 16;

/// Few clusters: the sums of a run take at most 1/16 of its rows in float32.
const RUN_CLUSTERS_MAX: usize = 128;

/// Weighted sums of rows, in working space, and weights per cluster.
#[derive(Clone, Debug)]
pub(crate) struct Sums {
    n_features: usize,
    pub(crate) sums: Vec<f64>,
    pub(crate) weights: Vec<f64>,
    /// Rows of positive weight per cluster.
    pub(crate) counts: Vec<u64>,
}

impl Sums {
    pub(crate) fn new(n_clusters: usize, n_features: usize) -> Self {
        Self {
            n_features,
            sums: vec![0.0; n_clusters * n_features],
            weights: vec![0.0; n_clusters],
            counts: vec![0; n_clusters],
        }
    }

    pub(crate) fn row(&self, cluster: usize) -> &[f64] {
        &self.sums[cluster * self.n_features..][..self.n_features]
    }

    pub(crate) fn row_mut(&mut self, cluster: usize) -> &mut [f64] {
        &mut self.sums[cluster * self.n_features..][..self.n_features]
    }

    /// Sums the rows of every cluster marked in `dirty` anew.
    pub(crate) fn update(
        &mut self,
        points: &Points<'_>,
        weights: Option<&[f64]>,
        states: &[RowState],
        dirty: &[bool],
        context: &Context<'_>,
    ) -> Result<(), Error> {
        if self.weights.len() * self.n_features <= RUN_SUMS_MAX
            && self.weights.len() <= RUN_CLUSTERS_MAX
        {
            return self.update_in_runs(points, weights, states, context);
        }
        let (order, begins) = sorted(states, dirty);
        let d = self.n_features;
        let level = Level::current();
        let totals = context.pool.map_blocks(
            context.observer,
            &mut self.sums,
            d,
            || (vec![0.0_f32; d], vec![0.0_f64; d]),
            |buffers, cluster, sums| {
                if !dirty[cluster] {
                    return Ok(None);
                }
                sums.fill(0.0);
                let rows = &order[begins[cluster]..begins[cluster + 1]];
                Ok(Some(sum_rows(points, weights, rows, sums, buffers, level)))
            },
        )?;
        for (cluster, total) in totals.into_iter().enumerate() {
            if let Some((weight, count)) = total {
                (self.weights[cluster], self.counts[cluster]) = (weight, count);
            }
        }
        Ok(())
    }

    /// Sums all rows in their own order.
    fn update_in_runs(
        &mut self,
        points: &Points<'_>,
        weights: Option<&[f64]>,
        states: &[RowState],
        context: &Context<'_>,
    ) -> Result<(), Error> {
        let (n, d, k) = (points.n_rows(), self.n_features, self.weights.len());
        *self = Self::new(k, d);
        let n_runs = n.div_ceil(RUN_ROWS);
        for first in (0..n_runs).step_by(RUNS_AT_ONCE) {
            let runs = context.pool.map_tasks(
                context.observer,
                RUNS_AT_ONCE.min(n_runs - first),
                || (vec![0.0_f32; d], vec![0.0_f64; d]),
                |buffers, run| {
                    let rows = block_rows(first + run, RUN_ROWS, n);
                    let mut part = Self::new(k, d);
                    part.add_run(points, weights, states, rows, buffers);
                    Ok(part)
                },
            )?;
            for run in &runs {
                self.add(run);
            }
        }
        Ok(())
    }

    fn add(&mut self, part: &Self) {
        for (sum, part) in self.sums.iter_mut().zip(&part.sums) {
            *sum += part;
        }
        for (sum, part) in self.weights.iter_mut().zip(&part.weights) {
            *sum += part;
        }
        for (count, part) in self.counts.iter_mut().zip(&part.counts) {
            *count += part;
        }
    }

    /// Adds rows in their order.
    fn add_run(
        &mut self,
        points: &Points<'_>,
        weights: Option<&[f64]>,
        states: &[RowState],
        rows: std::ops::Range<usize>,
        buffers: &mut (Vec<f32>, Vec<f64>),
    ) {
        let (d, level) = (self.n_features, Level::current());
        if let (Some(whole), None) = (points.whole_32(), weights) {
            let labels: Vec<u32> = states[rows.clone()].iter().map(|state| state.label).collect();
            let values = &whole[rows.start * d..rows.end * d];
            reduce::add_labelled_rows(level, &mut self.sums, values, d, &labels);
            for label in labels {
                self.weights[label as usize] += 1.0;
                self.counts[label as usize] += 1;
            }
            return;
        }
        for row in rows {
            let label = states[row].label as usize;
            let sums = &mut self.sums[label * d..][..d];
            let (weight, count) = sum_rows(points, weights, &[row as u32], sums, buffers, level);
            self.weights[label] += weight;
            self.counts[label] += count;
        }
    }
}

/// The rows of the dirty clusters by cluster and row, and where each cluster's begin; one entry more ends the last.
fn sorted(states: &[RowState], dirty: &[bool]) -> (Vec<u32>, Vec<usize>) {
    let wanted = |state: &RowState| dirty[state.label as usize];
    let mut begins = vec![0_usize; dirty.len() + 1];
    for state in states.iter().filter(|state| wanted(state)) {
        begins[state.label as usize + 1] += 1;
    }
    for cluster in 0..dirty.len() {
        begins[cluster + 1] += begins[cluster];
    }
    let mut places = begins.clone();
    let mut order = vec![0_u32; begins[dirty.len()]];
    for (row, state) in states.iter().enumerate().filter(|(_, state)| wanted(state)) {
        let place = &mut places[state.label as usize];
        order[*place] = row as u32;
        *place += 1;
    }
    (order, begins)
}

/// Adds the rows to `sums`; returns their weight and how many have a positive one.
fn sum_rows(
    points: &Points<'_>,
    weights: Option<&[f64]>,
    rows: &[u32],
    sums: &mut [f64],
    (single, double): &mut (Vec<f32>, Vec<f64>),
    level: Level,
) -> (f64, u64) {
    let (mut total, mut count) = (0.0, 0);
    for row in rows {
        let row = *row as usize;
        let weight = weights.map_or(1.0, |weights| weights[row]);
        if weight == 0.0 {
            continue;
        }
        if points.is_exact_32() {
            let values = points.row_32(row, single);
            if weight == 1.0 {
                reduce::add_unit_row(level, sums, values);
            } else {
                reduce::add_row(level, sums, values, weight);
            }
        } else {
            points.read_64(row, double);
            reduce::add_row_64(level, sums, double, weight);
        }
        total += weight;
        count += 1;
    }
    (total, count)
}
