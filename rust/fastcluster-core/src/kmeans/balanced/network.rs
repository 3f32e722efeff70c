//! Rows, clusters and the hub as a flow network, with prices that prove what is cheapest.
//!
//! # Idea
//! A row sends one unit to its cluster, a cluster sends its size on to the hub, and the hub takes n. Every row lies in a
//! cluster of least cost plus price, and every cluster sends a size that is best at its price above the hub's, so the
//! flow costs the least of all flows with its imbalances: clusters that hold more rows than they send, or fewer. Each
//! shortest augmenting path (`paths`) takes one unit of imbalance away and raises prices so that this stays true; when
//! none is left, the assignment is of minimum cost. Any prices will do to start with; good ones leave little to do.
//!
//! A row can be moved from cluster a to b for cost(b) − cost(a). Each pair of clusters has a heap of the rows of a by
//! that difference; what the lists of the rows do not name is bounded, and scanned before a path could need it.
//!
//! # Source
//! Pseudoflows and successive shortest paths: Ahuja, Magnanti and Orlin, "Network Flows", 1993, sections 9.7 to 9.8.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::costs::{Prices, RowCosts, Scanner};
use super::grid::{FAR, Units};
use super::sizes::SizeCost;
use crate::{Context, Error};

/// Least number of rows, and share of a cluster's, that are scanned again together.
const WIDEN_ROWS_MIN: usize = 64;
const WIDEN_SHARE: usize = 8;

/// How many times as long the list of a row becomes.
const WIDEN_FACTOR: usize = 4;

/// Rows of a cluster by what moving them to one other cluster costs.
struct Edge {
    to: u32,
    rows: BinaryHeap<Reverse<(Units, u32)>>,
}

/// The state of an assignment; nodes are the clusters and, last, the hub.
pub(super) struct Network<'a, 'p> {
    pub(super) scanner: &'a Scanner<'a, 'p>,
    pub(super) size_cost: SizeCost,
    pub(super) labels: Vec<u32>,
    pub(super) rows: Vec<RowCosts>,
    /// By node; they only rise.
    pub(super) potentials: Vec<Units>,
    /// Rows in each cluster.
    pub(super) sizes: Vec<u64>,
    /// Rows that each cluster sends on to the hub.
    pub(super) sent: Vec<u64>,
    /// By cluster, ordered by the cluster they lead to.
    edges: Vec<Vec<Edge>>,
    /// At most what moving a row of the cluster to a cluster outside the row's list costs, the other's price included.
    floors: Vec<Units>,
    /// Rows scanned again.
    pub(super) n_widened: u64,
}

impl<'a, 'p> Network<'a, 'p> {
    /// Puts each row into its cheapest cluster, given what a scan at these prices found of each, and gives each cluster
    /// its best size at them.
    pub(super) fn new(
        scanner: &'a Scanner<'a, 'p>,
        size_cost: SizeCost,
        mut prices: Vec<Units>,
        rows: Vec<RowCosts>,
    ) -> Self {
        let k = scanner.n_clusters();
        let labels: Vec<u32> = rows.iter().map(|row| row.list[0].cluster).collect();
        let mut sizes = vec![0_u64; k];
        for label in &labels {
            sizes[*label as usize] += 1;
        }
        let best = |(price, size): (&Units, &u64)| size_cost.best_at(*price, *size);
        let sent = prices.iter().zip(&sizes).map(best).collect();
        prices.push(0);
        let mut network = Self {
            scanner,
            size_cost,
            labels,
            rows,
            potentials: prices,
            sizes,
            sent,
            edges: (0..k).map(|_| Vec::new()).collect(),
            floors: vec![FAR; k],
            n_widened: 0,
        };
        for row in 0..network.rows.len() {
            network.offer(row, &[]);
        }
        network
    }

    /// The hub's node.
    pub(super) fn hub(&self) -> usize {
        self.sizes.len()
    }

    /// How many more units enter a node than leave it.
    pub(super) fn excess(&self, node: usize) -> i64 {
        if node == self.hub() {
            return self.sent.iter().sum::<u64>() as i64 - self.labels.len() as i64;
        }
        self.sizes[node] as i64 - self.sent[node] as i64
    }

    /// Prices above the hub's.
    pub(super) fn prices(&self) -> impl Iterator<Item = Units> {
        let hub = self.potentials[self.hub()];
        self.potentials[..self.hub()].iter().map(move |potential| potential - hub)
    }

