//! The walk for the lightest edge of one row.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use fastcluster_kernels::groups::{Corners, LANES};

use super::Graph;
use super::components::NodeCores;
use super::round::{Lightest, tell};
use crate::tree::walk::{Pending, Visitor, walk};
use crate::tree::{Scan, Tree, bits};

/// What the walks of a round share.
pub(super) struct Search<'a> {
    pub(super) graph: &'a Graph<'a>,
    pub(super) of_positions: &'a [u32],
    pub(super) of_nodes: &'a [NodeCores],
    /// The lightest listed edge of each component.
    pub(super) lightest: &'a [Lightest],
    /// The weight of the lightest edge that any thread knows, for each component, as bits.
    pub(super) weights: &'a [AtomicU64],
}

/// A thread's scratch.
pub(super) struct Scratch {
    point: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
    stack: Vec<Pending>,
    /// The component that the last walk started from, and the lightest edge that this thread found for it.
    last: (u32, Lightest),
}

impl Scratch {
    pub(super) fn new(tree: &Tree) -> Self {
        let last = (u32::MAX, Lightest::NONE);
        let zeros = || vec![0.0; tree.n_features];
        Self { point: zeros(), low: zeros(), high: zeros(), stack: Vec::new(), last }
    }
}

impl Search<'_> {
    /// Improves on the lightest edge `best` of the row at `position`, unless the component has a lighter one.
    pub(super) fn improve(
        &self,
        position: usize,
        best: &mut (f64, u32),
        floor: &mut f64,
        scratch: &mut Scratch,
    ) {
        let component = self.of_positions[position];
        let shared = f64::from_bits(self.weights[component as usize].load(Relaxed));
        if *floor > shared {
            return;
        }
        let rows = &self.graph.tree.rows;
        let Scratch { point, stack, last, .. } = scratch;
        let listed = self.lightest[component as usize];
        if last.0 != component || listed.is_before(last.1, rows) {
            *last = (component, listed);
        }
        self.graph.tree.read(position, point);
        let mut walker = Walker {
            search: self,
            point,
            position,
            row: rows[position],
            component,
            floor: *floor,
            known: Known::of(last.1, shared, rows),
            found: *best,
            scan: [[0.0; LANES]; _],
        };
        if !walker.may_improve(*floor, 0) {
            return;
        }
        walk(self.graph.tree, Corners { low: point, high: point }, stack, &mut walker);
        // What was left out weighs at least what was known at the end.
        *floor = floor.max(walker.known.weight);
        if walker.found.1 != best.1 || walker.found.0 < best.0 {
            *best = walker.found;
            tell(self.weights, component, best.0);
            let found = Lightest { weight: best.0, from: position as u32, to: best.1 };
            if found.is_before(last.1, rows) {
                last.1 = found;
            }
        }
    }
}

impl Search<'_> {
    /// Whether no row of the leaves can improve on the lightest edge of their component, the one of all of them: then no
    /// edge of theirs, other than a listed one, weighs less than what is returned. `floor` is the least of their floors.
    pub(super) fn settled(&self, leaves: &[u32], floor: f64, scratch: &mut Scratch) -> Option<f64> {
        let tree = self.graph.tree;
        let component = self.of_nodes[leaves[0] as usize].only()?;
        if leaves.iter().any(|leaf| self.of_nodes[*leaf as usize].only() != Some(component)) {
            return None;
        }
        let shared = f64::from_bits(self.weights[component as usize].load(Relaxed));
        if floor > shared {
            return Some(floor);
        }
        let Scratch { low, high, stack, .. } = scratch;
        low.fill(f64::INFINITY);
        high.fill(f64::NEG_INFINITY);
        let (mut core, mut row) = (f64::INFINITY, u32::MAX);
        for leaf in leaves.iter().map(|leaf| *leaf as usize) {
            core = core.min(self.of_nodes[leaf].least());
            row = row.min(tree.least_rows[leaf]);
            tree.enlarge(leaf, low, high);
        }
        let known = Known::of(self.lightest[component as usize], shared, &tree.rows);
        let floor = floor.max(core);
        let mut glance = Glance { search: self, component, floor, row, known, hit: false };
        walk(tree, Corners { low, high }, stack, &mut glance);
        (!glance.hit).then_some(known.weight)
    }
}

