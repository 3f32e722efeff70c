//! One step of mini-batch k-means (Sculley 2010, doi:10.1145/1772690.1772862).

use super::assign::{assign, inertia};
use super::table::Table;

/// What a step found.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The batch's labels with the centers before the step.
    pub labels: Vec<usize>,
    /// The batch's inertia with the centers before the step.
    pub inertia: f64,
    /// The centers after the step.
    pub centers: Table,
    /// Weight that each center was given so far.
    pub counts: Vec<f64>,
}

/// Moves each center to the weighted mean of all rows it was given so far: `counts` of them before this batch.
///
/// `publish` turns a mean into the center as it is published.
#[must_use]
pub fn minibatch_step(
    batch: &Table,
    weights: Option<&[f64]>,
    centers: &Table,
    counts: &[f64],
    publish: &dyn Fn(&mut [f64]),
) -> Step {
    let labels = assign(batch, centers);
    let inertia = inertia(batch, weights, centers, &labels);
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let (mut moved, mut counts) = (centers.clone(), counts.to_vec());
    for (cluster, count) in counts.iter_mut().enumerate() {
        let members = || (0..batch.n_rows()).filter(|row| labels[*row] == cluster);
        let given: f64 = members().map(weight).sum();
        if given == 0.0 {
            continue;
        }
        let before = *count;
        for (feature, value) in moved.row_mut(cluster).iter_mut().enumerate() {
            let sum: f64 = members().map(|row| weight(row) * batch.row(row)[feature]).sum();
            *value = (before * *value + sum) / (before + given);
        }
        publish(moved.row_mut(cluster));
        *count += given;
    }
    Step { labels, inertia, centers: moved, counts }
}
