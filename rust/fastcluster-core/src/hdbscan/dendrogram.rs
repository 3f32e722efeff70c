//! The single-linkage tree: every join of two parts, by height.
//!
//! The tree of edges is rooted at its least row, and the left part of a join is the one nearer to that root. Numbering
//! what comes out of it breadth-first then gives the numbers of scikit-learn's labels where no heights are equal.

use crate::Error;
use crate::graph::{Edge, Sets};

/// Joins in order of height: node `n_rows + i` joins `left[i]` and `right[i]`, which are rows or earlier nodes.
///
/// Parts that no edge joins are joined at infinity, by their least rows, so that there is always one tree.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dendrogram {
    /// Rows.
    pub n_rows: usize,
    /// The part nearer to row 0, per join.
    pub left: Vec<u32>,
    /// The other part.
    pub right: Vec<u32>,
    /// The height of each join, never falling.
    pub heights: Vec<f64>,
    /// Rows of both parts together.
    pub sizes: Vec<u32>,
}

/// Nodes are numbered by 32 bits, and there are almost two per row.
const ROWS_MAX: usize = 1 << 31;

impl Dendrogram {
    /// The joins that the edges of a forest make; edges in order of weight.
    ///
    /// # Errors
    /// [`Error::BadTree`] where the edges are no forest in order, [`Error::OutOfRange`] for rows that do not exist.
    pub fn new(n_rows: usize, edges: &[Edge]) -> Result<Self, Error> {
        check(n_rows, edges)?;
        let above = rooted(n_rows, edges);
        let mut dendrogram = Self { n_rows, ..Self::default() };
        let mut sets = Sets::new(n_rows);
        // The node that each set is, at the set's least row.
        let mut nodes: Vec<u32> = (0..n_rows as u32).collect();
        for edge in edges {
            let upper_is_low = above[edge.high as usize] == edge.low;
            let (upper, lower) =
                if upper_is_low { (edge.low, edge.high) } else { (edge.high, edge.low) };
            let (left, right) = (sets.root(upper), sets.root(lower));
            if !sets.unite(left, right) {
                return Err(Error::BadTree { reason: "its edges form a circle" });
            }
            let (left_node, right_node) = (nodes[left as usize], nodes[right as usize]);
            nodes[left.min(right) as usize] = dendrogram.join(left_node, right_node, edge.weight);
        }
        let least_of_parts = (1..n_rows as u32).filter(|row| sets.root(*row) == *row);
        for part in least_of_parts.collect::<Vec<_>>() {
            nodes[0] = dendrogram.join(nodes[0], nodes[part as usize], f64::INFINITY);
        }
        Ok(dendrogram)
    }

    fn join(&mut self, left: u32, right: u32, height: f64) -> u32 {
        let node = self.n_rows + self.heights.len();
        self.sizes.push(self.size(left) + self.size(right));
        self.left.push(left);
        self.right.push(right);
        self.heights.push(height);
        node as u32
    }

    /// The node that holds every row.
    pub(super) fn root(&self) -> u32 {
        (self.n_rows + self.heights.len()).saturating_sub(1) as u32
    }

    /// The join that a node is; none for a row.
    pub(super) fn join_of(&self, node: u32) -> Option<usize> {
        (node as usize).checked_sub(self.n_rows)
    }

    /// Rows below a node.
    pub(super) fn size(&self, node: u32) -> u32 {
        self.join_of(node).map_or(1, |join| self.sizes[join])
    }

    /// All rows in an order in which the rows of every node are next to each other, and where each node's begin.
    pub(super) fn leaf_order(&self) -> (Vec<u32>, Vec<u32>) {
        let mut starts = vec![0_u32; self.n_rows + self.heights.len()];
        for (join, (left, right)) in self.left.iter().zip(&self.right).enumerate().rev() {
            let start = starts[self.n_rows + join];
            starts[*left as usize] = start;
            starts[*right as usize] = start + self.size(*left);
        }
        let mut rows = vec![0_u32; self.n_rows];
        for (row, start) in starts[..self.n_rows].iter().enumerate() {
            rows[*start as usize] = row as u32;
        }
        (rows, starts)
    }
}

