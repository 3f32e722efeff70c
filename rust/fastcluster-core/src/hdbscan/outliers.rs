//! GLOSH: how much earlier a row leaves than the densest part of its neighbourhood.
//!
//! # Source
//! Campello et al. 2015, doi:10.1145/2733381, section 6: 1 − `ε_min(cluster)/ε(row)`.

use super::condense::Condensed;

impl Condensed {
    /// The score of what leaves `cluster` at `lambda`: 0 for the densest, towards 1 for outliers.
    pub(super) fn outlier_score(&self, cluster: u32, lambda: f64) -> f64 {
        let deepest = self.clusters[cluster as usize].deepest;
        if deepest <= lambda {
            return 0.0;
        }
        1.0 - lambda / deepest
    }

    /// The score of each row.
    pub fn outlier_scores(&self) -> Vec<f64> {
        let rows = self.row_clusters.iter().zip(&self.row_lambdas);
        rows.map(|(cluster, lambda)| self.outlier_score(*cluster, *lambda)).collect()
    }
}
