//! Which rows are core.

use fastcluster_kernels::distance;
use fastcluster_kernels::groups::{Corners, LANES};

use super::exact_sum::ExactSum;
use super::{BLOCK_LEAVES, Search};
use crate::Error;
use crate::tree::shape::LEAF;
use crate::tree::walk::{Visitor, walk};
use crate::tree::{Scan, Tree, bits, by_leaf};

/// What is summed over a row's neighbours, until there is enough of it.
trait Degree: Copy + Send + Sync {
    /// Adds what a whole node brings.
    fn add_node(&mut self, shared: &Totals<'_>, node: usize);
    /// Adds the rows of a leaf that `mask` names.
    fn add_rows(&mut self, shared: &Totals<'_>, leaf: usize, mask: u64);
    /// Whether nothing more needs to be added.
    fn is_enough(&self, shared: &Totals<'_>) -> bool;
}

/// What degrees are made from.
struct Totals<'a> {
    tree: &'a Tree,
    min_samples: usize,
    /// Weights by position; empty where rows are counted.
    weights: &'a [f64],
    /// Their sums by node.
    sums: &'a [ExactSum],
}

/// Rows that are counted.
#[derive(Clone, Copy)]
struct Count(usize);

impl Degree for Count {
    fn add_node(&mut self, shared: &Totals<'_>, node: usize) {
        self.0 += shared.tree.positions(node).len();
    }

    fn add_rows(&mut self, _: &Totals<'_>, _: usize, mask: u64) {
        self.0 += mask.count_ones() as usize;
    }

    fn is_enough(&self, shared: &Totals<'_>) -> bool {
        self.0 >= shared.min_samples
    }
}

/// Weights that are summed; a later one may be negative, so no sum is enough.
#[derive(Clone, Copy)]
struct Weight(ExactSum);

impl Degree for Weight {
    fn add_node(&mut self, shared: &Totals<'_>, node: usize) {
        self.0 += shared.sums[node];
    }

    fn add_rows(&mut self, shared: &Totals<'_>, leaf: usize, mask: u64) {
        let start = shared.tree.nodes[leaf].start as usize;
        for bit in bits(mask) {
            self.0 += ExactSum::of(shared.weights[start + bit]);
        }
    }

    fn is_enough(&self, _: &Totals<'_>) -> bool {
        false
    }
}

struct Neighborhood<'a, D> {
    totals: &'a Totals<'a>,
    point: &'a [f64],
    limit: f64,
    degree: D,
    scan: Scan,
}

impl<D: Degree> Visitor for Neighborhood<'_, D> {
    const INSIDE: bool = true;

    fn limit(&self) -> f64 {
        self.limit
    }

    fn wants(&self, _node: usize, _near: f64) -> bool {
        true
    }

    fn inside(&mut self, node: usize) {
        self.degree.add_node(self.totals, node);
    }

    fn leaf(&mut self, leaf: usize) {
        let mask = self.totals.tree.scan(leaf, self.point, self.limit, &mut self.scan);
        self.degree.add_rows(self.totals, leaf, mask);
    }

    fn done(&self) -> bool {
        self.degree.is_enough(self.totals)
    }
}

impl Search<'_> {
    /// Whether the row at each position is core.
    pub(super) fn cores(&self, min_samples: usize) -> Result<Vec<bool>, Error> {
        let tree = self.tree;
        let mut core = vec![min_samples == 0; tree.n_rows];
        if min_samples == 0 || min_samples > tree.n_rows {
            return Ok(core);
        }
        self.mark_narrow_nodes(min_samples, &mut core);
        let totals = Totals { tree, min_samples, weights: &[], sums: &[] };
        self.mark_others(&totals, Count(0), &mut core, |count| count.0 >= min_samples)?;
        Ok(core)
    }

    /// The same by the sums of weights, which are by row.
    pub(super) fn weighted_cores(
        &self,
        min_samples: usize,
        weights: &[f64],
    ) -> Result<Vec<bool>, Error> {
        let tree = self.tree;
        let weights: Vec<f64> = tree.rows.iter().map(|row| weights[*row as usize]).collect();
        let sums = node_sums(tree, &weights);
        let totals = Totals { tree, min_samples, weights: &weights, sums: &sums };
        let mut core = vec![false; tree.n_rows];
        let enough = |weight: Weight| weight.0.value() >= min_samples as f64;
        self.mark_others(&totals, Weight(ExactSum::default()), &mut core, enough)?;
        Ok(core)
    }

    /// Marks the rows of nodes that are no wider than eps and hold enough rows.
    fn mark_narrow_nodes(&self, min_samples: usize, core: &mut [bool]) {
        let (tree, d) = (self.tree, self.tree.n_features);
        let (mut low, mut high) = (vec![0.0; d], vec![0.0; d]);
        // A child of a marked node may be marked again; it is met later, so it must be known by its first row.
        for node in 0..tree.nodes.len() {
            let positions = tree.positions(node);
            if positions.len() < min_samples || positions.is_empty() || core[positions.start] {
                continue;
            }
            tree.read_box(node, &mut low, &mut high);
            if distance::squared_64(tree.level, &low, &high) <= self.limit {
                core[positions].fill(true);
            }
        }
    }

    /// Decides for every row that is not core yet.
    fn mark_others<D: Degree>(
        &self,
        totals: &Totals<'_>,
        none: D,
        core: &mut [bool],
        enough: impl Fn(D) -> bool + Sync + Send,
    ) -> Result<(), Error> {
        let (tree, limit) = (self.tree, self.limit);
        self.context.pool.map_blocks(
            self.context.observer,
            &mut by_leaf(tree, core, 1),
            BLOCK_LEAVES,
            || (vec![0.0; tree.n_features], Vec::new()),
            |(point, stack), block, parts| {
                for (leaf, core) in (block * BLOCK_LEAVES..).zip(parts) {
                    let positions = tree.positions(tree.leaves[leaf] as usize);
                    for (position, core) in positions.zip(core.iter_mut()) {
                        if *core {
                            continue;
                        }
                        tree.read(position, point);
                        let query = Corners { low: point, high: point };
                        let scan = [[0.0; LANES]; _];
                        let mut neighborhood =
                            Neighborhood { totals, point, limit, degree: none, scan };
                        walk(tree, query, stack, &mut neighborhood);
                        *core = enough(neighborhood.degree);
                    }
                }
                Ok(())
            },
        )?;
        Ok(())
    }
}

/// The sum of the weights of each node.
fn node_sums(tree: &Tree, weights: &[f64]) -> Vec<ExactSum> {
    let mut sums = vec![ExactSum::default(); tree.nodes.len()];
    for node in (0..sums.len()).rev() {
        let mut sum = ExactSum::default();
        match tree.nodes[node].block {
            LEAF => weights[tree.positions(node)].iter().for_each(|w| sum += ExactSum::of(*w)),
            block => sums[block as usize * LANES..][..LANES].iter().for_each(|of| sum += *of),
        }
        sums[node] = sum;
    }
    sums
}
