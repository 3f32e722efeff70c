//! Lloyd's algorithm on a batch that grows (Newling and Fleuret 2016, arXiv:1602.02934).

use super::assign::{assign, inertia};
use super::lloyd::update;
use super::table::{Table, squared_distance};

/// What [`nested`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct Nested {
    /// The centers after the last step.
    pub centers: Table,
    /// Rows of each step's batch.
    pub batch_sizes: Vec<usize>,
}

/// Moves the centers to the means of the first `size` rows of `order`, again and again, until no label changes on all of
/// them.
///
/// The batch grows by `growth` after a step on it that changed no label, or that moved the centers, squared and each as
/// its rows weigh, by at most `settled` times what the means of so many rows are off by chance.
pub fn nested(
    rows: &Table,
    weights: &[f64],
    start: &Table,
    (order, mut size): (&[usize], usize),
    (growth, settled): (f64, f64),
) -> Nested {
    let (mut centers, mut batch_sizes) = (start.clone(), Vec::new());
    let mut before = None;
    loop {
        let mut list = order[..size].to_vec();
        list.sort_unstable();
        let batch = rows.select(&list);
        let weights: Vec<f64> = list.iter().map(|row| weights[*row]).collect();
        let labels = assign(&batch, &centers);
        let moved = update(&batch, Some(&weights), &centers, &labels, &|_| ());
        batch_sizes.push(size);
        let gain = gain(&centers, &moved, &batch, &weights, &labels);
        let inertia = inertia(&batch, Some(&weights), &centers, &labels);
        let has_settled = gain <= settled * chance(inertia, &weights, centers.n_rows());
        let same = before.as_ref() == Some(&labels);
        (centers, before) = (moved, Some(labels));
        if same && size == order.len() {
            return Nested { centers, batch_sizes };
        }
        if (same || has_settled) && size < order.len() {
            size = ((size as f64 * growth) as usize).max(size + 1).min(order.len());
            before = None;
        }
    }
}

/// The centers' squared movements, each as its cluster weighs.
fn gain(old: &Table, new: &Table, batch: &Table, weights: &[f64], labels: &[usize]) -> f64 {
    let each = (0..batch.n_rows()).map(|row| {
        let label = labels[row];
        weights[row] * squared_distance(old.row(label), new.row(label))
    });
    each.sum()
}

/// The same sum where the centers are off by chance alone: a mean by the variance over the rows that it is of, or what
/// takes their place under weights, (Σw)²/Σw².
fn chance(inertia: f64, weights: &[f64], n_clusters: usize) -> f64 {
    let (n, k) = (weights.len() as f64, n_clusters as f64);
    let total: f64 = weights.iter().sum();
    let squares: f64 = weights.iter().map(|weight| weight * weight).sum();
    let variance = inertia / total * n / (n - k).max(0.0);
    k * variance * squares / total
}
