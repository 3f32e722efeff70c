//! Pairs as they were found, weighed by what is known of core distances, and which of them can still matter.

use super::Reach;
use super::heights::Heights;
use crate::graph::{Edge, Sets};

/// A pair, weighed by upper bounds of its core distances.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    /// The pair and at least its mutual reachability.
    pub(super) edge: Edge,
    /// Its distance.
    pub(super) distance: f64,
}

impl Link {
    /// `found` weighs its distance; `core` is at least the larger core distance of its ends.
    pub(super) fn new(found: &Edge, reach: Reach, core: impl Fn(u32) -> f64) -> Self {
        let core = core(found.low).max(core(found.high));
        let weight = reach.weight(found.weight, core);
        Self { edge: Edge { weight, ..*found }, distance: found.weight }
    }

    /// The pair as it was found.
    pub(super) fn found(&self) -> Edge {
        Edge { weight: self.distance, ..self.edge }
    }
}

/// The lightest forest of some pairs, in order, joined to the sets that are given.
pub(super) fn lightest(mut links: Vec<Link>, sets: &mut Sets) -> Vec<Link> {
    links.sort_unstable_by(|one, other| one.edge.order(&other.edge));
    links.retain(|link| sets.unite(link.edge.low, link.edge.high));
    links.shrink_to_fit();
    links
}

/// A spanning tree and other pairs, as found.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) tree: Vec<Edge>,
    pub(super) pairs: Vec<Edge>,
    /// Whether a pair was dropped because of its row numbers alone: it was as far apart as its path is high.
    pub(super) tied: bool,
}

impl Kept {
    /// Makes room for `more` pairs: twice as much as there was, but not beyond `budget` unless they need it.
    pub(super) fn make_room(&mut self, more: usize, budget: usize) {
        let (length, room) = (self.pairs.len(), self.pairs.capacity());
        if length + more > room {
            let wanted = (2 * room).min(budget).max(length + more);
            self.pairs.reserve_exact(wanted - length);
        }
    }

    /// Makes the tree the lightest one under the bounds, and drops the pairs that no core distance within the bounds can
    /// bring into the lightest tree; returns the heights of the new tree over the rows in its own order, and that order.
    ///
    /// # Why it is safe
    /// In the end an edge q of the new tree weighs at most what it weighs now, and a pair p at least its distance (over
    /// alpha). If that puts every q on the path of p before p in the total order now, it does so in the end, and p is the
    /// last edge of a cycle.
    ///
    /// # What is left
    /// Pairs whose distance is less than the bound of an end: of each row, fewer than `min_samples` that were entered in
    /// its list.
    pub(super) fn reduce(
        &mut self,
        n: usize,
        reach: Reach,
        bound: impl Fn(u32) -> f64,
    ) -> (Vec<u32>, Heights) {
        let found = self.tree.iter().chain(&self.pairs);
        let links = found.map(|found| Link::new(found, reach, &bound)).collect();
        let tree = lightest(links, &mut Sets::new(n));
        let edges: Vec<Edge> = tree.iter().map(|link| link.edge).collect();
        let (order, heights) = Heights::of_tree(n, &edges);
        let mut positions = vec![0; n];
        for (position, row) in order.iter().enumerate() {
            positions[*row as usize] = position;
        }
        // An edge of the old tree that has left the new one may come back: it is a pair now.
        let old = std::mem::take(&mut self.tree);
        self.pairs.extend(old);
        let tied = &mut self.tied;
        self.pairs.retain(|found| {
            let (one, other) = (positions[found.low as usize], positions[found.high as usize]);
            let heaviest = heights.between(one.min(other), one.max(other));
            let least = Edge { weight: reach.weight(found.weight, 0.0), ..*found };
            let is_it = (least.low, least.high) == (heaviest.low, heaviest.high);
            *tied |= least.weight == heaviest.weight && !is_it;
            least.order(heaviest).is_le() && !is_it
        });
        self.tree = tree.iter().map(Link::found).collect();
        (order, heights)
    }
}
