//! Rows in many copies: the tree of a few of each kind is nearly all of the tree.
//!
//! # Idea
//! Let r be the first of some equal rows and `n_listed` the other rows within a core distance. Of each kind the first
//! `n_listed + 1` rows take part, which is all that any list can hold of a kind. Every other copy x is *surplus*: its core
//! distance is 0, it lists the first `n_listed` of its kind, and its edge in the lightest tree is (0, r, x). For another
//! edge (w, z, x) closes a triangle with r, in which (w, z, r) weighs the same and comes before it, and so does (0, r, x)
//! unless w is 0. So surplus rows are leaves of the tree, and without them it is the same.
//!
//! Rows of two kinds at distance 0 (squares can underflow) are the exception. The tree of the rest shows it by an edge of
//! no weight between kinds, and then nothing is left out.
//!
//! # Why
//! Equal rows are at no distance from each other: m copies are m²/2 pairs that no bound excludes.

use crate::graph::{Approximation, Edge, Reachability};
use crate::points::{Points, copies};
use crate::{Context, Error};

/// Surplus rows are left out where they are this share of all at least: the others are copied for it.
const SURPLUS_SHARE_MIN: usize = 32;

/// Which rows take part, and how the others belong to them.
pub(super) struct Copies {
    n_listed: usize,
    /// In order.
    pub(super) rows: Vec<u32>,
    /// By row, the first of its kind.
    kinds: Vec<u32>,
    /// First rows and their copies, kind by kind, in order.
    pairs: Vec<(u32, u32)>,
}

impl Copies {
    /// None where too few rows are surplus.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(super) fn of(
        points: &Points<'_>,
        min_samples: usize,
        context: &Context<'_>,
    ) -> Result<Option<Self>, Error> {
        let (n, n_listed) = (points.n_rows(), min_samples - 1);
        let mut pairs = copies(points, context)?;
        // Under cosine, rows of zeros are as far from each other as from all others.
        pairs.retain(|(first, _)| !points.is_void(*first as usize));
        let mut takes_part = vec![true; n];
        surplus(&pairs, n_listed).for_each(|(row, _)| takes_part[row as usize] = false);
        let rows: Vec<u32> = (0..n as u32).filter(|row| takes_part[*row as usize]).collect();
        let n_surplus = n - rows.len();
        if n_surplus == 0 || n_surplus * SURPLUS_SHARE_MIN < n {
            return Ok(None);
        }
        let mut kinds: Vec<u32> = (0..n as u32).collect();
        for (first, row) in &pairs {
            kinds[*row as usize] = *first;
        }
        Ok(Some(Self { n_listed, rows, kinds, pairs }))
    }

    /// Bytes that the rows that take part take, and what is told of all.
    pub(super) fn bytes(&self, points: &Points<'_>) -> u64 {
        let value = if points.is_double() { 8 } else { 4 };
        let told = 64 + 24 * self.n_listed;
        (self.rows.len() * (value * points.n_features() + 8) + self.kinds.len() * told) as u64
    }

    /// What is true of all rows, from what is true of those that take part; none where rows of two kinds coincide.
    pub(super) fn joined(&self, found: &Reachability) -> Option<Reachability> {
        let (n, n_listed) = (self.kinds.len(), self.n_listed);
        let mut edges: Vec<Edge> = Vec::with_capacity(n - 1);
        for edge in &found.edges {
            let (low, high) = (self.row(edge.low), self.row(edge.high));
            if edge.weight == 0.0 && self.kinds[low as usize] != self.kinds[high as usize] {
                return None;
            }
            edges.push(Edge { low, high, ..*edge });
        }
        edges.extend(
            surplus(&self.pairs, n_listed).map(|(row, kind)| Edge::new(0.0, kind[0].0, row)),
        );
        edges.sort_unstable_by(Edge::order);
        let mut joined = Reachability {
            edges,
            cores: vec![0.0; n],
            n_listed,
            neighbors: vec![0; n * n_listed],
            distances: vec![0.0; n * n_listed],
        };
        for (place, row) in self.rows.iter().enumerate() {
            let (from, to) = (place * n_listed, *row as usize * n_listed);
            joined.cores[*row as usize] = found.cores[place];
            let places = found.neighbors[from..from + n_listed].iter();
            let listed = joined.neighbors[to..to + n_listed].iter_mut();
            listed.zip(places).for_each(|(listed, place)| *listed = self.row(*place));
            let distances = &found.distances[from..from + n_listed];
            joined.distances[to..to + n_listed].copy_from_slice(distances);
        }
        for (row, kind) in surplus(&self.pairs, n_listed).filter(|_| n_listed > 0) {
            let listed = &mut joined.neighbors[row as usize * n_listed..][..n_listed];
            listed[0] = kind[0].0;
            let copies = listed[1..].iter_mut().zip(kind);
            copies.for_each(|(listed, (_, copy))| *listed = *copy);
        }
        Some(joined)
    }

    fn row(&self, place: u32) -> u32 {
        self.rows[place as usize]
    }

    /// How near the tree of all rows is, from how near that of those that take part is: surplus rows are right.
    pub(super) fn approximation(&self, found: Approximation) -> Approximation {
        let share = self.rows.len() as f64 / self.kinds.len() as f64;
        Approximation {
            recall: 1.0 - share * (1.0 - found.recall),
            recall_error: share * found.recall_error,
            ..found
        }
    }
}

/// The surplus rows, each with the pairs of its kind.
fn surplus(pairs: &[(u32, u32)], n_listed: usize) -> impl Iterator<Item = (u32, &[(u32, u32)])> {
    let of_kinds = pairs.chunk_by(|one, next| one.0 == next.0);
    of_kinds.flat_map(move |kind| {
        kind[n_listed.min(kind.len())..].iter().map(move |(_, row)| (*row, kind))
    })
}
