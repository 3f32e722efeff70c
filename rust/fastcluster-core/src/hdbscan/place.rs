//! Where new rows stand in a tree that was made without them.
//!
//! A new row leaves with the training row that it is attached to, or before it, at the height of their edge. It belongs
//! to the part that both are in at that λ.

use super::attach::Attached;
use super::condense::{Condensed, inverse};
use super::labels::Labels;
use crate::Error;

/// New rows in the tree.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Placed {
    /// Labels, −1 for noise.
    pub labels: Vec<i64>,
    /// How firmly each row belongs to its cluster.
    pub probabilities: Vec<f64>,
    /// GLOSH scores.
    pub outlier_scores: Vec<f64>,
    /// The cluster of the tree that each falls out of.
    pub clusters: Vec<u32>,
    /// λ at which it does.
    pub lambdas: Vec<f64>,
}

/// Places rows by the training rows that they are attached to.
///
/// # Errors
/// [`Error::OutOfRange`] for training rows that do not exist.
pub fn place(
    condensed: &Condensed,
    labels: &Labels,
    attached: &[Attached],
) -> Result<Placed, Error> {
    let mut placed = Placed::default();
    for Attached { row, height } in attached {
        let at = *row as usize;
        let Some(own) = condensed.row_lambdas.get(at) else {
            return Err(Error::OutOfRange { name: "row", found: at, end: condensed.n_rows });
        };
        let lambda = inverse(*height).min(*own);
        let mut cluster = condensed.row_clusters[at];
        if lambda < *own {
            while cluster != 0 && condensed.clusters[cluster as usize].birth >= lambda {
                cluster = condensed.clusters[cluster as usize].parent;
            }
        }
        let (label, probability) = labels.of(cluster, lambda);
        placed.labels.push(label);
        placed.probabilities.push(probability);
        placed.outlier_scores.push(condensed.outlier_score(cluster, lambda));
        placed.clusters.push(cluster);
        placed.lambdas.push(lambda);
    }
    Ok(placed)
}
