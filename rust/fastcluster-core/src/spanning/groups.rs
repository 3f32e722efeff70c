//! Rows in groups of near ones, and which groups are near each other.

use std::ops::Range;

use fastcluster_kernels::Level;

use super::bytes::Size;
use crate::centers::Centers;
use crate::kmeans::{self, Init, Params};
use crate::pairs::Group;
use crate::points::{Gathered, Points};
use crate::{Context, Error};

/// Rows a group, on average: about a tile.
const ROWS: usize = 256;

/// Groups at most; they cost a pass over all rows each.
const GROUPS_MAX: usize = 1024;

/// Rows a group that k-means sees.
const SAMPLE: usize = 32;

/// Iterations of k-means: groups need not be good, only near.
const ITERATIONS: usize = 5;

/// Groups that a row is compared with, its own included.
const NEAR: usize = 12;

/// Columns packed at a time.
const COLUMNS_MAX: usize = 1024;

/// Positions in groups.
pub(super) struct Groups {
    /// Row by position, group by group.
    pub(super) order: Vec<u32>,
    /// Group by row.
    pub(super) labels: Vec<u32>,
    /// Where each group begins, and the end.
    starts: Vec<usize>,
    /// Per group those near it, itself included, in order; if one is near another, so is the other.
    near: Vec<Vec<u32>>,
}

/// Bytes that making groups takes: centers with their sums and panels, a sample, and the states of all rows.
pub(super) fn bytes(size: Size) -> u64 {
    let (n, d) = (size.n_rows as u64, size.n_features as u64);
    let n_groups = (size.n_rows / ROWS).clamp(1, GROUPS_MAX) as u64;
    let value = if size.is_double { 8 } else { 4 };
    let sample = (n_groups * SAMPLE as u64).min(n);
    n_groups * d * 64 + sample * (d * (value + 4) + 64) + n * 48
}

impl Groups {
    /// Groups the rows; the groups near each row's hold `n_wanted` rows at least, where there are that many.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(super) fn of(
        points: &Points<'_>,
        n_wanted: usize,
        context: &Context<'_>,
    ) -> Result<Self, Error> {
        let n = points.n_rows();
        let n_groups = (n / ROWS).clamp(1, GROUPS_MAX);
        let n_sampled = (n_groups * SAMPLE).min(n);
        // Evenly spread: files are often sorted.
        let rows: Vec<u32> = (0..n_sampled).map(|i| (i * n / n_sampled) as u32).collect();
        let sample = Gathered::of(points, &rows, context)?;
        let params =
            Params { n_clusters: n_groups, max_iter: ITERATIONS, tol: 0.0, ..Params::default() };
        let centers =
            kmeans::fit(&sample.points(points), None, &Init::Random, &params, context)?.centers;
        let labels =
            kmeans::assign(points, centers.clone(), points.n_features(), None, false, context)?;
        let labels: Vec<u32> = labels.labels.into_iter().map(i32::cast_unsigned).collect();
        let starts = starts(&labels, n_groups);
        let mut next = starts.clone();
        let mut order = vec![0; n];
        for (row, label) in labels.iter().enumerate() {
            order[next[*label as usize]] = row as u32;
            next[*label as usize] += 1;
        }
        let near = near(&Centers::new(centers, points), &starts, 8 * n_wanted, context)?;
        Ok(Self { order, labels, starts, near })
    }

    /// The positions of a group.
    pub(super) fn positions(&self, group: usize) -> Range<usize> {
        self.starts[group]..self.starts[group + 1]
    }

    /// The groups near a group.
    pub(super) fn near(&self, group: u32) -> &[u32] {
        &self.near[group as usize]
    }

    /// What to visit so that each row meets the rows of the groups near its own once.
    pub(super) fn tasks(&self) -> Vec<Group> {
        let mut tasks = Vec::new();
        for (group, near) in self.near.iter().enumerate() {
            let own = self.positions(group);
            for start in own.clone().step_by(COLUMNS_MAX) {
                let columns = start..(start + COLUMNS_MAX).min(own.end);
                let before = near.iter().map(|near| *near as usize).filter(|near| *near < group);
                let mut rows: Vec<Range<usize>> = before.map(|near| self.positions(near)).collect();
                rows.push(own.start..columns.end);
                tasks.push(Group { columns, rows });
            }
        }
        tasks
    }
}

/// Where each label begins when rows are sorted by label, and the end.
fn starts(labels: &[u32], n_groups: usize) -> Vec<usize> {
    let mut starts = vec![0; n_groups + 1];
    for label in labels {
        starts[*label as usize + 1] += 1;
    }
    for group in 0..n_groups {
        starts[group + 1] += starts[group];
    }
    starts
}

/// Per group the nearest ones by their centers: [`NEAR`] of them, and more until they hold `n_wanted` rows.
fn near(
    centers: &Centers,
    starts: &[usize],
    n_wanted: usize,
    context: &Context<'_>,
) -> Result<Vec<Vec<u32>>, Error> {
    let (n_groups, level) = (centers.len(), Level::current());
    let mut near = context.pool.map_tasks(context.observer, n_groups, Vec::new, |far, group| {
        far.clear();
        far.extend((0..n_groups).map(|other| {
            // A group is nearest to itself, whatever its twins are.
            let itself = other == group;
            (if itself { -1.0 } else { centers.squared_between(level, group, other) }, other)
        }));
        far.sort_unstable_by(|a: &(f64, usize), b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut n_rows = 0;
        let wanted = far.iter().enumerate().take_while(|(place, (_, other))| {
            let enough = *place >= NEAR && n_rows >= n_wanted;
            n_rows += starts[other + 1] - starts[*other];
            !enough
        });
        Ok(wanted.map(|(_, (_, other))| *other as u32).collect::<Vec<_>>())
    })?;
    for group in 0..n_groups {
        for other in near[group].clone() {
            near[other as usize].push(group as u32);
        }
    }
    for list in &mut near {
        list.sort_unstable();
        list.dedup();
    }
    Ok(near)
}
