//! Mutual reachability of all pairs, and its lightest tree by Kruskal's algorithm.

use super::table::{Table, squared_distance};
use crate::graph::{Edge, Reachability, lightest_forest};

/// The edges of all pairs of rows, in order: max(distance/alpha, core, core).
pub fn mutual_reachability(distances: &Table, cores: &[f64], alpha: f64) -> Vec<Edge> {
    let n = cores.len();
    let pairs = (0..n).flat_map(|low| (low + 1..n).map(move |high| (low, high)));
    let edge = |(low, high): (usize, usize)| {
        let weight = (distances.row(low)[high] / alpha).max(cores[low]).max(cores[high]);
        Edge::new(weight, low as u32, high as u32)
    };
    let mut edges: Vec<Edge> = pairs.map(edge).collect();
    edges.sort_by(Edge::order);
    edges
}

/// Core distances, neighbours and tree of rows under the Euclidean distance.
pub fn reachability(rows: &Table, min_samples: usize, alpha: f64) -> Reachability {
    let n = rows.n_rows();
    let of_pair = |x, y| squared_distance(x, y).sqrt();
    let all = rows.rows().flat_map(|x| rows.rows().map(move |y| of_pair(x, y)));
    let distances = Table::new(all.collect(), n);
    let mut found = Reachability { n_listed: min_samples - 1, ..Reachability::default() };
    for (row, line) in distances.rows().enumerate() {
        let mut others: Vec<usize> = (0..n).filter(|other| *other != row).collect();
        others.sort_by(|a, b| line[*a].total_cmp(&line[*b]).then(a.cmp(b)));
        others.truncate(min_samples - 1);
        found.cores.push(others.last().map_or(0.0, |last| line[*last]));
        found.neighbors.extend(others.iter().map(|other| *other as u32));
        found.distances.extend(others.iter().map(|other| line[*other]));
    }
    found.edges = lightest_forest(n, mutual_reachability(&distances, &found.cores, alpha));
    found
}
