//! Shortest augmenting paths: one unit of imbalance less by the cheapest chain of moves.
//!
//! Dijkstra's algorithm over clusters and hub, from every node with too much to the nearest one with too little, on
//! costs reduced by the potentials, which are never negative. The potentials of the nodes that were reached rise to
//! their distance from the target, which makes the edges of the path free and leaves no edge negative.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::grid::{FAR, Units};
use super::network::Network;
use crate::{Context, Error};

/// How a node was reached.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// It has too much.
    Source,
    /// From a node, by moving a row or, to and from the hub, by sending more or less.
    From { node: u32, row: u32 },
}

/// What a node waits for in the queue; at equal distance, nodes come first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Event {
    Reach(u32),
    /// Beyond this distance, moves that no list names may lead out of the cluster.
    Widen(u32),
}

/// Memory of the search, kept between paths.
pub(super) struct Search {
    distances: Vec<Units>,
    steps: Vec<Step>,
    reached: Vec<bool>,
    /// Nodes in the order in which they were reached.
    order: Vec<u32>,
    queue: BinaryHeap<Reverse<(Units, Event)>>,
}

impl Search {
    pub(super) fn new(n_nodes: usize) -> Self {
        Self {
            distances: vec![FAR; n_nodes],
            steps: vec![Step::Source; n_nodes],
            reached: vec![false; n_nodes],
            order: Vec::new(),
            queue: BinaryHeap::new(),
        }
    }

    /// Augments along a shortest path; false when nothing is left to balance.
    pub(super) fn augment(
        &mut self,
        network: &mut Network<'_, '_>,
        context: &Context<'_>,
    ) -> Result<bool, Error> {
        self.distances.fill(FAR);
        self.reached.fill(false);
        self.order.clear();
        self.queue.clear();
        let source = (0..self.distances.len()).find(|node| network.excess(*node) > 0);
        let Some(source) = source else { return Ok(false) };
        self.offer(source, 0, Step::Source);
        while let Some(Reverse((distance, event))) = self.queue.pop() {
            match event {
                Event::Reach(node) => {
                    let node = node as usize;
                    if std::mem::replace(&mut self.reached[node], true) {
                        continue;
                    }
                    if network.excess(node) < 0 {
                        self.raise(network, distance);
                        self.push_along(network, node);
                        return Ok(true);
                    }
                    self.order.push(node as u32);
                    self.relax(network, node);
                }
                Event::Widen(cluster) => {
                    context.observer.check()?;
                    network.widen(cluster as usize, context)?;
                    self.relax(network, cluster as usize);
                }
            }
        }
        Ok(false)
    }

    fn offer(&mut self, node: usize, distance: Units, step: Step) {
        if distance < self.distances[node] {
            self.distances[node] = distance;
            self.steps[node] = step;
            self.queue.push(Reverse((distance, Event::Reach(node as u32))));
        }
    }

    /// Offers what a reached node leads to.
    fn relax(&mut self, network: &mut Network<'_, '_>, node: usize) {
        let hub = network.hub();
        // A reduced cost is the cost plus the potential there minus the potential here.
        let begin = self.distances[node] - network.potentials[node];
        let step = |row| Step::From { node: node as u32, row };
        if node == hub {
            for cluster in 0..hub {
                if let Some(cost) = network.size_cost.of_one_less(network.sent[cluster]) {
                    self.offer(cluster, begin + cost + network.potentials[cluster], step(0));
                }
            }
            return;
        }
        if let Some(cost) = network.size_cost.of_one_more(network.sent[node]) {
            self.offer(hub, begin + cost + network.potentials[hub], step(0));
        }
        if let Some(floor) = network.floor(node) {
            self.queue.push(Reverse((begin + floor, Event::Widen(node as u32))));
        }
        let potentials = std::mem::take(&mut network.potentials);
        for (cost, to, row) in network.moves(node) {
            self.offer(to as usize, begin + cost + potentials[to as usize], step(row));
        }
        network.potentials = potentials;
    }

    /// Raises the potentials of the nodes on this side of the target.
    fn raise(&self, network: &mut Network<'_, '_>, target: Units) {
        for node in &self.order {
            let node = *node as usize;
            network.potentials[node] += target - self.distances[node];
        }
    }

    /// Sends one unit along the path to `node`.
    fn push_along(&self, network: &mut Network<'_, '_>, mut node: usize) {
        let hub = network.hub();
        while let Step::From { node: from, row } = self.steps[node] {
            let from = from as usize;
            if node == hub {
                network.sent[from] += 1;
            } else if from == hub {
                network.sent[node] -= 1;
            } else {
                network.move_row(row, node as u32);
            }
            node = from;
        }
    }
}
