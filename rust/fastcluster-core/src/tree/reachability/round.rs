//! One round: the lightest edge of each component to another.

use std::cmp::Ordering;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::Graph;
use super::components::Components;
use super::search::{Scratch, Search};
use crate::graph::Edge;
use crate::tree::by_leaf;
use crate::{Context, Error};

/// Leaves per block: 64 leaves of 32 rows.
const BLOCK_LEAVES: usize = GROUP_LEAVES * GROUP_LEAVES;

/// Leaves that are asked together whether any of their rows needs a walk; groups are asked so too.
const GROUP_LEAVES: usize = 8;

/// An edge that was found, from a position of the component to one outside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lightest {
    pub(super) weight: f64,
    pub(super) from: u32,
    pub(super) to: u32,
}

impl Lightest {
    /// Heavier than every edge.
    pub(super) const NONE: Self = Self { weight: f64::INFINITY, from: u32::MAX, to: u32::MAX };

    pub(super) fn is_none(self) -> bool {
        self.from == u32::MAX
    }

    /// The order of edges; nothing found comes last.
    pub(super) fn is_before(self, other: Self, rows: &[u32]) -> bool {
        if self.is_none() || other.is_none() {
            return !self.is_none();
        }
        let edge = |of: Self| Edge::new(of.weight, rows[of.from as usize], rows[of.to as usize]);
        match self.weight.total_cmp(&other.weight) {
            Ordering::Equal => edge(self).order(&edge(other)).is_lt(),
            different => different.is_lt(),
        }
    }
}

/// A round.
pub(super) struct Round<'a> {
    graph: &'a Graph<'a>,
    components: &'a Components,
    /// The lightest edge found of each position.
    of_rows: Vec<(f64, u32)>,
    /// The lightest found of each component.
    lightest: Vec<Lightest>,
}

/// No edge of a position.
const NO_EDGE: (f64, u32) = (f64::INFINITY, u32::MAX);

impl<'a> Round<'a> {
    pub(super) fn new(graph: &'a Graph<'a>, components: &'a Components) -> Self {
        Self {
            graph,
            components,
            of_rows: vec![NO_EDGE; graph.tree.n_rows],
            lightest: vec![Lightest::NONE; components.count],
        }
    }

    /// The lightest listed edge of each position.
    pub(super) fn take_listed(&mut self, context: &Context<'_>) -> Result<(), Error> {
        let (graph, of_positions) = (self.graph, &self.components.of_positions);
        let (tree, listed) = (graph.tree, graph.lists.listed);
        context.pool.map_blocks(
            context.observer,
            &mut self.of_rows,
            4_096,
            || (),
            |(), block, of_rows| {
                for (from, best) in (block * 4_096..).zip(of_rows) {
                    let list = from * listed..(from + 1) * listed;
                    let squared = &graph.lists.squared[list.clone()];
                    for (to, squared) in graph.lists.positions[list].iter().zip(squared) {
                        let at = *to as usize;
                        if of_positions[at] == of_positions[from] {
                            continue;
                        }
                        if graph.reach(*squared) > best.0 {
                            break;
                        }
                        let weight = graph.weight(*squared, from, at);
                        // Edges of one row have the order of their other rows.
                        let before =
                            || best.1 == u32::MAX || tree.rows[at] < tree.rows[best.1 as usize];
                        if weight < best.0 || (weight == best.0 && before()) {
                            *best = (weight, *to);
                        }
                    }
                }
                Ok(())
            },
        )?;
        self.reduce();
        Ok(())
    }

    /// Walks for the positions whose lists do not decide. `floors` as [`Graph::floors`] makes them; they rise.
    pub(super) fn search(
        &mut self,
        floors: &mut [f64],
        context: &Context<'_>,
    ) -> Result<(), Error> {
        let tree = self.graph.tree;
        let bits = |lightest: &Lightest| AtomicU64::new(lightest.weight.to_bits());
        let search = Search {
            graph: self.graph,
            of_positions: &self.components.of_positions,
            of_nodes: &self.components.of_nodes,
            lightest: &self.lightest,
            weights: &self.lightest.iter().map(bits).collect::<Vec<_>>(),
        };
        let floors = by_leaf(tree, floors, 1);
        let mut parts: Vec<_> =
            by_leaf(tree, &mut self.of_rows, 1).into_iter().zip(floors).collect();
        context.pool.map_blocks(
            context.observer,
            &mut parts,
            BLOCK_LEAVES,
            || Scratch::new(tree),
            |scratch, block, parts| {
                search.improve_group(block * BLOCK_LEAVES, parts, scratch);
                Ok(())
            },
        )?;
        self.reduce();
        Ok(())
    }

    /// The lightest of each component among those of its positions.
    fn reduce(&mut self) {
        let rows = &self.graph.tree.rows;
        for (from, (weight, to)) in self.of_rows.iter().enumerate() {
            if *to != u32::MAX {
                let lightest = &mut self.lightest[self.components.of_positions[from] as usize];
                let found = Lightest { weight: *weight, from: from as u32, to: *to };
                if found.is_before(*lightest, rows) {
                    *lightest = found;
                }
            }
        }
    }

    pub(super) fn into_lightest(self) -> Vec<Lightest> {
        debug_assert!(self.lightest.iter().all(|lightest| !lightest.is_none()));
        self.lightest
    }
}

/// The lightest edges and the floors of the positions of a leaf.
type Part<'a> = (&'a mut [(f64, u32)], &'a mut [f64]);

impl Search<'_> {
    /// Improves the lightest edges of the rows of some leaves, `first` the first of them, unless none can be.
    fn improve_group(&self, first: usize, parts: &mut [Part<'_>], scratch: &mut Scratch) {
        let tree = self.graph.tree;
        let floor =
            parts.iter().flat_map(|part| part.1.iter()).copied().fold(f64::INFINITY, f64::min);
        if let Some(floor) = self.settled(&tree.leaves[first..first + parts.len()], floor, scratch)
        {
            for value in parts.iter_mut().flat_map(|part| part.1.iter_mut()) {
                *value = value.max(floor);
            }
            return;
        }
        if let [(of_rows, floors)] = parts {
            let start = tree.nodes[tree.leaves[first] as usize].start as usize;
            for (at, (best, floor)) in of_rows.iter_mut().zip(floors.iter_mut()).enumerate() {
                self.improve(start + at, best, floor, scratch);
            }
            return;
        }
        let size = if parts.len() > GROUP_LEAVES { GROUP_LEAVES } else { 1 };
        for (group, parts) in parts.chunks_mut(size).enumerate() {
            self.improve_group(first + group * size, parts, scratch);
        }
    }
}

/// Tells other threads of a weight. Weights are not negative, so their bits have their order.
pub(super) fn tell(weights: &[AtomicU64], component: u32, weight: f64) {
    weights[component as usize].fetch_min(weight.to_bits(), Relaxed);
}
