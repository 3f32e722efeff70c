//! Numbers for clusters.

use super::{Fit, NOISE};
use crate::graph::SharedSets;

/// The labels of rows whose core rows are joined in `sets`, which hold no others.
///
/// A set's root is its least row, so roots met in row order number the clusters, and the least root among a row's core
/// neighbours (`least_root`, asked for the rows that are not core) is that of the first cluster.
pub(super) fn labels_of(
    cores: &[bool],
    sets: &SharedSets,
    least_root: impl Fn(u32) -> Option<u32>,
) -> Fit {
    let mut labels = vec![NOISE; cores.len()];
    let mut n_clusters = 0;
    for (row, _) in cores.iter().enumerate().filter(|(_, core)| **core) {
        let root = sets.root(row as u32) as usize;
        if root == row {
            labels[row] = n_clusters;
            n_clusters += 1;
        } else {
            labels[row] = labels[root];
        }
    }
    for (row, _) in cores.iter().enumerate().filter(|(_, core)| !**core) {
        if let Some(root) = least_root(row as u32) {
            labels[row] = labels[root as usize];
        }
    }
    Fit { labels, cores: cores.to_vec() }
}
