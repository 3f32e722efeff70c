//! Empty clusters: each takes the row that lies farthest from its own center.
//!
//! The rule is scikit-learn's, made definite: empty clusters in increasing order take the rows in order of decreasing
//! distance, ties to the highest row (as scikit-learn's partition leaves them in its own tests); the cluster that gives a
//! row away loses its weight. A row is not taken when it is the last of its cluster, weighs nothing, or lies on its
//! center already.

use fastcluster_kernels::Level;

use super::sums::Sums;
use crate::assign::{Exact, RowState};
use crate::centers::Centers;
use crate::points::{Points, block_rows};
use crate::{Context, Error};

/// Rows per task.
const TASK_ROWS: usize = 4096;

/// Fills the clusters without weight; returns the clusters whose sums changed.
pub(crate) fn relocate(
    points: &Points<'_>,
    weights: Option<&[f64]>,
    states: &[RowState],
    centers: &Centers,
    sums: &mut Sums,
    context: &Context<'_>,
) -> Result<Vec<usize>, Error> {
    let empty: Vec<usize> =
        (0..centers.len()).filter(|cluster| sums.weights[*cluster] == 0.0).collect();
    if empty.is_empty() {
        return Ok(Vec::new());
    }
    let may_go = |row: usize| {
        weights.is_none_or(|weights| weights[row] > 0.0)
            && sums.counts[states[row].label as usize] > 1
    };
    let far = farthest(points, &may_go, states, centers, empty.len(), context)?;
    let mut changed = Vec::new();
    let mut candidates = far.into_iter();
    let mut row = vec![0.0; points.n_features()];
    for cluster in empty {
        let taken =
            candidates.by_ref().find(|(_, index)| sums.counts[states[*index].label as usize] > 1);
        let Some((_, index)) = taken else { break };
        let donor = states[index].label as usize;
        let weight = weights.map_or(1.0, |weights| weights[index]);
        points.read_64(index, &mut row);
        for (feature, value) in row.iter().enumerate() {
            sums.row_mut(cluster)[feature] = weight * value;
            sums.row_mut(donor)[feature] -= weight * value;
        }
        sums.weights[cluster] = weight;
        sums.weights[donor] -= weight;
        sums.counts[cluster] = 1;
        sums.counts[donor] -= 1;
        changed.extend([cluster, donor]);
    }
    Ok(changed)
}

/// Rows that may go, by decreasing distance from their centers: enough for `wanted` of them to be taken where possible.
fn farthest(
    points: &Points<'_>,
    may_go: &(impl Fn(usize) -> bool + Sync),
    states: &[RowState],
    centers: &Centers,
    wanted: usize,
    context: &Context<'_>,
) -> Result<Vec<(f64, usize)>, Error> {
    let n = points.n_rows();
    let level = Level::current();
    let tasks = context.pool.map_tasks(
        context.observer,
        n.div_ceil(TASK_ROWS),
        || (vec![0.0_f32; points.n_features()], vec![0.0_f64; points.n_features()]),
        |(row_32, row_64), task| {
            let mut found = Vec::new();
            for row in block_rows(task, TASK_ROWS, n) {
                if !may_go(row) {
                    continue;
                }
                let exact = Exact::read(points, row, row_32, row_64);
                let label = states[row].label as usize;
                let distance = exact.squared_distance(level, centers, label);
                if distance > 0.0 {
                    found.push((distance, row));
                }
            }
            sort(&mut found);
            // A donor keeps its last row: one is passed over for each donor, which has given one away before.
            found.truncate(2 * wanted);
            Ok(found)
        },
    )?;
    let mut all = tasks.concat();
    sort(&mut all);
    Ok(all)
}

fn sort(rows: &mut [(f64, usize)]) {
    rows.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
}
