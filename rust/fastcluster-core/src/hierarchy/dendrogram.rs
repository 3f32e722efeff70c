//! From joins of rows to numbered nodes, in the form that `SciPy` reads.
//!
//! # Source
//! The numbering of nodes by disjoint sets: Müllner 2011, arXiv:1109.2378, figure 5.

use crate::graph::Edge;

/// One merge: the two nodes, the lower first, the height, the rows below. Rows are nodes 0 to n − 1, merge i makes node
/// n + i.
pub type Merge = [f64; 4];

/// Two clusters, each named by one of its rows, that are joined at a height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Join {
    /// A row of the one.
    pub one: u32,
    /// A row of the other.
    pub other: u32,
    /// How far they are apart.
    pub height: f64,
}

/// The dendrogram of `n` rows from the edges of a spanning tree: single linkage.
///
/// Edges of equal weight are joined in the order in which they come: that of [`Edge::order`] makes the dendrogram
/// independent of how the tree was found.
///
/// # Cost
/// O(n log n).
pub fn from_edges(n: usize, edges: Vec<Edge>) -> Vec<Merge> {
    debug_assert!(edges.len() + 1 == n, "a tree has one edge less than rows");
    let join = |edge: Edge| Join { one: edge.low, other: edge.high, height: edge.weight };
    ascending(n, edges.into_iter().map(join).collect())
}

/// The dendrogram of `n` − 1 joins that come in any order; those of equal height keep theirs.
pub fn ascending(n: usize, joins: Vec<Join>) -> Vec<Merge> {
    ordered(merged(n, joins))
}

/// The same, but that the two nodes of a merge stand as in the join.
pub fn merged(n: usize, mut joins: Vec<Join>) -> Vec<Merge> {
    joins.sort_by(|a, b| a.height.total_cmp(&b.height));
    let mut nodes = Nodes::new(n);
    joins.iter().map(|join| nodes.join(join)).collect()
}

/// The dendrogram of joins in their order.
pub(crate) fn numbered(n: usize, joins: &[Join]) -> Vec<Merge> {
    let mut nodes = Nodes::new(n);
    ordered(joins.iter().map(|join| nodes.join(join)).collect())
}

fn ordered(mut merges: Vec<Merge>) -> Vec<Merge> {
    merges.iter_mut().filter(|merge| merge[0] > merge[1]).for_each(|merge| merge.swap(0, 1));
    merges
}

/// The node that holds each row, and how many rows each node holds.
struct Nodes {
    above: Vec<u32>,
    sizes: Vec<u32>,
    n_nodes: u32,
}

impl Nodes {
    fn new(n: usize) -> Self {
        let n_most = (2 * n).saturating_sub(1) as u32;
        Self { above: (0..n_most).collect(), sizes: vec![1; n_most as usize], n_nodes: n as u32 }
    }

    fn join(&mut self, join: &Join) -> Merge {
        let (one, other) = (self.top(join.one), self.top(join.other));
        let size = self.sizes[one as usize] + self.sizes[other as usize];
        self.above[one as usize] = self.n_nodes;
        self.above[other as usize] = self.n_nodes;
        self.sizes[self.n_nodes as usize] = size;
        self.n_nodes += 1;
        [f64::from(one), f64::from(other), join.height, f64::from(size)]
    }

    /// The node above all others that holds this one; halves the path that it walks.
    fn top(&mut self, node: u32) -> u32 {
        let mut node = node;
        while self.above[node as usize] != node {
            let above = self.above[self.above[node as usize] as usize];
            self.above[node as usize] = above;
            node = above;
        }
        node
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_of_equal_weight_keep_their_order() {
        let edges = vec![Edge::new(2.0, 0, 1), Edge::new(1.0, 2, 3), Edge::new(1.0, 1, 2)];
        let expected = [[2.0, 3.0, 1.0, 2.0], [1.0, 4.0, 1.0, 3.0], [0.0, 5.0, 2.0, 4.0]];
        assert_eq!(from_edges(4, edges), expected);
        assert!(from_edges(1, Vec::new()).is_empty());
    }
}
