//! Labels and probabilities of rows from the clusters that were taken.

use super::condense::Condensed;
use super::select::Selection;
use crate::Error;

/// What a place in the condensed tree means.
#[derive(Clone, Debug)]
pub struct Labels {
    /// The clusters taken: label i is `taken[i]`.
    pub taken: Vec<u32>,
    /// The label of each cluster of the tree: that of the taken one that holds it, −1 for none.
    of_clusters: Vec<i64>,
    /// The largest λ of each label.
    deaths: Vec<f64>,
    /// Where the root is the only cluster: the least λ that belongs to it.
    least_lambda: f64,
}

impl Labels {
    /// The labels that a selection gives.
    pub fn new(condensed: &Condensed, selection: &Selection) -> Self {
        Self::of_taken(condensed, selection.of(condensed), selection.epsilon)
    }

    /// The labels of clusters that were taken before.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for clusters that do not exist.
    pub fn again(condensed: &Condensed, taken: Vec<u32>, epsilon: f64) -> Result<Self, Error> {
        let end = condensed.clusters.len();
        if let Some(found) = taken.iter().find(|cluster| **cluster as usize >= end) {
            return Err(Error::OutOfRange { name: "selected", found: *found as usize, end });
        }
        Ok(Self::of_taken(condensed, taken, epsilon))
    }

    fn of_taken(condensed: &Condensed, taken: Vec<u32>, epsilon: f64) -> Self {
        let clusters = &condensed.clusters;
        let mut of_clusters = vec![-1; clusters.len()];
        for (label, cluster) in taken.iter().enumerate() {
            of_clusters[*cluster as usize] = label as i64;
        }
        // Beside other clusters the root holds nothing of its own.
        let alone = taken == [0];
        if !alone && let Some(root) = of_clusters.first_mut() {
            *root = -1;
        }
        for (index, cluster) in clusters.iter().enumerate().skip(1) {
            if of_clusters[index] < 0 {
                of_clusters[index] = of_clusters[cluster.parent as usize];
            }
        }
        let deaths = taken.iter().map(|cluster| clusters[*cluster as usize].death).collect();
        let least_lambda = match (alone, epsilon == 0.0) {
            (true, true) => clusters[0].death,
            (true, false) => 1.0 / epsilon,
            (false, _) => 0.0,
        };
        Self { taken, of_clusters, deaths, least_lambda }
    }

    /// The label of what leaves `cluster` at `lambda`, and how firmly it belongs to it, from 0 to 1.
    pub fn of(&self, cluster: u32, lambda: f64) -> (i64, f64) {
        let label = self.of_clusters[cluster as usize];
        if label < 0 || lambda < self.least_lambda {
            return (-1, 0.0);
        }
        let death = self.deaths[label as usize];
        let certain = death == 0.0 || lambda == f64::INFINITY;
        (label, if certain { 1.0 } else { lambda.min(death) / death })
    }

    /// Labels and probabilities of the rows of the tree.
    pub fn of_rows(&self, condensed: &Condensed) -> (Vec<i64>, Vec<f64>) {
        let rows = condensed.row_clusters.iter().zip(&condensed.row_lambdas);
        rows.map(|(cluster, lambda)| self.of(*cluster, *lambda)).unzip()
    }
}
