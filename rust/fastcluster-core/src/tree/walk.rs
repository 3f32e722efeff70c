//! The nodes near a row or a box, nearest first.

use fastcluster_kernels::groups::{self, Corners, LANES};

use super::Tree;
use super::shape::LEAF;

/// A node that waits to be entered, and its squared distance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    near: f64,
    node: u32,
}

/// Who walks.
pub(super) trait Visitor {
    /// Whether [`Visitor::inside`] is told of nodes that lie within [`Visitor::limit`] as a whole.
    const INSIDE: bool = false;

    /// Nodes at a larger squared distance are left out.
    fn limit(&self) -> f64;

    /// Whether the node is worth entering, `near` its squared distance: asked when it is met and when its turn comes.
    fn wants(&self, node: usize, near: f64) -> bool;

    /// Every row of the node is within the limit; it is not entered.
    fn inside(&mut self, _node: usize) {}

    /// A leaf's turn.
    fn leaf(&mut self, leaf: usize);

    /// Whether the walk can end.
    fn done(&self) -> bool {
        false
    }
}

/// Walks from the root towards `query`. `stack` is scratch.
pub(super) fn walk<V: Visitor>(
    tree: &Tree,
    query: Corners<'_>,
    stack: &mut Vec<Pending>,
    visitor: &mut V,
) {
    stack.clear();
    open(tree, 0, query, stack, visitor);
    while let Some(Pending { near, node }) = stack.pop() {
        if visitor.done() {
            return;
        }
        let node = node as usize;
        if near > visitor.limit() || !visitor.wants(node, near) {
            continue;
        }
        match tree.nodes[node].block {
            LEAF => visitor.leaf(node),
            block => open(tree, block as usize, query, stack, visitor),
        }
    }
}

/// Puts the children of a block that the visitor wants on the stack, the nearest on top, of equals the first.
#[inline]
fn open<V: Visitor>(
    tree: &Tree,
    block: usize,
    query: Corners<'_>,
    stack: &mut Vec<Pending>,
    visitor: &mut V,
) {
    let limit = visitor.limit();
    let boxes = tree.boxes(block);
    let near = groups::nearest_to_boxes(tree.level, query, boxes);
    let far = if V::INSIDE {
        groups::farthest_in_boxes(tree.level, query, boxes)
    } else {
        [f64::INFINITY; LANES]
    };
    let base = stack.len();
    for lane in 0..LANES {
        let (near, node) = (near[lane], block * LANES + lane);
        if near > limit || tree.nodes[node].is_empty() || !visitor.wants(node, near) {
            continue;
        }
        if V::INSIDE && far[lane] <= limit {
            visitor.inside(node);
            continue;
        }
        stack.push(Pending { near, node: node as u32 });
        let mut at = stack.len() - 1;
        while at > base && stack[at - 1].near <= near {
            stack.swap(at - 1, at);
            at -= 1;
        }
    }
}
