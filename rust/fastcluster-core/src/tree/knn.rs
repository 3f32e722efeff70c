//! Nearest rows, and all rows within a distance.

use fastcluster_kernels::groups::{Corners, LANES};

use super::walk::{Pending, Visitor, walk};
use super::{Scan, Tree, bits, by_leaf};
use crate::points::{Points, block_rows};
use crate::{Context, Error};

/// Leaves per block: some hundred walks, long beside the cost of a task.
const BLOCK_LEAVES: usize = 16;

/// Queries per block.
const BLOCK_QUERIES: usize = 256;

/// A row that was found: ordered by distance, then by row number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Neighbor {
    pub(super) squared: f64,
    pub(super) row: u32,
    pub(super) position: u32,
}

impl Neighbor {
    /// Farther than every row.
    pub(super) const NONE: Self =
        Self { squared: f64::INFINITY, row: u32::MAX, position: u32::MAX };

    fn is_before(&self, squared: f64, row: u32) -> bool {
        self.squared < squared || (self.squared == squared && self.row < row)
    }
}

/// Rows found for many queries, `n_neighbors` a query, nearest first, equally near ones by number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Neighbors {
    /// True distances.
    pub distances: Vec<f64>,
    /// Row numbers.
    pub rows: Vec<u32>,
}

/// Keeps the nearest rows that a walk comes by.
struct Nearest<'a> {
    tree: &'a Tree,
    point: &'a [f64],
    /// The position to leave out, or `u32::MAX`.
    own: u32,
    found: &'a mut [Neighbor],
    n_scanned: usize,
    scan: Scan,
}

impl Nearest<'_> {
    fn last(&self) -> Neighbor {
        self.found[self.found.len() - 1]
    }

    /// Puts a row in its place; the last one falls out.
    fn keep(&mut self, new: Neighbor) {
        if !new.is_before(self.last().squared, self.last().row) {
            return;
        }
        let mut at = self.found.len() - 1;
        while at > 0 && new.is_before(self.found[at - 1].squared, self.found[at - 1].row) {
            self.found[at] = self.found[at - 1];
            at -= 1;
        }
        self.found[at] = new;
    }
}

impl Visitor for Nearest<'_> {
    fn limit(&self) -> f64 {
        self.last().squared
    }

    fn wants(&self, node: usize, near: f64) -> bool {
        near < self.last().squared || self.tree.least_rows[node] < self.last().row
    }

    fn leaf(&mut self, leaf: usize) {
        let tree = self.tree;
        let mask = tree.scan(leaf, self.point, self.limit(), &mut self.scan);
        let start = tree.nodes[leaf].start;
        self.n_scanned += tree.positions(leaf).len();
        for bit in bits(mask) {
            let position = start + bit as u32;
            let squared = self.scan[bit / LANES][bit % LANES];
            if position != self.own {
                self.keep(Neighbor { squared, row: tree.rows[position as usize], position });
            }
        }
    }
}

/// What a thread needs to search.
pub(super) struct Searcher {
    pub(super) point: Vec<f64>,
    pub(super) stack: Vec<Pending>,
}

impl Searcher {
    pub(super) fn new(tree: &Tree) -> Self {
        Self { point: vec![0.0; tree.n_features], stack: Vec::new() }
    }

    /// Finds the nearest rows of `self.point` other than the one at position `own`: as many as `found` holds, which is not
    /// empty. Returns how many rows were scanned.
    pub(super) fn nearest(&mut self, tree: &Tree, own: u32, found: &mut [Neighbor]) -> usize {
        found.fill(Neighbor::NONE);
        let Self { point, stack } = self;
        let query = Corners { low: point, high: point };
        let mut nearest =
            Nearest { tree, point, own, found, n_scanned: 0, scan: [[0.0; LANES]; _] };
        walk(tree, query, stack, &mut nearest);
        nearest.n_scanned
    }
}

/// The nearest other rows of the row at each position: squared distances in working space, and positions.
pub(super) fn lists(
    tree: &Tree,
    n_neighbors: usize,
    context: &Context<'_>,
) -> Result<(Vec<f64>, Vec<u32>), Error> {
    let k = n_neighbors;
    let mut squared = vec![0.0; tree.n_rows * k];
    let mut positions = vec![0; tree.n_rows * k];
    if k == 0 {
        return Ok((squared, positions));
    }
    let parts = by_leaf(tree, &mut squared, k).into_iter().zip(by_leaf(tree, &mut positions, k));
    context.pool.map_blocks(
        context.observer,
        &mut parts.collect::<Vec<_>>(),
        BLOCK_LEAVES,
        || (Searcher::new(tree), vec![Neighbor::NONE; k]),
        |(searcher, found), block, parts| {
            for (leaf, (squared, positions)) in (block * BLOCK_LEAVES..).zip(parts) {
                let own = tree.positions(tree.leaves[leaf] as usize);
                let out = squared.chunks_mut(k).zip(positions.chunks_mut(k));
                for (position, (squared, positions)) in own.zip(out) {
                    tree.read(position, &mut searcher.point);
                    searcher.nearest(tree, position as u32, found);
                    for (at, found) in found.iter().enumerate() {
                        squared[at] = found.squared;
                        positions[at] = found.position;
                    }
                }
            }
            Ok(())
        },
    )?;
    Ok((squared, positions))
}

/// The `n_neighbors` nearest other rows of each row.
///
/// # Errors
/// [`Error::TooFewNeighbors`] where there are not as many other rows, [`Error::Cancelled`].
///
/// # Cost
/// O(log n) nodes a row where the rows fill few dimensions; up to all of them where they fill many.
pub fn of_rows(tree: &Tree, n_neighbors: usize, context: &Context<'_>) -> Result<Neighbors, Error> {
    check(n_neighbors, tree.n_rows - 1)?;
    let (squared, positions) = lists(tree, n_neighbors, context)?;
    Ok(in_row_order(tree, &squared, &positions, (n_neighbors, n_neighbors)))
}

