//! The sets of core rows that are within eps of one another.

use fastcluster_kernels::distance;
use fastcluster_kernels::groups::{Corners, LANES};

use super::groups::{MIXED, node_sets};
use super::{BLOCK_LEAVES, NO_SET, Search};
use crate::Error;
use crate::graph::SharedSets;
use crate::tree::shape::LEAF;
use crate::tree::walk::{Pending, Visitor, walk};
use crate::tree::{Scan, Tree, bits};

/// What the joins of one round share.
struct Round<'a> {
    tree: &'a Tree,
    limit: f64,
    sets: &'a SharedSets,
    /// The cores of each leaf, as a mask, by node.
    cores: &'a [u64],
    /// Set of each node at the start of the round, by [`node_sets`]. Sets only grow, so what was one set still is.
    of_nodes: &'a [u32],
}

/// A thread's scratch.
struct Scratch {
    point: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
    stack: Vec<Pending>,
    scan: Scan,
}

impl Scratch {
    fn new(d: usize) -> Self {
        let zeros = || vec![0.0; d];
        Self {
            point: zeros(),
            low: zeros(),
            high: zeros(),
            stack: Vec::new(),
            scan: [[0.0; LANES]; _],
        }
    }
}

impl Search<'_> {
    /// Joins the cores. Returns, for each node and for each position, the set, known by one of its positions.
    pub(super) fn join(&self, core: &[bool]) -> Result<(Vec<u32>, Vec<u32>), Error> {
        let (tree, limit) = (self.tree, self.limit);
        let shared = &SharedSets::new(tree.n_rows);
        let cores = &masks(tree, core);
        let alone: Vec<u32> = vec![MIXED; tree.nodes.len()];
        let anchors = &self.anchors(core);
        let round = Round { tree, limit, sets: shared, cores, of_nodes: &alone };
        self.each_leaf(cores, |scratch, leaf| round.join_siblings(leaf, anchors, scratch))?;
        let of_nodes = &node_sets(tree, &self.sets(core, shared)?);
        let round = Round { tree, limit, sets: shared, cores, of_nodes };
        self.each_leaf(cores, |scratch, leaf| round.join_others(leaf, scratch))?;
        let sets = self.sets(core, shared)?;
        Ok((node_sets(tree, &sets), sets))
    }

    /// For each node, the position of a core that is within eps of all its cores: the first one of the largest node
    /// around it that is no wider than eps. [`NO_SET`] where there is none.
    fn anchors(&self, core: &[bool]) -> Vec<u32> {
        let tree = self.tree;
        let (mut low, mut high) = (vec![0.0; tree.n_features], vec![0.0; tree.n_features]);
        let mut anchors = vec![NO_SET; tree.nodes.len()];
        for node in 0..anchors.len() {
            if anchors[node] == NO_SET {
                tree.read_box(node, &mut low, &mut high);
                if distance::squared_64(tree.level, &low, &high) <= self.limit {
                    let first = tree.positions(node).find(|position| core[*position]);
                    anchors[node] = first.map_or(NO_SET, |position| position as u32);
                }
            }
            let (anchor, block) = (anchors[node], tree.nodes[node].block);
            if block != LEAF {
                anchors[block as usize * LANES..][..LANES].fill(anchor);
            }
        }
        anchors
    }

    fn each_leaf(
        &self,
        cores: &[u64],
        work: impl Fn(&mut Scratch, usize) + Sync + Send,
    ) -> Result<(), Error> {
        let (tree, pool) = (self.tree, self.context.pool);
        let n_tasks = tree.leaves.len().div_ceil(BLOCK_LEAVES);
        let scratch = || Scratch::new(tree.n_features);
        pool.map_tasks(self.context.observer, n_tasks, scratch, |scratch, task| {
            for leaf in tree.leaves.iter().skip(task * BLOCK_LEAVES).take(BLOCK_LEAVES) {
                if cores[*leaf as usize] != 0 {
                    work(scratch, *leaf as usize);
                }
            }
            Ok(())
        })?;
        Ok(())
    }

    /// The set of each position.
    fn sets(&self, core: &[bool], shared: &SharedSets) -> Result<Vec<u32>, Error> {
        let mut sets = vec![NO_SET; self.tree.n_rows];
        let block = BLOCK_LEAVES * 256;
        self.context.pool.map_blocks(
            self.context.observer,
            &mut sets,
            block,
            || (),
            |(), part, sets| {
                for (position, set) in (part * block..).zip(sets) {
                    if core[position] {
                        *set = shared.root(position as u32);
                    }
                }
                Ok(())
            },
        )?;
        Ok(sets)
    }
}

/// The cores of each leaf, as a mask, by node.
fn masks(tree: &Tree, core: &[bool]) -> Vec<u64> {
    let mut masks = vec![0; tree.nodes.len()];
    for leaf in &tree.leaves {
        let cores = &core[tree.positions(*leaf as usize)];
        let bit = |mask: u64, (bit, core): (usize, &bool)| mask | u64::from(*core) << bit;
        masks[*leaf as usize] = cores.iter().enumerate().fold(0, bit);
    }
    masks
}

