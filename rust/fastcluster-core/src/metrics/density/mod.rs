//! DBCV, the density-based validity of a clustering: how dense clusters are inside, against how far they are apart.
//!
//! # Definition
//! A row's *core distance* is a mean of its distances to the others of its cluster, dominated by the nearest: with D the
//! number of features, `(Σ (1/d)^D / (n − 1))^(−1/D)`. The mutual reachability of two rows is the largest of their
//! distance and their core distances. A cluster's *sparseness* is the heaviest edge between internal nodes (of more than one
//! edge) of the lightest tree of its rows; the *separation* of two clusters is the least mutual reachability between
//! internal nodes. A cluster scores `(separation − sparseness) / max` of the two, its separation the least to any other,
//! and the whole is their sum weighted by size, noise counting as rows of score 0.
//!
//! # Choices
//! Reachability ties by construction, since one core distance rules many pairs, and which nodes are internal depends on how
//! ties are broken. The rule is that of the hdbscan package: the tree grows from the first row, the lowest row first among
//! equally near ones, and each row is attached to the lowest row of the tree within 10⁻⁵ of that weight.
//! A cluster of a single row has no density and scores 0. A single cluster has no separation, and its score is NaN.
//!
//! # Cost
//! 2·m² distances for a cluster of m rows, and for the separations at most one for each pair of rows of two clusters;
//! pairs that core distances rule out are passed over. Memory: a copy of the rows, and O(n).
//!
//! # Source
//! Moulavi, Jaskowiak, Campello, Zimek and Sander 2014, doi:10.1137/1.9781611973440.96.

mod cores;
mod separation;
mod space;
mod tree;

pub use space::Space;

use super::Clusters;
use crate::pool::Pool;
use crate::{Context, Error};

/// Clusters of at least so many rows are worked on one by one, with all threads; smaller ones side by side.
const LARGE: usize = 4096;

/// Parameters of [`validity`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Params {
    /// D, the dimension in which density is meant; positive.
    pub dimension: f64,
    /// Whether distances stand for themselves: all core distances are zero.
    pub raw: bool,
}

/// The score of each cluster, and of all.
#[derive(Clone, Debug, PartialEq)]
pub struct Validity {
    /// The mean over all rows, noise included.
    pub score: f64,
    /// The score of each cluster.
    pub clusters: Vec<f64>,
}

/// A cluster's part of the places, its sparseness, and which of its places are internal nodes.
struct Inside {
    sparseness: f64,
    internal: Vec<usize>,
}

/// The validity of the clusters of the listed rows; rows that are not listed are noise.
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::OutOfRange`] for a row that is not there; [`Error::Cancelled`].
pub fn validity(
    space: &Space<'_>,
    rows: &[u32],
    clusters: &Clusters,
    params: &Params,
    context: &Context<'_>,
) -> Result<Validity, Error> {
    let (n, k) = (space.n_rows(), clusters.n_clusters());
    if let Some(row) = rows.iter().find(|row| **row as usize >= n) {
        return Err(Error::OutOfRange { name: "rows", found: *row as usize, end: n });
    }
    if clusters.order().len() != rows.len() {
        let found = clusters.order().len();
        return Err(Error::LengthMismatch { name: "labels", found, expected: rows.len() });
    }
    if rows.is_empty() {
        return Ok(Validity { score: 0.0, clusters: Vec::new() });
    }
    let listed: Vec<u32> = clusters.order().iter().map(|place| rows[*place as usize]).collect();
    let gathered = space.gather(&listed, context)?;
    let space = &gathered.space(&listed);
    let cores = cores::of(space, clusters, params, context)?;
    let insides = insides(space, clusters, &cores, context)?;
    let separations = separation::of(space, clusters, &cores, &insides, context)?;
    let scores: Vec<f64> = (0..k)
        .map(|cluster| match clusters.size(cluster) {
            1 => 0.0,
            _ => score(separations[cluster], insides[cluster].sparseness),
        })
        .collect();
    let weighted = scores.iter().enumerate().map(|(cluster, score)| {
        let share = clusters.size(cluster) as f64 / n as f64;
        share * score
    });
    Ok(Validity { score: weighted.sum(), clusters: scores })
}

fn score(separation: f64, sparseness: f64) -> f64 {
    let largest = separation.max(sparseness);
    if largest == 0.0 { 0.0 } else { (separation - sparseness) / largest }
}

/// The trees of all clusters: large ones with all threads each, then the others side by side.
fn insides(
    space: &Space<'_>,
    clusters: &Clusters,
    cores: &[f64],
    context: &Context<'_>,
) -> Result<Vec<Inside>, Error> {
    let alone = Pool::new(1);
    let own = Context { pool: &alone, observer: context.observer };
    let mut small = context.pool.map_tasks(
        context.observer,
        clusters.n_clusters(),
        || (),
        |(), cluster| {
            let places = clusters.places(cluster);
            if places.len() >= LARGE {
                return Ok(None);
            }
            tree::inside(space, places, cores, &own).map(Some)
        },
    )?;
    small
        .drain(..)
        .enumerate()
        .map(|(cluster, inside)| match inside {
            Some(inside) => Ok(inside),
            None => tree::inside(space, clusters.places(cluster), cores, context),
        })
        .collect()
}