/// The first `kept` entries of the lists of `listed` entries, by row instead of position.
pub(super) fn in_row_order(
    tree: &Tree,
    squared: &[f64],
    positions: &[u32],
    (listed, kept): (usize, usize),
) -> Neighbors {
    let n = tree.n_rows * kept;
    let mut neighbors = Neighbors { distances: vec![0.0; n], rows: vec![0; n] };
    for (position, row) in tree.rows.iter().enumerate() {
        let (from, to) = (position * listed, *row as usize * kept);
        for at in 0..kept {
            neighbors.distances[to + at] = tree.distance(squared[from + at]);
            neighbors.rows[to + at] = tree.rows[positions[from + at] as usize];
        }
    }
    neighbors
}

/// The `n_neighbors` nearest rows of the tree for each row of `queries`, itself among them if it is in the tree.
///
/// # Errors
/// [`Error::FeatureMismatch`], [`Error::TooFewNeighbors`], [`Error::Cancelled`].
pub fn of_queries(
    tree: &Tree,
    queries: &Points<'_>,
    n_neighbors: usize,
    context: &Context<'_>,
) -> Result<Neighbors, Error> {
    check_features(tree, queries)?;
    check(n_neighbors, tree.n_rows)?;
    let k = n_neighbors;
    let n = queries.n_rows() * k;
    let mut neighbors = Neighbors { distances: vec![0.0; n], rows: vec![0; n] };
    if k == 0 {
        return Ok(neighbors);
    }
    context.pool.map_pairs(
        context.observer,
        (&mut neighbors.distances, BLOCK_QUERIES * k),
        (&mut neighbors.rows, BLOCK_QUERIES * k),
        || (Searcher::new(tree), vec![Neighbor::NONE; k]),
        |(searcher, found), block, distances, rows| {
            let out = distances.chunks_mut(k).zip(rows.chunks_mut(k));
            let queried = block_rows(block, BLOCK_QUERIES, queries.n_rows());
            for (query, (distances, rows)) in queried.zip(out) {
                tree.read_query(queries, query, &mut searcher.point);
                searcher.nearest(tree, u32::MAX, found);
                for (at, found) in found.iter().enumerate() {
                    distances[at] = tree.distance(found.squared);
                    rows[at] = found.row;
                }
            }
            Ok(())
        },
    )?;
    Ok(neighbors)
}

/// Collects the rows within a distance.
struct Within<'a> {
    tree: &'a Tree,
    point: &'a [f64],
    limit: f64,
    rows: &'a mut Vec<u32>,
}

impl Visitor for Within<'_> {
    const INSIDE: bool = true;

    fn limit(&self) -> f64 {
        self.limit
    }

    fn wants(&self, _node: usize, _near: f64) -> bool {
        true
    }

    fn inside(&mut self, node: usize) {
        self.rows.extend_from_slice(&self.tree.rows[self.tree.positions(node)]);
    }

    fn leaf(&mut self, leaf: usize) {
        let mask = self.tree.scan(leaf, self.point, self.limit, &mut [[0.0; LANES]; _]);
        let start = self.tree.nodes[leaf].start as usize;
        self.rows.extend(bits(mask).map(|bit| self.tree.rows[start + bit]));
    }
}

/// The rows of the tree whose squared distance is at most fl(`eps`²), for each row of `queries`, by number.
///
/// # Errors
/// [`Error::FeatureMismatch`], [`Error::Cancelled`].
pub fn within(
    tree: &Tree,
    queries: &Points<'_>,
    eps: f64,
    context: &Context<'_>,
) -> Result<Vec<Vec<u32>>, Error> {
    check_features(tree, queries)?;
    let limit = tree.limit(eps);
    let mut found = vec![Vec::new(); queries.n_rows()];
    context.pool.map_blocks(
        context.observer,
        &mut found,
        BLOCK_QUERIES,
        || Searcher::new(tree),
        |Searcher { point, stack }, block, found| {
            for (query, rows) in (block * BLOCK_QUERIES..).zip(found) {
                tree.read_query(queries, query, point);
                let corners = Corners { low: point, high: point };
                walk(tree, corners, stack, &mut Within { tree, point, limit, rows });
                rows.sort_unstable();
            }
            Ok(())
        },
    )?;
    Ok(found)
}

impl Tree {
    /// The true distance of a squared one.
    pub(super) fn distance(&self, squared: f64) -> f64 {
        squared.sqrt() / self.scale
    }

    /// The largest squared distance that is within `eps`.
    pub(super) fn limit(&self, eps: f64) -> f64 {
        let eps = eps * self.scale;
        eps * eps
    }

    /// Reads a row of other points in the working space of the tree.
    fn read_query(&self, queries: &Points<'_>, query: usize, out: &mut [f64]) {
        queries.read_64(query, out);
        if queries.scale() != self.scale {
            for value in out {
                *value = *value / queries.scale() * self.scale;
            }
        }
    }
}

fn check(n_neighbors: usize, n_others: usize) -> Result<(), Error> {
    if n_neighbors > n_others {
        return Err(Error::TooFewNeighbors { n_neighbors, n_others });
    }
    Ok(())
}

fn check_features(tree: &Tree, queries: &Points<'_>) -> Result<(), Error> {
    let (in_tree, n_features) = (tree.n_features, queries.n_features());
    if in_tree != n_features {
        return Err(Error::FeatureMismatch { n_centers_features: in_tree, n_features });
    }
    Ok(())
}
