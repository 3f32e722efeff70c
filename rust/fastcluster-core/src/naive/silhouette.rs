//! Silhouettes from all distances.

use super::{Table, squared_distance};

/// The silhouette of every row, given the number of its cluster, for the distance `of` a squared distance.
pub fn silhouettes(rows: &Table, labels: &[u32], of: impl Fn(f64) -> f64) -> Vec<f64> {
    let n_clusters = labels.iter().max().map_or(0, |largest| *largest as usize + 1);
    let mut sizes = vec![0.0; n_clusters];
    for label in labels {
        sizes[*label as usize] += 1.0;
    }
    let silhouette = |(row, own): (&[f64], &u32)| {
        let mut sums = vec![0.0; n_clusters];
        for (other, label) in rows.rows().zip(labels) {
            sums[*label as usize] += of(squared_distance(row, other));
        }
        let own = *own as usize;
        let inside = sums[own] / (sizes[own] - 1.0);
        let others = (0..n_clusters).filter(|cluster| *cluster != own);
        let means = others.map(|cluster| sums[cluster] / sizes[cluster]);
        let outside = means.fold(f64::INFINITY, f64::min);
        let silhouette = (outside - inside) / inside.max(outside);
        // A row alone in its cluster, or among equal rows.
        if silhouette.is_nan() { 0.0 } else { silhouette }
    };
    rows.rows().zip(labels).map(silhouette).collect()
}