fn check(n_rows: usize, edges: &[Edge]) -> Result<(), Error> {
    if n_rows >= ROWS_MAX {
        return Err(Error::OutOfRange { name: "n_samples", found: n_rows, end: ROWS_MAX });
    }
    for edge in edges {
        if edge.high as usize >= n_rows {
            return Err(Error::OutOfRange {
                name: "edges",
                found: edge.high as usize,
                end: n_rows,
            });
        }
        if edge.low >= edge.high || edge.weight.is_nan() {
            return Err(Error::BadTree {
                reason: "an edge needs two rows, low < high, and a weight",
            });
        }
    }
    if edges.windows(2).any(|pair| pair[0].weight > pair[1].weight) {
        return Err(Error::BadTree { reason: "its edges must be in order of weight" });
    }
    Ok(())
}

/// The row above each row, once every part of the forest hangs from its least row; that one is above itself.
fn rooted(n_rows: usize, edges: &[Edge]) -> Vec<u32> {
    let mut ends = vec![0_u32; n_rows + 1];
    for edge in edges {
        ends[edge.low as usize] += 1;
        ends[edge.high as usize] += 1;
    }
    let mut total = 0;
    for end in &mut ends {
        total += *end;
        *end = total;
    }
    // Filled from the back, which turns each end into a start.
    let mut beside = vec![0_u32; total as usize];
    for edge in edges {
        for (one, other) in [(edge.low, edge.high), (edge.high, edge.low)] {
            ends[one as usize] -= 1;
            beside[ends[one as usize] as usize] = other;
        }
    }
    let mut above = vec![u32::MAX; n_rows];
    let mut waiting = Vec::new();
    for least in 0..n_rows as u32 {
        if above[least as usize] != u32::MAX {
            continue;
        }
        above[least as usize] = least;
        waiting.push(least);
        while let Some(row) = waiting.pop() {
            for other in &beside[ends[row as usize] as usize..ends[row as usize + 1] as usize] {
                if above[*other as usize] == u32::MAX {
                    above[*other as usize] = row;
                    waiting.push(*other);
                }
            }
        }
    }
    above
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(weight: f64, low: u32, high: u32) -> Edge {
        Edge::new(weight, low, high)
    }

    #[test]
    fn the_left_part_is_nearer_to_row_0() {
        let edges = [edge(1.0, 1, 2), edge(2.0, 2, 3), edge(3.0, 0, 3)];
        let tree = Dendrogram::new(4, &edges).unwrap();
        // 0 – 3 – 2 – 1: row 2 is nearer to row 0 than row 1 is.
        assert_eq!((tree.left, tree.right), (vec![2, 3, 0], vec![1, 4, 5]));
        assert_eq!(tree.sizes, [2, 3, 4]);
    }

    #[test]
    fn parts_without_an_edge_join_at_infinity() {
        let tree = Dendrogram::new(4, &[edge(1.0, 2, 3)]).unwrap();
        assert_eq!(tree.heights, [1.0, f64::INFINITY, f64::INFINITY]);
        assert_eq!((tree.left, tree.right), (vec![2, 0, 5], vec![3, 1, 4]));
    }

    #[test]
    fn what_is_no_forest_in_order_is_refused() {
        let circle = [edge(1.0, 0, 1), edge(1.0, 1, 2), edge(1.0, 0, 2)];
        for (edges, n_rows) in [
            (&circle[..], 3),
            (&[edge(2.0, 0, 1), edge(1.0, 1, 2)], 3),
            (&[edge(1.0, 0, 3)], 3),
            (&[Edge { weight: f64::NAN, low: 0, high: 1 }], 2),
            (&[Edge { weight: 1.0, low: 1, high: 1 }], 2),
        ] {
            assert!(Dendrogram::new(n_rows, edges).is_err());
        }
    }
}
