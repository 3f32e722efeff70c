//! What the rounds have joined so far.

use fastcluster_kernels::groups::LANES;

use super::Graph;
use super::round::Lightest;
use crate::graph::{Edge, Sets};
use crate::tree::shape::LEAF;
use crate::{Context, Error};

/// No component.
const NO_COMPONENT: u32 = u32::MAX;

/// Positions per block where each is only looked up.
const BLOCK_POSITIONS: usize = 16_384;

/// The components.
pub(super) struct Components {
    sets: Sets,
    /// The component of each position, numbered from 0.
    pub(super) of_positions: Vec<u32>,
    /// The same for each node.
    pub(super) of_nodes: Vec<NodeCores>,
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
            of_nodes: by_node(graph, &of_positions),
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
        self.of_nodes = by_node(graph, &self.of_positions);
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

/// The two components of a node's rows with the least core distances, and these.
///
/// What a walk wants of a node is the least core distance among the rows of *other* components than its own: that is the
/// first or the second.
#[derive(Clone, Copy, Debug)]
pub(super) struct NodeCores {
    components: [u32; 2],
    cores: [f64; 2],
}

impl NodeCores {
    const NONE: Self = Self { components: [NO_COMPONENT; 2], cores: [f64::INFINITY; 2] };

    /// The component of all rows, where it is one.
    #[inline]
    pub(super) fn only(&self) -> Option<u32> {
        (self.components[1] == NO_COMPONENT).then_some(self.components[0])
    }

    /// The least core distance.
    pub(super) fn least(&self) -> f64 {
        self.cores[0]
    }

    /// The least core distance among the rows of other components than `own`, where there are such rows.
    #[inline]
    pub(super) fn foreign(&self, own: u32) -> Option<f64> {
        let at = usize::from(self.components[0] == own);
        (self.components[at] != NO_COMPONENT).then_some(self.cores[at])
    }

    fn add(&mut self, component: u32, core: f64) {
        let Self { components, cores } = self;
        if component == NO_COMPONENT {
            return;
        }
        if component == components[0] {
            cores[0] = cores[0].min(core);
        } else if core < cores[0] || components[0] == NO_COMPONENT {
            (components[1], cores[1]) = (components[0], cores[0]);
            (components[0], cores[0]) = (component, core);
        } else if component == components[1] {
            cores[1] = cores[1].min(core);
        } else if core < cores[1] || components[1] == NO_COMPONENT {
            (components[1], cores[1]) = (component, core);
        }
    }
}

/// The components and core distances of each node.
fn by_node(graph: &Graph<'_>, of_positions: &[u32]) -> Vec<NodeCores> {
    let tree = graph.tree;
    let mut of_nodes = vec![NodeCores::NONE; tree.nodes.len()];
    for node in (0..of_nodes.len()).rev() {
        let mut all = NodeCores::NONE;
        match tree.nodes[node].block {
            LEAF => {
                for position in tree.positions(node) {
                    all.add(of_positions[position], graph.cores[position]);
                }
            }
            block => {
                for child in &of_nodes[block as usize * LANES..][..LANES] {
                    all.add(child.components[0], child.cores[0]);
                    all.add(child.components[1], child.cores[1]);
                }
            }
        }
        of_nodes[node] = all;
    }
    of_nodes
}