/// Looks whether there is a leaf that a row of some leaves may have a lighter edge to.
struct Glance<'a> {
    search: &'a Search<'a>,
    component: u32,
    floor: f64,
    /// The least of the rows.
    row: u32,
    known: Known,
    hit: bool,
}

impl Visitor for Glance<'_> {
    fn limit(&self) -> f64 {
        self.search.graph.limit(self.known.weight)
    }

    fn wants(&self, node: usize, near: f64) -> bool {
        let graph = self.search.graph;
        let Some(core) = self.search.of_nodes[node].foreign(self.component) else {
            return false;
        };
        let weight = graph.reach(near).max(self.floor).max(core);
        // No edge has lower rows than the least row of either side, and both are at least that.
        let row = self.row.min(graph.tree.least_rows[node]);
        weight < self.known.weight || (weight == self.known.weight && (row, row) < self.known.rows)
    }

    fn leaf(&mut self, _leaf: usize) {
        self.hit = true;
    }

    fn done(&self) -> bool {
        self.hit
    }
}

/// An edge that a better one must be before: its weight, then its rows.
#[derive(Clone, Copy)]
struct Known {
    weight: f64,
    rows: (u32, u32),
}

impl Known {
    /// The lightest edge of a component; where another thread knows a lighter weight, that one, whatever its rows.
    fn of(lightest: Lightest, shared: f64, rows: &[u32]) -> Self {
        if lightest.is_none() || shared < lightest.weight {
            return Self { weight: shared, rows: (u32::MAX, u32::MAX) };
        }
        let (from, to) = (rows[lightest.from as usize], rows[lightest.to as usize]);
        Self { weight: lightest.weight, rows: (from.min(to), from.max(to)) }
    }
}

/// Walks for one row.
struct Walker<'a> {
    search: &'a Search<'a>,
    point: &'a [f64],
    position: usize,
    row: u32,
    component: u32,
    floor: f64,
    known: Known,
    found: (f64, u32),
    scan: Scan,
}

impl Walker<'_> {
    /// Whether an edge of at least this weight, to a row of at least this number, may be before the known one. For one
    /// row, edges of equal weight have the order of their other rows.
    #[inline]
    fn may_improve(&self, weight: f64, least_row: u32) -> bool {
        let rows = (self.row.min(least_row), self.row.max(least_row));
        weight < self.known.weight || (weight == self.known.weight && rows < self.known.rows)
    }
}

impl Visitor for Walker<'_> {
    fn limit(&self) -> f64 {
        self.search.graph.limit(self.known.weight)
    }

    fn wants(&self, node: usize, near: f64) -> bool {
        let graph = self.search.graph;
        let Some(core) = self.search.of_nodes[node].foreign(self.component) else {
            return false;
        };
        let weight = graph.reach(near).max(self.floor).max(core);
        self.may_improve(weight, graph.tree.least_rows[node])
    }

    fn leaf(&mut self, leaf: usize) {
        let (search, graph) = (self.search, self.search.graph);
        let mask = graph.tree.scan(leaf, self.point, self.limit(), &mut self.scan);
        let start = graph.tree.nodes[leaf].start as usize;
        for bit in bits(mask) {
            let to = start + bit;
            if search.of_positions[to] == self.component {
                continue;
            }
            let weight = graph.weight(self.scan[bit / LANES][bit % LANES], self.position, to);
            let row = graph.tree.rows[to];
            if self.may_improve(weight, row) {
                let rows = (self.row.min(row), self.row.max(row));
                (self.known, self.found) = (Known { weight, rows }, (weight, to as u32));
            }
        }
    }
}
