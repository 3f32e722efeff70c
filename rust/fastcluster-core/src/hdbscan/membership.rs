//! Soft clustering: how much a row belongs to each cluster.
//!
//! Two views are multiplied: nearness to the exemplars of each cluster (1/distance, as shares), and how late the row and
//! the cluster part in the tree (softmax of `λ_max / (λ_max − λ)`, `λ_max` of the row's own cluster). What they give
//! as shares is then scaled by the probability that the row is in any cluster: λ at parting from the cluster that it
//! stays with longest, over that cluster's largest λ.
//!
//! # Source
//! The definition of hdbscan's documentation, "How Soft Clustering for HDBSCAN Works". Where a row's cluster and the
//! other are on one line of the tree, they part where the row falls out.

use super::condense::Condensed;
use super::labels::Labels;
use crate::Error;

/// Keeps λ of rows at the very end of their cluster below `λ_max`; the documentation's value.
const BEYOND: f64 = 1e-8;

/// Memberships of rows that fall out of `clusters` at `lambdas`, from their distances to exemplars: `n_rows × n_labels`.
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::OutOfRange`].
pub fn membership(
    condensed: &Condensed,
    labels: &Labels,
    (clusters, lambdas): (&[u32], &[f64]),
    exemplar_distances: &[f64],
) -> Result<Vec<f64>, Error> {
    let (n_labels, expected) = (labels.taken.len(), clusters.len());
    for (name, found) in
        [("lambdas", lambdas.len() * n_labels), ("exemplar_distances", exemplar_distances.len())]
    {
        if found != expected * n_labels {
            return Err(Error::LengthMismatch { name, found: found / n_labels.max(1), expected });
        }
    }
    let end = condensed.clusters.len();
    if let Some(found) = clusters.iter().find(|cluster| **cluster as usize >= end) {
        return Err(Error::OutOfRange { name: "clusters", found: *found as usize, end });
    }
    if n_labels == 0 {
        return Ok(Vec::new());
    }
    let partings = Partings::new(condensed, &labels.taken);
    let mut out = exemplar_distances.to_vec();
    let mut heights = vec![0.0; n_labels];
    for ((cluster, lambda), shares) in clusters.iter().zip(lambdas).zip(out.chunks_mut(n_labels)) {
        partings.heights(*cluster, *lambda, &mut heights);
        nearness(shares);
        let deepest = condensed.clusters[*cluster as usize].deepest;
        let lateness = lateness(&heights, deepest);
        for (share, late) in shares.iter_mut().zip(lateness) {
            *share *= late;
        }
        let scale = in_some(condensed, &labels.taken, &heights);
        normalise(shares, scale);
    }
    Ok(out)
}

/// Memberships of the rows of the tree.
///
/// # Errors
/// As [`membership`].
pub fn membership_of_rows(
    condensed: &Condensed,
    labels: &Labels,
    exemplar_distances: &[f64],
) -> Result<Vec<f64>, Error> {
    let places = (&condensed.row_clusters[..], &condensed.row_lambdas[..]);
    membership(condensed, labels, places, exemplar_distances)
}

/// Turns distances into shares of 1/distance; rows at distance 0 share everything.
fn nearness(shares: &mut [f64]) {
    let least = shares.iter().copied().fold(f64::INFINITY, f64::min);
    for share in shares.iter_mut() {
        *share = match (least == 0.0, least == f64::INFINITY) {
            (true, _) => f64::from(u8::from(*share == 0.0)),
            (_, true) => 1.0,
            // Relative to the least, which cancels, so that nothing overflows.
            _ => least / *share,
        };
    }
    normalise(shares, 1.0);
}

/// The softmax of `λ_max / (λ_max − λ)`.
fn lateness(heights: &[f64], deepest: f64) -> Vec<f64> {
    let top = deepest + BEYOND;
    let score = |height: &f64| match (top == f64::INFINITY, *height == f64::INFINITY) {
        (_, true) => f64::INFINITY,
        (true, false) => 1.0,
        _ if *height >= top => f64::INFINITY,
        _ => top / (top - height),
    };
    let mut scores: Vec<f64> = heights.iter().map(score).collect();
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for score in &mut scores {
        *score = if *score == largest { 1.0 } else { (*score - largest).exp() };
    }
    normalise(&mut scores, 1.0);
    scores
}

/// The probability of being in any cluster.
fn in_some(condensed: &Condensed, taken: &[u32], heights: &[f64]) -> f64 {
    let mut latest = (0, f64::NEG_INFINITY);
    for (label, height) in heights.iter().enumerate() {
        if *height > latest.1 {
            latest = (label, *height);
        }
    }
    let deepest = condensed.clusters[taken[latest.0] as usize].deepest;
    if latest.1 >= deepest { 1.0 } else { latest.1 / deepest }
}

/// Scales the values so that they sum to `total`; zeros stay.
fn normalise(values: &mut [f64], total: f64) {
    let sum: f64 = values.iter().sum();
    if sum > 0.0 {
        for value in values {
            *value *= total / sum;
        }
    }
}

/// Where rows and taken clusters part.
struct Partings<'a> {
    condensed: &'a Condensed,
    /// Of each cluster of the tree: which of `taken` lie below it, as ranges of `order`.
    below: Vec<std::ops::Range<u32>>,
    /// Labels, depth first.
    order: Vec<u32>,
}

impl<'a> Partings<'a> {
    fn new(condensed: &'a Condensed, taken: &[u32]) -> Self {
        let clusters = &condensed.clusters;
        let mut label_of = vec![u32::MAX; clusters.len()];
        for (label, cluster) in taken.iter().enumerate() {
            label_of[*cluster as usize] = label as u32;
        }
        let mut below = vec![0..0; clusters.len()];
        let mut order = Vec::with_capacity(taken.len());
        // Depth first: a cluster is met on the way down, and again once all below it is done.
        let mut stack = vec![(0_u32, false)];
        while let Some((cluster, done)) = stack.pop() {
            let at = cluster as usize;
            if done {
                below[at].end = order.len() as u32;
                continue;
            }
            below[at].start = order.len() as u32;
            if label_of[at] != u32::MAX {
                order.push(label_of[at]);
            }
            stack.push((cluster, true));
            stack.extend(clusters[at].children.clone().map(|child| (child, false)));
        }
        Self { condensed, below, order }
    }

    /// λ at which a row that falls out of `cluster` at `lambda` and each taken cluster part.
    fn heights(&self, cluster: u32, lambda: f64, heights: &mut [f64]) {
        let clusters = &self.condensed.clusters;
        let mut at = cluster as usize;
        let mut done = 0..0;
        // Below its own cluster and above it, they part where the row falls out; elsewhere, where the last cluster
        // that holds both splits.
        let mut parting = lambda;
        loop {
            let below = self.below[at].clone();
            for place in (below.start..done.start).chain(done.end.max(below.start)..below.end) {
                heights[self.order[place as usize] as usize] = parting;
            }
            if let Some(first) = self.own(at) {
                heights[first as usize] = lambda;
            }
            if at == 0 {
                return;
            }
            done = below;
            at = clusters[at].parent as usize;
            parting = clusters[at].death;
        }
    }

    /// The label that a cluster itself has, if it was taken: it comes first of those below it.
    fn own(&self, cluster: usize) -> Option<u32> {
        let below = &self.below[cluster];
        let inside = self.condensed.clusters[cluster].children.clone();
        let in_children: u32 = inside
            .map(|child| self.below[child as usize].end - self.below[child as usize].start)
            .sum();
        (below.end - below.start > in_children).then(|| self.order[below.start as usize])
    }
}