    /// The cheapest row to move along each edge of a cluster: what the move costs, where to, which row.
    pub(super) fn moves(&mut self, cluster: usize) -> impl Iterator<Item = (Units, u32, u32)> {
        let labels = &self.labels;
        self.edges[cluster].iter_mut().filter_map(move |edge| {
            while let Some(Reverse((cost, row))) = edge.rows.peek() {
                if labels[*row as usize] as usize == cluster {
                    return Some((*cost, edge.to, *row));
                }
                edge.rows.pop();
            }
            None
        })
    }

    /// At most what a move out of the cluster that no list names costs, the other cluster's potential included.
    pub(super) fn floor(&self, cluster: usize) -> Option<Units> {
        (self.floors[cluster] < FAR / 2).then(|| self.floors[cluster])
    }

    /// Moves a row to a cluster in its list.
    pub(super) fn move_row(&mut self, row: u32, to: u32) {
        let from = std::mem::replace(&mut self.labels[row as usize], to);
        self.sizes[from as usize] -= 1;
        self.sizes[to as usize] += 1;
        self.offer(row as usize, &[]);
    }

    /// Offers a row on the edges of its cluster, but for the clusters that it was offered to already.
    fn offer(&mut self, row: usize, offered: &[u32]) {
        let (label, grid) = (self.labels[row], self.scanner.grid());
        let known = &self.rows[row];
        let own = grid.units(known.cost(label));
        let edges = &mut self.edges[label as usize];
        for candidate in &known.list {
            if candidate.cluster == label || offered.contains(&candidate.cluster) {
                continue;
            }
            let entry = Reverse((grid.units(candidate.cost) - own, row as u32));
            match edges.binary_search_by_key(&candidate.cluster, |edge| edge.to) {
                Ok(at) => edges[at].rows.push(entry),
                Err(at) => {
                    let rows = BinaryHeap::from([entry]);
                    edges.insert(at, Edge { to: candidate.cluster, rows });
                }
            }
        }
        let floor = &mut self.floors[label as usize];
        *floor = (*floor).min(known.beyond - own);
    }

    /// Scans the rows of a cluster whose lists end first again, for longer lists.
    pub(super) fn widen(&mut self, cluster: usize, context: &Context<'_>) -> Result<(), Error> {
        let grid = self.scanner.grid();
        let mut ends: Vec<(Units, u32)> = Vec::new();
        for (row, label) in (0_u32..).zip(&self.labels) {
            let known = &self.rows[row as usize];
            if *label as usize == cluster && known.beyond < FAR {
                ends.push((known.beyond - grid.units(known.cost(*label)), row));
            }
        }
        let floor = ends.iter().map(|(end, _)| *end).min().unwrap_or(FAR);
        if floor > self.floors[cluster] {
            // The row that had the least has left.
            self.floors[cluster] = floor;
            return Ok(());
        }
        let count = WIDEN_ROWS_MIN.max(ends.len() / WIDEN_SHARE);
        self.floors[cluster] = FAR;
        if count < ends.len() {
            self.floors[cluster] = ends.select_nth_unstable(count).1.0;
            ends.truncate(count);
        }
        let mut chosen: Vec<u32> = ends.into_iter().map(|(_, row)| row).collect();
        chosen.sort_unstable();
        self.n_widened += chosen.len() as u64;
        for (row, found) in chosen.iter().zip(self.rescanned(&chosen, context)?) {
            self.replace(*row as usize, found);
        }
        Ok(())
    }

    fn rescanned(&self, chosen: &[u32], context: &Context<'_>) -> Result<Vec<RowCosts>, Error> {
        let potentials = self.potentials[..self.hub()].to_vec();
        let prices = Prices::new(potentials, self.scanner.grid());
        let wanted = |row: usize| WIDEN_FACTOR * self.rows[chosen[row] as usize].list.len();
        self.scanner.scan_some(chosen, &prices, &wanted, context)
    }

    /// Puts a longer list in the place of a row's, and offers what is new in it.
    fn replace(&mut self, row: usize, mut found: RowCosts) {
        let label = self.labels[row];
        let old = std::mem::replace(&mut self.rows[row], RowCosts::unknown());
        if found.list.iter().all(|candidate| candidate.cluster != label) {
            // Crowded out by clusters that cost exactly as much.
            let own = old.list.iter().filter(|candidate| candidate.cluster == label);
            found.list = found.list.iter().chain(own).copied().collect();
        }
        self.rows[row] = found;
        let offered: Vec<u32> = old.list.iter().map(|candidate| candidate.cluster).collect();
        self.offer(row, &offered);
    }
}
