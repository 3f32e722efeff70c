//! Which set all cores of a node are in, where that is one.

use fastcluster_kernels::groups::LANES;

use super::NO_SET;
use crate::tree::Tree;
use crate::tree::shape::LEAF;

/// Cores of several sets.
pub(super) const MIXED: u32 = u32::MAX - 1;

/// For each node, the set of all its cores; [`NO_SET`] without cores, [`MIXED`] with cores of several sets. `sets` has the
/// set of each position.
pub(super) fn node_sets(tree: &Tree, sets: &[u32]) -> Vec<u32> {
    let mut of_nodes = vec![NO_SET; tree.nodes.len()];
    for node in (0..of_nodes.len()).rev() {
        of_nodes[node] = match tree.nodes[node].block {
            LEAF => common(&sets[tree.positions(node)]),
            block => common(&of_nodes[block as usize * LANES..][..LANES]),
        };
    }
    of_nodes
}

fn common(sets: &[u32]) -> u32 {
    let one = |one: u32, other: &u32| match (one, *other) {
        (one, NO_SET) => one,
        (NO_SET, other) => other,
        (one, other) if one == other => one,
        _ => MIXED,
    };
    sets.iter().fold(NO_SET, one)
}
