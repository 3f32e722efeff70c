//! What the rounds have joined so far.

use fastcluster_kernels::groups::LANES;

use super::Graph;
use super::round::Lightest;
use crate::graph::{Edge, Sets};
use crate::tree::Tree;
use crate::tree::shape::LEAF;
use crate::{Context, Error};

/// Rows of several components.
pub(super) const MIXED: u32 = u32::MAX;

/// Positions per block where each is only looked up.
const BLOCK_POSITIONS: usize = 16_384;

/// The components.
pub(super) struct Components {
    sets: Sets,
    /// The component of each position, numbered from 0.
    pub(super) of_positions: Vec<u32>,
    /// The component of all rows of each node, or [`MIXED`].
    pub(super) of_nodes: Vec<u32>,
    /// How many there are.
    pub(super) count: usize,
}

impl Components {
    /// Every row alone.
    pub(super) fn new(graph: &Graph<'_>) -> Self {
        let tree = graph.tree;
        let of_positions: Vec<u32> = (0..tree.n_rows as u32).collect();
        Self {
            sets: Sets::new(tree.n_rows),
            of_nodes: common_by_node(tree, &of_positions),
            of_positions,
            count: tree.n_rows,
        }
    }

    /// Joins components by their lightest edges, which go to `edges`.
    pub(super) fn join(
        &mut self,
        graph: &Graph<'_>,
        lightest: Vec<Lightest>,
        edges: &mut Vec<Edge>,
        context: &Context<'_>,
    ) -> Result<(), Error> {
        context.observer.check()?;
        let before = edges.len();
        for Lightest { weight, from, to } in lightest {
            // Two components may choose the same edge.
            if from != to && self.sets.unite(from, to) {
                let [one, other] = [from, to].map(|position| graph.tree.rows[position as usize]);
                edges.push(Edge::new(weight, one, other));
            }
        }
        debug_assert!(edges.len() > before, "every component has an edge to another");
        self.number(context)?;
        self.of_nodes = common_by_node(graph.tree, &self.of_positions);
        Ok(())
    }

    /// Numbers the components in the order of their first positions.
    fn number(&mut self, context: &Context<'_>) -> Result<(), Error> {
        let mut next = 0;
        let mut numbers = vec![0; self.of_positions.len()];
        for (position, component) in self.of_positions.iter_mut().enumerate() {
            let root = self.sets.root(position as u32);
            if root as usize == position {
                numbers[position] = next;
                next += 1;
            }
            *component = root;
        }
        self.count = next as usize;
        context.pool.map_blocks(
            context.observer,
            &mut self.of_positions,
            BLOCK_POSITIONS,
            || (),
            |(), _, components| {
                for of in components.iter_mut() {
                    *of = numbers[*of as usize];
                }
                Ok(())
            },
        )?;
        Ok(())
    }
}

/// The component of each node's rows, or [`MIXED`]; [`MIXED`] for empty nodes too.
fn common_by_node(tree: &Tree, of_positions: &[u32]) -> Vec<u32> {
    let mut of_nodes = vec![MIXED; tree.nodes.len()];
    for node in (0..of_nodes.len()).rev().filter(|node| !tree.nodes[*node].is_empty()) {
        let all_are = |one: u32, others: &[u32]| others.iter().all(|other| *other == one);
        of_nodes[node] = match tree.nodes[node].block {
            LEAF => {
                let of_rows = &of_positions[tree.positions(node)];
                if all_are(of_rows[0], of_rows) { of_rows[0] } else { MIXED }
            }
            block => {
                let children = block as usize * LANES..(block as usize + 1) * LANES;
                let full = |node: &usize| !tree.nodes[*node].is_empty();
                let one = of_nodes[children.start];
                let same = children.filter(full).all(|child| of_nodes[child] == one);
                if same { one } else { MIXED }
            }
        };
    }
    of_nodes
}

/// The least value in each node; infinite for empty nodes.
pub(super) fn least_by_node(tree: &Tree, values: &[f64]) -> Vec<f64> {
    let mut least = vec![f64::INFINITY; tree.nodes.len()];
    for node in (0..least.len()).rev() {
        let of = match tree.nodes[node].block {
            LEAF => &values[tree.positions(node)],
            block => &least[block as usize * LANES..][..LANES],
        };
        least[node] = of.iter().copied().fold(f64::INFINITY, f64::min);
    }
    least
}
