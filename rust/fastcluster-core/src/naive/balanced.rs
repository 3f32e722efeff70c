//! Minimum-cost assignment within size bounds, by cancelling negative cycles (Klein 1967, doi:10.1287/mnsc.14.3.205).

use super::table::{Table, squared_distance};

/// What [`balanced_assign`] keeps to, and what it charges for sizes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Balance {
    /// Least rows per cluster.
    pub size_min: usize,
    /// Most rows per cluster.
    pub size_max: usize,
    /// What the squared size of a cluster costs.
    pub penalty: f64,
}

/// Σ w·‖x − c‖² + penalty·Σ size², c the center that the row is labelled with.
pub fn balanced_cost(
    rows: &Table,
    weights: Option<&[f64]>,
    centers: &Table,
    labels: &[usize],
    penalty: f64,
) -> f64 {
    let mut sizes = vec![0.0; centers.n_rows()];
    for label in labels {
        sizes[*label] += 1.0;
    }
    let uneven: f64 = sizes.iter().map(|size| size * size).sum();
    super::inertia(rows, weights, centers, labels) + penalty * uneven
}

/// An assignment of least [`balanced_cost`] among those within the bounds, which must leave one.
///
/// Starts with rows dealt out in order and, as long as moving one row along each edge of a cycle of clusters, or along
/// a path between two of them that may grow and shrink, saves anything, does so. Exact where all sums of costs are.
#[must_use]
pub fn balanced_assign(
    rows: &Table,
    weights: Option<&[f64]>,
    centers: &Table,
    balance: Balance,
) -> Vec<usize> {
    let k = centers.n_rows();
    let mut labels: Vec<usize> = (0..rows.n_rows()).map(|row| row % k).collect();
    let cost = |row: usize, cluster: usize| {
        let weight = weights.map_or(1.0, |weights| weights[row]);
        weight * squared_distance(rows.row(row), centers.row(cluster))
    };
    while let Some(cycle) = negative_cycle(&labels, k, &cost, balance) {
        for (row, to) in cycle {
            labels[row] = to;
        }
    }
    labels
}

/// Moves of rows that together save something; found by Bellman and Ford's algorithm over clusters and, last, the hub.
fn negative_cycle(
    labels: &[usize],
    k: usize,
    cost: &dyn Fn(usize, usize) -> f64,
    balance: Balance,
) -> Option<Vec<(usize, usize)>> {
    let mut edges: Vec<(usize, usize, f64, Option<usize>)> = Vec::new();
    for (row, from) in labels.iter().enumerate() {
        for to in (0..k).filter(|to| to != from) {
            edges.push((*from, to, cost(row, to) - cost(row, *from), Some(row)));
        }
    }
    for cluster in 0..k {
        let size = labels.iter().filter(|label| **label == cluster).count();
        if size < balance.size_max {
            edges.push((cluster, k, balance.penalty * (2.0 * size as f64 + 1.0), None));
        }
        if size > balance.size_min {
            edges.push((k, cluster, -balance.penalty * (2.0 * size as f64 - 1.0), None));
        }
    }
    let mut distances = vec![0.0; k + 1];
    let mut reached_by: Vec<Option<usize>> = vec![None; k + 1];
    let mut last = None;
    for _ in 0..=k {
        last = None;
        for (at, (from, to, length, _)) in edges.iter().enumerate() {
            if distances[*from] + length < distances[*to] - 1e-9 {
                distances[*to] = distances[*from] + length;
                reached_by[*to] = Some(at);
                last = Some(*to);
            }
        }
    }
    let mut node = last?;
    // As many steps back as there are nodes lead onto the cycle.
    for _ in 0..=k {
        node = edges[reached_by[node]?].0;
    }
    let (first, mut moves) = (node, Vec::new());
    loop {
        let (from, to, _, row) = edges[reached_by[node]?];
        moves.extend(row.map(|row| (row, to)));
        node = from;
        if node == first {
            return Some(moves);
        }
    }
}
