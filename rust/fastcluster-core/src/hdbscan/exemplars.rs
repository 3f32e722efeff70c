//! The rows at the heart of each cluster: those that stay until the end in the leaves below it.

use super::batch::{BATCH_ROWS, Batch};
use super::condense::Condensed;
use super::labels::Labels;
use crate::points::{Points, block_rows};
use crate::{Context, Error};

/// Exemplars, label by label.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exemplars {
    /// Rows, rising within a label.
    pub rows: Vec<u32>,
    /// The label of each.
    pub labels: Vec<u32>,
}

impl Exemplars {
    /// The rows of each leaf below a taken cluster that leave it last.
    pub fn of(condensed: &Condensed, labels: &Labels) -> Self {
        let mut found: Vec<(u32, u32)> = Vec::new();
        let each = condensed.row_clusters.iter().zip(&condensed.row_lambdas);
        for (row, (index, lambda)) in each.enumerate() {
            let cluster = &condensed.clusters[*index as usize];
            let is_last = cluster.children.is_empty() && *lambda == cluster.death;
            let (label, _) = labels.of(*index, *lambda);
            if is_last && let Ok(label) = u32::try_from(label) {
                found.push((label, row as u32));
            }
        }
        found.sort_unstable();
        let (labels, rows) = found.into_iter().unzip();
        Self { rows, labels }
    }
}

/// The distance from each row to the nearest exemplar of each label: `n_rows × n_labels`.
///
/// `exemplars` are points whose row i has the label `labels[i]`; infinite where a label has none.
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::FeatureMismatch`], [`Error::OutOfRange`], [`Error::Cancelled`].
pub fn exemplar_distances(
    points: &Points<'_>,
    exemplars: &Points<'_>,
    labels: &[u32],
    n_labels: usize,
    context: &Context<'_>,
) -> Result<Vec<f64>, Error> {
    if labels.len() != exemplars.n_rows() {
        let (found, expected) = (labels.len(), exemplars.n_rows());
        return Err(Error::LengthMismatch { name: "labels", found, expected });
    }
    check_features(points, exemplars)?;
    if let Some(found) = labels.iter().find(|label| **label as usize >= n_labels) {
        return Err(Error::OutOfRange { name: "labels", found: *found as usize, end: n_labels });
    }
    let points = &points.including(exemplars.largest(), context)?;
    let exemplars = &exemplars.including(points.largest(), context)?;
    let mut nearest = vec![f64::INFINITY; points.n_rows() * n_labels];
    context.pool.map_blocks(
        context.observer,
        &mut nearest,
        (BATCH_ROWS * n_labels).max(1),
        || Batch::with_scratch(points),
        |(batch, scratch, distances), block, nearest| {
            batch.read(points, block_rows(block, BATCH_ROWS, points.n_rows()));
            for (exemplar, label) in labels.iter().enumerate() {
                batch.distances_to(exemplars, exemplar, scratch, distances);
                let column = nearest.iter_mut().skip(*label as usize).step_by(n_labels);
                for (least, distance) in column.zip(distances.iter()) {
                    *least = least.min(*distance);
                }
            }
            Ok(())
        },
    )?;
    Ok(nearest)
}

/// Refuses rows of another width.
pub(super) fn check_features(points: &Points<'_>, others: &Points<'_>) -> Result<(), Error> {
    if points.n_features() != others.n_features() {
        return Err(Error::FeatureMismatch {
            n_centers_features: others.n_features(),
            n_features: points.n_features(),
        });
    }
    Ok(())
}
