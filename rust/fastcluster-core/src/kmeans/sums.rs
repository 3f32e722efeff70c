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

#[cfg(test)]
mod tests;

use fastcluster_kernels::{Level, reduce};

use crate::assign::{Change, RowState};
use crate::points::{Points, block_rows};
use crate::{Context, Error};

/// Rows of a run: the sums of a run are then small beside its rows.
const RUN_ROWS: usize = 4096;

/// Runs whose sums wait to be added, at most, and one for each thread: bounds what they take together to 16 MiB.
pub(crate) const RUNS_AT_ONCE: usize = 32;

/// Changed rows are moved from sum to sum where they are at most one in so many.
const SHIFT_SHARE: usize = 8;

/// Shifts in a row at most: each adds a rounding of float64 per row moved.
const SHIFTS_MAX: usize = 16;

/// How many times smaller than before a sum may become by shifts: what rounding left behind is then still below 2⁻⁴⁰ of
/// it or so.
const FALL_MOST: f64 = 1024.0;

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
    /// Shifts since all rows of the clusters that had changed were summed.
    n_shifts: usize,
    /// Per cluster, the largest that its sums and its weight have been in shifts since its rows were summed.
    peaks: Vec<(f64, f64)>,
}

impl Sums {
    /// Before the first update, which must be of all clusters: it makes the room.
    pub(crate) fn new(n_clusters: usize, n_features: usize) -> Self {
        Self {
            n_features,
            sums: Vec::new(),
            weights: vec![0.0; n_clusters],
            counts: vec![0; n_clusters],
            n_shifts: 0,
            peaks: vec![(0.0, 0.0); n_clusters],
        }
    }

