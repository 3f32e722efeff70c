//! The cluster of each row.

use fastcluster_kernels::groups::{Corners, LANES};

use super::groups::MIXED;
use super::{BLOCK_LEAVES, NO_SET, NOISE, Search};
use crate::Error;
use crate::tree::walk::{Visitor, walk};
use crate::tree::{Scan, bits, by_leaf};

/// Looks for the smallest-numbered cluster with a core within eps.
struct Border<'a> {
    search: &'a Search<'a>,
    /// Set of each position.
    sets: &'a [u32],
    /// Set of each node.
    of_nodes: &'a [u32],
    /// Number of each set.
    numbers: &'a [u32],
    point: &'a [f64],
    /// The smallest number so far.
    best: u32,
    scan: Scan,
}

impl Border<'_> {
    fn take(&mut self, set: u32) {
        if set != NO_SET {
            self.best = self.best.min(self.numbers[set as usize]);
        }
    }
}

impl Visitor for Border<'_> {
    fn limit(&self) -> f64 {
        self.search.limit
    }

    fn wants(&self, node: usize, _near: f64) -> bool {
        match self.of_nodes[node] {
            NO_SET => false,
            MIXED => true,
            set => self.numbers[set as usize] < self.best,
        }
    }

    fn leaf(&mut self, leaf: usize) {
        let tree = self.search.tree;
        let mask = tree.scan(leaf, self.point, self.search.limit, &mut self.scan);
        let start = tree.nodes[leaf].start as usize;
        for bit in bits(mask) {
            self.take(self.sets[start + bit]);
        }
    }
}

impl Search<'_> {
    /// The cluster of the row at each position.
    pub(super) fn take_borders(
        &self,
        core: &[bool],
        sets: &[u32],
        of_nodes: &[u32],
        numbers: &[u32],
    ) -> Result<Vec<i64>, Error> {
        let tree = self.tree;
        let mut clusters = vec![NOISE; tree.n_rows];
        self.context.pool.map_blocks(
            self.context.observer,
            &mut by_leaf(tree, &mut clusters, 1),
            BLOCK_LEAVES,
            || (vec![0.0; tree.n_features], Vec::new()),
            |(point, stack), block, parts| {
                for (leaf, clusters) in (block * BLOCK_LEAVES..).zip(parts) {
                    let positions = tree.positions(tree.leaves[leaf] as usize);
                    for (position, cluster) in positions.zip(clusters.iter_mut()) {
                        if core[position] {
                            *cluster = i64::from(numbers[sets[position] as usize]);
                            continue;
                        }
                        tree.read(position, point);
                        let query = Corners { low: point, high: point };
                        let (best, scan) = (NO_SET, [[0.0; LANES]; _]);
                        let mut border =
                            Border { search: self, sets, of_nodes, numbers, point, best, scan };
                        walk(tree, query, stack, &mut border);
                        if border.best != NO_SET {
                            *cluster = i64::from(border.best);
                        }
                    }
                }
                Ok(())
            },
        )?;
        Ok(clusters)
    }
}
