//! Exact density clustering in few dimensions: a k-d tree and what walks it.
//!
//! # Idea
//! The rows stand in the order of the leaves of a balanced k-d tree, in groups of eight, so that one kernel call scans a
//! leaf. Three binary levels make one block of eight children whose boxes stand side by side too, so that one kernel call
//! decides which children a walk enters. All numbers are float64 and all sums of squares have one order, so bounds need
//! no slack (`fastcluster_kernels::groups`), and what is decided is what plain loops over all pairs decide.
//!
//! | module | what it does |
//! |---|---|
//! | `shape` | which rows a node has, by their number alone |
//! | `build` | which row goes where; boxes |
//! | `walk` | nodes near a row or a box, nearest first |
//! | [`knn`] | nearest rows |
//! | [`dbscan`] | clusters of dense rows |
//! | [`reachability()`] | the lightest tree under mutual reachability, for HDBSCAN |
//! | [`pays()`] | whether a tree is faster than all pairs |
//!
//! # Cost
//! n·(d + 1) numbers of 8 bytes for the tree and as many again while it is built.
//!
//! # Source
//! Bentley 1975, doi:10.1145/361002.361007.

mod build;
pub mod dbscan;
pub mod knn;
mod pays;
mod reachability;
mod shape;
mod walk;

use fastcluster_kernels::Level;
use fastcluster_kernels::groups::{self, Corners, LANES, Lanes};

pub(crate) use pays::tree_pays;
pub use pays::{Reach, pays};
pub use reachability::reachability;
use shape::Node;

/// A k-d tree over the rows of `points`, in their working space.
///
/// A *position* is a place in the order of the leaves. Node `LANES · b + l` is child `l` of block `b`; block 0 is the
/// root's, and children's blocks come after their parents'.
#[derive(Clone, Debug)]
pub struct Tree {
    n_rows: usize,
    n_features: usize,
    /// What rows were multiplied with.
    scale: f64,
    level: Level,
    nodes: Vec<Node>,
    /// Boxes, a group for each block: low corners.
    lows: Vec<f64>,
    /// High corners.
    highs: Vec<f64>,
    /// The least row of each node.
    least_rows: Vec<u32>,
    /// The leaves, in the order of positions.
    leaves: Vec<u32>,
    /// The row at each position.
    rows: Vec<u32>,
    /// Rows in groups, in the order of positions; the last group is filled up with infinities.
    values: Vec<f64>,
}

impl Tree {
    /// The rows of node `node`, as positions.
    fn positions(&self, node: usize) -> std::ops::Range<usize> {
        self.nodes[node].start as usize..self.nodes[node].end as usize
    }

    /// The leaves' positions, in order.
    fn leaf_positions(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        self.leaves.iter().map(|leaf| self.positions(*leaf as usize))
    }

    /// Rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Reads the row at `position`.
    fn read(&self, position: usize, out: &mut [f64]) {
        let group = &self.values[position / LANES * LANES * self.n_features..];
        for (feature, out) in out.iter_mut().enumerate() {
            *out = group[feature * LANES + position % LANES];
        }
    }

    /// Reads the corners of node `node`.
    fn read_box(&self, node: usize, low: &mut [f64], high: &mut [f64]) {
        let at = node / LANES * LANES * self.n_features + node % LANES;
        for feature in 0..self.n_features {
            low[feature] = self.lows[at + feature * LANES];
            high[feature] = self.highs[at + feature * LANES];
        }
    }

    /// Enlarges a box by that of node `node`.
    fn enlarge(&self, node: usize, low: &mut [f64], high: &mut [f64]) {
        let at = node / LANES * LANES * self.n_features + node % LANES;
        for feature in 0..self.n_features {
            low[feature] = low[feature].min(self.lows[at + feature * LANES]);
            high[feature] = high[feature].max(self.highs[at + feature * LANES]);
        }
    }

    /// The boxes of the children of block `block`.
    fn boxes(&self, block: usize) -> Corners<'_> {
        let width = LANES * self.n_features;
        Corners {
            low: &self.lows[block * width..][..width],
            high: &self.highs[block * width..][..width],
        }
    }

    /// Squared distances of `point` to the rows of leaf `leaf`, and a mask of those that are at most `limit`.
    #[inline]
    fn scan(&self, leaf: usize, point: &[f64], limit: f64, squared: &mut Scan) -> u64 {
        let Node { start, end, .. } = self.nodes[leaf];
        let (first, n_groups) = (start as usize / LANES, ((end - start) as usize).div_ceil(LANES));
        let groups = &self.values[first * LANES * self.n_features..];
        let mask =
            groups::squared_to_groups(self.level, point, groups, limit, &mut squared[..n_groups]);
        mask & (u64::MAX >> (64 - (end - start)))
    }
}

/// Squared distances to the rows of one leaf.
type Scan = [Lanes; shape::LEAF_GROUPS];

/// The numbers of the bits that are set, lowest first.
fn bits(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = mask.trailing_zeros() as usize;
        mask &= mask.checked_sub(1)?;
        Some(bit)
    })
}

/// Cuts `values`, `each` of them a position, into a part for each leaf.
fn by_leaf<'a, T>(tree: &Tree, values: &'a mut [T], each: usize) -> Vec<&'a mut [T]> {
    let mut rest = values;
    let cut = |positions: std::ops::Range<usize>| {
        let (part, others) = std::mem::take(&mut rest).split_at_mut(positions.len() * each);
        rest = others;
        part
    };
    tree.leaf_positions().map(cut).collect()
}