    /// Sums of nothing.
    fn zeros(n_clusters: usize, n_features: usize) -> Self {
        let sums = vec![0.0; n_clusters * n_features];
        Self { sums, ..Self::new(n_clusters, n_features) }
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
        self.n_shifts = 0;
        if self.weights.len() * self.n_features <= RUN_SUMS_MAX
            && self.weights.len() <= RUN_CLUSTERS_MAX
        {
            return self.update_in_runs(points, weights, states, context);
        }
        let (order, begins) = sorted(states, dirty);
        let d = self.n_features;
        self.sums.resize(self.weights.len() * d, 0.0);
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
                self.peaks[cluster] = (0.0, 0.0);
            }
        }
        Ok(())
    }

    /// Whether moving the changed rows alone costs less than summing clusters anew, and rounding has not yet added up.
    pub(crate) fn can_shift(&self, changes: &[Change], n_rows: usize) -> bool {
        self.n_shifts < SHIFTS_MAX && changes.len() <= n_rows / SHIFT_SHARE
    }

    /// Takes the changed rows from their old clusters and adds them to their new ones, by cluster in row order. Returns
    /// whether the sums are as good as new; if not, the changed clusters must be updated.
    pub(crate) fn shift(
        &mut self,
        points: &Points<'_>,
        weights: Option<&[f64]>,
        changes: &[Change],
        context: &Context<'_>,
    ) -> Result<bool, Error> {
        self.n_shifts += 1;
        let (d, level) = (self.n_features, Level::current());
        let (order, begins) = by_cluster(changes, self.weights.len());
        let before = &self.weights;
        let totals = context.pool.map_blocks(
            context.observer,
            &mut self.sums,
            d,
            || (vec![0.0_f32; d], vec![0.0_f64; d]),
            |buffers, cluster, sums| {
                let moves = &order[begins[cluster]..begins[cluster + 1]];
                if moves.is_empty() {
                    return Ok(None);
                }
                let mut total = Total::of(sums, before[cluster], level);
                for Move { row, sign } in moves {
                    let factor = f64::from(*sign) * weights.map_or(1.0, |all| all[*row as usize]);
                    if factor != 0.0 {
                        add_row(points, *row as usize, factor, sums, buffers, level);
                        total.add(sums, factor, *sign, level);
                    }
                }
                Ok(Some(total.end(sums, level)))
            },
        )?;
        let mut good = true;
        for (cluster, total) in totals.into_iter().enumerate() {
            if let Some(total) = total {
                good &= self.put(cluster, &total);
            }
        }
        Ok(good)
    }

    /// Notes what a shift made of a cluster; returns whether its sums are as good as new.
    fn put(&mut self, cluster: usize, total: &Total) -> bool {
        let count = self.counts[cluster].saturating_add_signed(total.count);
        (self.counts[cluster], self.weights[cluster]) = (count, total.weight);
        if count == 0 {
            (self.weights[cluster], self.peaks[cluster]) = (0.0, (0.0, 0.0));
            self.row_mut(cluster).fill(0.0);
            return true;
        }
        let (sums, weight) = &mut self.peaks[cluster];
        (*sums, *weight) = (sums.max(total.peaks.0), weight.max(total.peaks.1));
        *sums <= FALL_MOST * total.size && *weight <= FALL_MOST * total.weight
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
        *self = Self::zeros(k, d);
        let n_runs = n.div_ceil(RUN_ROWS);
        // How many wait does not matter to the sums: they are added in order.
        let at_once = context.pool.n_threads().min(RUNS_AT_ONCE);
        for first in (0..n_runs).step_by(at_once) {
            let runs = context.pool.map_tasks(
                context.observer,
                at_once.min(n_runs - first),
                || (vec![0.0_f32; d], vec![0.0_f64; d]),
                |buffers, run| {
                    let rows = block_rows(first + run, RUN_ROWS, n);
                    let mut part = Self::zeros(k, d);
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
pub(super) fn sorted(states: &[RowState], dirty: &[bool]) -> (Vec<u32>, Vec<usize>) {
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
pub(super) fn sum_rows(
    points: &Points<'_>,
    weights: Option<&[f64]>,
    rows: &[u32],
    sums: &mut [f64],
    buffers: &mut (Vec<f32>, Vec<f64>),
    level: Level,
) -> (f64, u64) {
    let (mut total, mut count) = (0.0, 0);
    for row in rows {
        let row = *row as usize;
        let weight = weights.map_or(1.0, |weights| weights[row]);
        if weight == 0.0 {
            continue;
        }
        add_row(points, row, weight, sums, buffers, level);
        total += weight;
        count += 1;
    }
    (total, count)
}

/// Adds one row times `weight`.
fn add_row(
    points: &Points<'_>,
    row: usize,
    weight: f64,
    sums: &mut [f64],
    (single, double): &mut (Vec<f32>, Vec<f64>),
    level: Level,
) {
    if !points.is_exact_32() {
        points.read_64(row, double);
        reduce::add_row_64(level, sums, double, weight);
    } else if weight == 1.0 {
        reduce::add_unit_row(level, sums, points.row_32(row, single));
    } else {
        reduce::add_row(level, sums, points.row_32(row, single), weight);
    }
}

/// A cluster in a shift.
struct Total {
    weight: f64,
    /// Rows that came less rows that left.
    count: i64,
    /// The largest magnitude among its sums in the end.
    size: f64,
    /// The largest that this and its weight have been.
    peaks: (f64, f64),
}

impl Total {
    fn of(sums: &[f64], weight: f64, level: Level) -> Self {
        let size = reduce::largest_magnitude(level, sums);
        Self { weight, count: 0, size, peaks: (size, weight) }
    }

    /// After a row was added to `sums` that many times.
    fn add(&mut self, sums: &[f64], factor: f64, sign: i8, level: Level) {
        self.weight += factor;
        self.count += i64::from(sign);
        // What came is there in the end; what left may have hidden another as large.
        if sign < 0 {
            self.peaks.0 = self.peaks.0.max(reduce::largest_magnitude(level, sums));
        }
        self.peaks.1 = self.peaks.1.max(self.weight);
    }

    /// After all rows were.
    fn end(mut self, sums: &[f64], level: Level) -> Self {
        self.size = reduce::largest_magnitude(level, sums);
        self
    }
}

/// A row that comes to a cluster, or leaves it.
#[derive(Clone, Copy, Default)]
struct Move {
    row: u32,
    sign: i8,
}

/// The moves of each cluster by row, and where each cluster's begin; one entry more ends the last.
fn by_cluster(changes: &[Change], n_clusters: usize) -> (Vec<Move>, Vec<usize>) {
    let mut begins = vec![0_usize; n_clusters + 2];
    for change in changes {
        begins[change.old as usize + 2] += 1;
        begins[change.new as usize + 2] += 1;
    }
    for cluster in 2..begins.len() {
        begins[cluster] += begins[cluster - 1];
    }
    let mut order = vec![Move::default(); 2 * changes.len()];
    for change in changes {
        for (cluster, sign) in [(change.old, -1), (change.new, 1)] {
            let place = &mut begins[cluster as usize + 1];
            order[*place] = Move { row: change.row, sign };
            *place += 1;
        }
    }
    (order, begins)
}
