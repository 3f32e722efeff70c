//! From the edges of the tree to clusters.

use super::condense::{Condensed, Ties};
use super::dendrogram::Dendrogram;
use super::exemplars::Exemplars;
use super::labels::Labels;
use super::select::Selection;
use crate::Error;
use crate::graph::Edge;

/// Clusters, and what they were selected from.
#[derive(Clone, Debug)]
pub struct Cut {
    /// The label of each row, −1 for noise.
    pub labels: Vec<i64>,
    /// How firmly each row belongs to its cluster; 0 for noise.
    pub probabilities: Vec<f64>,
    /// GLOSH score of each row.
    pub outlier_scores: Vec<f64>,
    /// The condensed tree.
    pub condensed: Condensed,
    /// The clusters of the tree that were taken, in order of their labels.
    pub taken: Vec<u32>,
    /// The heart of each cluster.
    pub exemplars: Exemplars,
}

/// Condenses the tree and selects clusters: O(n), and no vector is read.
///
/// # Errors
/// Those of [`Dendrogram::new`] and [`Condensed::new`].
pub fn cut(
    n_rows: usize,
    edges: &[Edge],
    min_cluster_size: usize,
    ties: Ties,
    selection: &Selection,
) -> Result<Cut, Error> {
    let dendrogram = Dendrogram::new(n_rows, edges)?;
    let condensed = Condensed::new(&dendrogram, min_cluster_size, ties)?;
    let labels = Labels::new(&condensed, selection);
    let exemplars = Exemplars::of(&condensed, &labels);
    let outlier_scores = condensed.outlier_scores();
    let (row_labels, probabilities) = labels.of_rows(&condensed);
    let taken = labels.taken;
    Ok(Cut { labels: row_labels, probabilities, outlier_scores, condensed, taken, exemplars })
}
