//! DBSCAN as scikit-learn searches: neighbourhoods first, then clusters one after the other.

use super::table::{Table, squared_distance};

/// The neighbours of each row, itself among them: squared distance at most `eps·eps`.
pub fn within(rows: &Table, eps: f64) -> Vec<Vec<usize>> {
    let near =
        |one: usize, other: usize| squared_distance(rows.row(one), rows.row(other)) <= eps * eps;
    let n = rows.n_rows();
    (0..n).map(|one| (0..n).filter(|other| near(one, *other)).collect()).collect()
}

/// The same under cosine, for rows that [`super::unit()`] gave: 1 − cos at most `eps`, zero from a row to itself.
pub fn within_angle(rows: &Table, eps: f64) -> Vec<Vec<usize>> {
    let cosine = |one: usize, other: usize| {
        rows.row(one).iter().zip(rows.row(other)).map(|(x, y)| x * y).sum::<f64>()
    };
    let near = |one: usize, other: usize| one == other || 1.0 - cosine(one, other) <= eps;
    let n = rows.n_rows();
    (0..n).map(|one| (0..n).filter(|other| near(one, *other)).collect()).collect()
}

/// The label of each row, −1 for noise, and whether it is core.
pub fn dbscan(
    neighborhoods: &[Vec<usize>],
    weights: Option<&[f64]>,
    min_samples: usize,
) -> (Vec<i64>, Vec<bool>) {
    let weight = |row: &usize| weights.map_or(1.0, |weights| weights[*row]);
    let is_core = |rows: &Vec<usize>| rows.iter().map(weight).sum::<f64>() >= min_samples as f64;
    let cores: Vec<bool> = neighborhoods.iter().map(is_core).collect();
    let mut labels = vec![-1; cores.len()];
    let (mut n_clusters, mut stack) = (0, Vec::new());
    for first in 0..cores.len() {
        if labels[first] != -1 || !cores[first] {
            continue;
        }
        stack.push(first);
        while let Some(row) = stack.pop() {
            if labels[row] == -1 {
                labels[row] = n_clusters;
                if cores[row] {
                    stack.extend(&neighborhoods[row]);
                }
            }
        }
        n_clusters += 1;
    }
    (labels, cores)
}
