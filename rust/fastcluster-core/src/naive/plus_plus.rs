//! Greedy k-means++ (Arthur and Vassilvitskii, SODA 2007), every distance of every draw taken.

use super::table::{Table, squared_distance};

/// Σ w·D² with D the distance of a row to the nearest of the `chosen` rows: what the seeding lowers.
pub fn potential(rows: &Table, weights: Option<&[f64]>, chosen: &[usize]) -> f64 {
    masses(rows, weights, chosen).into_iter().sum()
}

/// Chooses `n_clusters` rows: the first by weight, each other one the best of `n_trials` draws by w·D².
///
/// `uniform` gives numbers in [0, 1). Where every row lies on a chosen one, the lowest row not yet chosen is taken.
pub fn plus_plus(
    rows: &Table,
    weights: Option<&[f64]>,
    n_clusters: usize,
    n_trials: usize,
    uniform: &mut dyn FnMut() -> f64,
) -> Vec<usize> {
    let first = match weights {
        Some(weights) => draw(weights, uniform()),
        None => draw(&vec![1.0; rows.n_rows()], uniform()),
    };
    let mut chosen = vec![first.unwrap_or(0)];
    while chosen.len() < n_clusters {
        let masses = masses(rows, weights, &chosen);
        let mut best = (f64::INFINITY, None);
        for _ in 0..n_trials {
            let Some(row) = draw(&masses, uniform()) else { break };
            chosen.push(row);
            let after = potential(rows, weights, &chosen);
            chosen.pop();
            if after < best.0 {
                best = (after, Some(row));
            }
        }
        let unused = || (0..rows.n_rows()).find(|row| !chosen.contains(row));
        let Some(row) = best.1.or_else(unused) else { break };
        chosen.push(row);
    }
    chosen
}

/// w·D² of each row.
fn masses(rows: &Table, weights: Option<&[f64]>, chosen: &[usize]) -> Vec<f64> {
    let mass = |(index, row)| {
        let distances = chosen.iter().map(|other| squared_distance(row, rows.row(*other)));
        weights.map_or(1.0, |weights| weights[index]) * distances.fold(f64::INFINITY, f64::min)
    };
    rows.rows().enumerate().map(mass).collect()
}

/// The entry at `uniform` of the cumulated masses; none where all are zero.
fn draw(masses: &[f64], uniform: f64) -> Option<usize> {
    let mut left = uniform * masses.iter().sum::<f64>();
    let mut last = None;
    for (index, mass) in masses.iter().enumerate().filter(|(_, mass)| **mass > 0.0) {
        last = Some(index);
        left -= mass;
        if left < 0.0 {
            break;
        }
    }
    last
}