impl Round<'_> {
    /// The position of the first core of a leaf.
    fn first(&self, leaf: usize) -> u32 {
        self.tree.nodes[leaf].start + self.cores[leaf].trailing_zeros()
    }

    /// Joins the cores of a leaf, and those of the later leaves of its block.
    fn join_siblings(&self, leaf: usize, anchors: &[u32], scratch: &mut Scratch) {
        let anchor = anchors[leaf];
        if anchor == NO_SET {
            self.join_leaves((leaf, leaf), false, scratch);
        } else {
            let start = self.tree.nodes[leaf].start;
            for bit in bits(self.cores[leaf]) {
                self.sets.unite(anchor, start + bit as u32);
            }
        }
        let end = (leaf / LANES + 1) * LANES;
        for (other, others) in (leaf + 1..end).zip(&anchors[leaf + 1..end]) {
            let one_set = anchor != NO_SET && *others != NO_SET;
            self.join_leaves((leaf, other), one_set, scratch);
        }
    }

    /// Joins every core of the one leaf with every core of the other within eps; where each leaf is `one_set`, with the
    /// first.
    fn join_leaves(&self, (one, other): (usize, usize), one_set: bool, scratch: &mut Scratch) {
        if self.cores[other] == 0 || one_set && self.sets.joined(self.first(one), self.first(other))
        {
            return;
        }
        let starts = [one, other].map(|leaf| self.tree.nodes[leaf].start);
        for bit in bits(self.cores[one]) {
            let position = starts[0] + bit as u32;
            self.tree.read(position as usize, &mut scratch.point);
            let near = self.tree.scan(other, &scratch.point, self.limit, &mut scratch.scan);
            for bit in bits(near & self.cores[other]) {
                self.sets.unite(position, starts[1] + bit as u32);
                if one_set {
                    return;
                }
            }
        }
    }

    /// Joins the cores of a leaf with those of all later leaves.
    fn join_others(&self, leaf: usize, scratch: &mut Scratch) {
        let Scratch { point, low, high, stack, scan } = scratch;
        let (tree, own) = (self.tree, self.of_nodes[leaf]);
        let end = tree.nodes[leaf].end;
        if own != MIXED {
            tree.read_box(leaf, low, high);
            let query = Corners { low, high };
            let cores = self.cores[leaf];
            let mut joiner = Joiner { round: self, leaf, cores, own, end, point, scan };
            walk(tree, query, stack, &mut joiner);
            return;
        }
        for bit in bits(self.cores[leaf]) {
            let own = tree.nodes[leaf].start + bit as u32;
            tree.read(own as usize, low);
            let query = Corners { low, high: low };
            let mut joiner = Joiner { round: self, leaf, cores: 1 << bit, own, end, point, scan };
            walk(tree, query, stack, &mut joiner);
        }
    }
}

/// Joins some cores of a leaf, which are in one set, with those that a walk comes by.
struct Joiner<'a> {
    round: &'a Round<'a>,
    leaf: usize,
    /// Which of the leaf's rows.
    cores: u64,
    /// A position in their set.
    own: u32,
    /// Where later leaves start.
    end: u32,
    point: &'a mut [f64],
    scan: &'a mut Scan,
}

impl Visitor for Joiner<'_> {
    const INSIDE: bool = true;

    fn limit(&self) -> f64 {
        self.round.limit
    }

    fn wants(&self, node: usize, _near: f64) -> bool {
        let set = self.round.of_nodes[node];
        self.round.tree.nodes[node].end > self.end
            && set != NO_SET
            && (set == MIXED || !self.round.sets.joined(set, self.own))
    }

    fn inside(&mut self, node: usize) {
        let set = self.round.of_nodes[node];
        if set != MIXED {
            self.round.sets.unite(set, self.own);
            return;
        }
        // Every core of the node is within eps of every core here.
        let block = self.round.tree.nodes[node].block;
        if block == LEAF {
            let start = self.round.tree.nodes[node].start;
            for bit in bits(self.round.cores[node]) {
                self.round.sets.unite(start + bit as u32, self.own);
            }
            return;
        }
        for child in block as usize * LANES..(block as usize + 1) * LANES {
            if self.wants(child, 0.0) {
                self.inside(child);
            }
        }
    }

    fn leaf(&mut self, leaf: usize) {
        let round = self.round;
        let one_set = round.of_nodes[leaf] != MIXED;
        let start = round.tree.nodes[leaf].start;
        for bit in bits(self.cores) {
            let position = round.tree.nodes[self.leaf].start as usize + bit;
            round.tree.read(position, self.point);
            let near = round.tree.scan(leaf, self.point, round.limit, self.scan);
            for bit in bits(near & round.cores[leaf]) {
                round.sets.unite(self.own, start + bit as u32);
                if one_set {
                    return;
                }
            }
        }
    }
}
