//! Which positions a node has: by the number of rows alone, so that it is known before any row is read.

use fastcluster_kernels::groups::LANES;

/// Groups of rows in a leaf, at most: 32 rows. Smaller leaves cost more nodes and larger ones more rows; chosen, not
/// measured.
pub(super) const LEAF_GROUPS: usize = 4;

/// Binary levels in a block: eight children.
const BLOCK_LEVELS: usize = 3;

/// `Node::block` of a leaf.
pub(super) const LEAF: u32 = u32::MAX;

/// A node: a range of positions; empty where a block has fewer than eight children.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) start: u32,
    pub(super) end: u32,
    /// The block of its children, or [`LEAF`].
    pub(super) block: u32,
}

impl Node {
    const EMPTY: Self = Self { start: 0, end: 0, block: LEAF };

    pub(super) fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// A range of groups of rows.
pub(super) type Groups = std::ops::Range<usize>;

/// Binary levels above the leaves of `n_groups` groups.
pub(super) fn n_levels(n_groups: usize) -> usize {
    n_groups.div_ceil(LEAF_GROUPS).next_power_of_two().ilog2() as usize
}

/// The group where the upper half of `groups` starts.
pub(super) fn middle(groups: &Groups) -> usize {
    groups.start + groups.len().div_ceil(2)
}

/// Every range halved.
pub(super) fn halved(parts: &[Groups]) -> Vec<Groups> {
    parts.iter().flat_map(|part| [part.start..middle(part), middle(part)..part.end]).collect()
}

/// All nodes of a tree of `n_rows` rows, eight a block, parents before children, nodes in the order of positions.
pub(super) fn plan(n_rows: usize) -> Vec<Node> {
    let n_groups = n_rows.div_ceil(LANES);
    let mut nodes = Vec::new();
    plan_block(&mut nodes, 0..n_groups, n_levels(n_groups), n_rows);
    nodes
}

fn plan_block(nodes: &mut Vec<Node>, groups: Groups, n_levels: usize, n_rows: usize) {
    // The topmost block takes what is left of the levels, so that all below are full.
    let here = if n_levels == 0 { 0 } else { (n_levels - 1) % BLOCK_LEVELS + 1 };
    let parts = (0..here).fold(vec![groups], |parts, _| halved(&parts));
    let first = nodes.len();
    nodes.resize(first + LANES, Node::EMPTY);
    for (lane, part) in parts.into_iter().enumerate() {
        let block = if here == n_levels { LEAF } else { (nodes.len() / LANES) as u32 };
        let position = |group: usize| (group * LANES).min(n_rows) as u32;
        nodes[first + lane] = Node { start: position(part.start), end: position(part.end), block };
        if here < n_levels {
            plan_block(nodes, part, n_levels - here, n_rows);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_follow_one_another_and_hold_16_to_32_rows() {
        for n_rows in (1..700).chain([4_095, 4_096, 4_097, 100_003]) {
            let nodes = plan(n_rows);
            let mut position = 0;
            for node in nodes.iter().filter(|node| !node.is_empty() && node.block == LEAF) {
                assert_eq!(node.start, position, "{n_rows} rows");
                assert!(node.end - node.start <= (LEAF_GROUPS * LANES) as u32);
                // The last group may be short, and of two groups one may stand alone.
                assert!(n_rows < 64 || node.end - node.start > 8, "{n_rows} rows, {node:?}");
                position = node.end;
            }
            assert_eq!(position as usize, n_rows);
        }
    }

    #[test]
    fn children_share_out_their_parents_rows() {
        let nodes = plan(10_000);
        for (at, node) in nodes.iter().enumerate().filter(|(_, node)| node.block != LEAF) {
            assert!(node.block as usize > at / LANES);
            let children = &nodes[node.block as usize * LANES..][..LANES];
            let full = children.iter().filter(|child| !child.is_empty());
            assert_eq!(full.clone().map(|child| child.start).min(), Some(node.start));
            assert_eq!(full.clone().map(|child| child.end).max(), Some(node.end));
            assert_eq!(
                full.map(|child| child.end - child.start).sum::<u32>(),
                node.end - node.start
            );
        }
    }
}
