//! Kruskal's algorithm.

use super::{Edge, Sets};

/// The edges of the lightest spanning forest of `n` rows, in order; `edges` may hold an edge more than once.
///
/// The order of edges is total, so the forest is unique; it is a tree (n − 1 edges) where the graph is connected.
///
/// # Cost
/// Sorting dominates: O(m log m) for m edges.
pub fn lightest_forest(n: usize, mut edges: Vec<Edge>) -> Vec<Edge> {
    edges.sort_unstable_by(Edge::order);
    let mut sets = Sets::new(n);
    edges.retain(|edge| sets.unite(edge.low, edge.high));
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_weights_are_taken_by_row_numbers() {
        let edges = [(1.0, 2, 1), (1.0, 0, 2), (1.0, 1, 0), (0.5, 4, 3), (0.5, 3, 4)]
            .map(|(weight, one, other)| Edge::new(weight, one, other));
        let forest = lightest_forest(5, edges.to_vec());
        let expected = [(0.5, 3, 4), (1.0, 0, 1), (1.0, 0, 2)]
            .map(|(weight, one, other)| Edge::new(weight, one, other));
        assert_eq!(forest, expected);
    }
}
