//! Nearest centers by comparing every row with every center.

use super::table::{Table, squared_distance};

/// The nearest center of each row, ties to the lowest index.
pub fn assign(rows: &Table, centers: &Table) -> Vec<usize> {
    let nearest_of = |row| {
        let mut nearest = (f64::INFINITY, 0);
        for (index, center) in centers.rows().enumerate() {
            let distance = squared_distance(row, center);
            if distance < nearest.0 {
                nearest = (distance, index);
            }
        }
        nearest.1
    };
    rows.rows().map(nearest_of).collect()
}

/// Σ w·‖x − c‖², c the center that the row is labelled with; every w is 1 where `weights` is `None`.
pub fn inertia(rows: &Table, weights: Option<&[f64]>, centers: &Table, labels: &[usize]) -> f64 {
    let terms = rows.rows().zip(labels).enumerate().map(|(index, (row, label))| {
        let weight = weights.map_or(1.0, |weights| weights[index]);
        weight * squared_distance(row, centers.row(*label))
    });
    terms.sum()
}

/// The `n_neighbors` nearest centers of each row with their squared distances, nearest first, ties to the lowest index.
pub fn nearest(rows: &Table, centers: &Table, n_neighbors: usize) -> Vec<Vec<(f64, usize)>> {
    let ranked = |row| {
        let each = centers.rows().map(|center| squared_distance(row, center));
        let mut ranked: Vec<(f64, usize)> = each.zip(0..).collect();
        ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        ranked.truncate(n_neighbors);
        ranked
    };
    rows.rows().map(ranked).collect()
}
