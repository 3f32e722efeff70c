//! The update: move each center to the weighted mean of its rows, in float64 and in one fixed order.
//!
//! # Idea
//! For many clusters, rows are counting-sorted by label; the rows of a cluster, in row order, are cut into segments of fixed length; each
//! segment is summed by one thread, and a cluster's segments are added in order. The result does not depend on threads,
//! no thread holds a k × d buffer, and only clusters that gained or lost a row are summed again. For few clusters, whose
//! sums stay in cache, the rows are read in their own order, in fixed runs, whose sums are added in order.
//!
//! # Cost
//! One read of the rows of the clusters that changed; 4 bytes a row, 8·d bytes a segment.

use fastcluster_kernels::{Level, reduce};

use crate::assign::RowState;
use crate::points::{Points, block_rows};
use crate::{Context, Error};

/// Rows summed by one task: long enough that a segment's d partial sums are small beside its rows.
const SEGMENT_ROWS: usize = 1024;

/// Rows of a run: the sums of a run are then small beside its rows.
const RUN_ROWS: usize = 4096;

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

/// Part of a cluster's rows, as a range of the sorted order.
struct Segment {
    cluster: usize,
    begin: usize,
    end: usize,
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
        let (order, segments) = sorted(states, dirty);
        let d = self.n_features;
        let level = Level::current();
        let mut partial = vec![0.0; segments.len() * d];
        let totals = context.pool.map_blocks(
            context.observer,
            &mut partial,
            d,
            || (vec![0.0_f32; d], vec![0.0_f64; d]),
            |buffers, segment, sums| {
                let Segment { begin, end, .. } = segments[segment];
                Ok(sum_rows(points, weights, &order[begin..end], sums, buffers, level))
            },
        )?;
        for cluster in dirty.iter().enumerate().filter(|(_, dirty)| **dirty).map(|(at, _)| at) {
            self.row_mut(cluster).fill(0.0);
            (self.weights[cluster], self.counts[cluster]) = (0.0, 0);
        }
        for (segment, (part, (weight, count))) in segments.iter().zip(partial.chunks(d).zip(totals))
        {
            for (sum, part) in self.row_mut(segment.cluster).iter_mut().zip(part) {
                *sum += part;
            }
            self.weights[segment.cluster] += weight;
            self.counts[segment.cluster] += count;
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
        let runs = context.pool.map_tasks(
            context.observer,
            n.div_ceil(RUN_ROWS),
            || (vec![0.0_f32; d], vec![0.0_f64; d]),
            |buffers, run| {
                let mut part = Self::new(k, d);
                part.add_run(points, weights, states, block_rows(run, RUN_ROWS, n), buffers);
                Ok(part)
            },
        )?;
        *self = Self::new(k, d);
        for run in runs {
            let add = |sum: &mut f64, part: f64| *sum += part;
            self.sums.iter_mut().zip(run.sums).for_each(|(sum, part)| add(sum, part));
            self.weights.iter_mut().zip(run.weights).for_each(|(sum, part)| add(sum, part));
            self.counts.iter_mut().zip(run.counts).for_each(|(count, part)| *count += part);
        }
        Ok(())
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

/// The rows of the dirty clusters by cluster and row, and their segments.
fn sorted(states: &[RowState], dirty: &[bool]) -> (Vec<u32>, Vec<Segment>) {
    let mut ends = vec![0_usize; dirty.len()];
    let wanted = |state: &RowState| dirty[state.label as usize];
    for state in states.iter().filter(|state| wanted(state)) {
        ends[state.label as usize] += 1;
    }
    let mut segments = Vec::new();
    let mut total = 0;
    for (cluster, end) in ends.iter_mut().enumerate() {
        let (begin, count) = (total, *end);
        total += count;
        for start in (begin..total).step_by(SEGMENT_ROWS) {
            segments.push(Segment {
                cluster,
                begin: start,
                end: (start + SEGMENT_ROWS).min(total),
            });
        }
        *end = begin;
    }
    let mut order = vec![0_u32; total];
    for (row, state) in states.iter().enumerate().filter(|(_, state)| wanted(state)) {
        let place = &mut ends[state.label as usize];
        order[*place] = row as u32;
        *place += 1;
    }
    (order, segments)
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
