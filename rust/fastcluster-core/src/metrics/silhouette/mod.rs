//! The silhouette of rows: how much nearer a row is to its own cluster than to the nearest other.
//!
//! # Definition
//! With a the mean distance of a row to the others of its cluster, and b the least over the other clusters of the mean
//! distance to their rows, the silhouette is (b − a) / max(a, b); 0 for a row alone in its cluster, or where a = b = 0.
//!
//! # Idea
//! All that is needed are sums of distances per row and cluster. For squared Euclidean distances and cosines a sum
//! follows from the cluster's mean and spread (`closed`): n·k·d multiply-adds. A sum of roots needs every distance. For
//! all rows each pair is computed once and counts for both (`pairs`); for some rows, or so many clusters that the table
//! of sums would be larger than the data, each row is compared with all (`rows`).
//!
//! # Source
//! Rousseeuw 1987, doi:10.1016/0377-0427(87)90125-7. The rules for 0 are scikit-learn's.

mod blocks;
mod closed;
mod pairs;
mod rows;

use super::{Clusters, Distance};
use crate::points::Points;
use crate::{Context, Error};

/// Bytes that sums of distances may take however small the data.
const SUMS_BYTES: usize = 64 << 20;

/// The silhouettes of the listed rows (of all rows, where none are listed), each among all rows.
///
/// The points' metric must be the cosine for [`Distance::Cosine`] and Euclidean otherwise.
///
/// # Errors
/// [`Error::LabelCount`]; [`Error::OutOfRange`] for a row that is not there; [`Error::Cancelled`].
pub fn samples(
    points: &Points<'_>,
    clusters: &Clusters,
    distance: Distance,
    rows: Option<&[u32]>,
    context: &Context<'_>,
) -> Result<Vec<f64>, Error> {
    clusters.check_count()?;
    let end = points.n_rows();
    if let Some(row) = rows.into_iter().flatten().find(|row| **row as usize >= end) {
        return Err(Error::OutOfRange { name: "rows", found: *row as usize, end });
    }
    match distance {
        Distance::SquaredEuclidean | Distance::Cosine => {
            closed::samples(points, clusters, distance, rows, context)
        }
        Distance::Euclidean => match rows {
            Some(rows) => rows::samples(points, clusters, rows, context),
            None if fits(points, clusters) => pairs::samples(points, clusters, context),
            None => {
                let all: Vec<u32> = (0..end as u32).collect();
                rows::samples(points, clusters, &all, context)
            }
        },
    }
}

/// Whether one float64 for each row and cluster is little beside the data, or little at all.
fn fits(points: &Points<'_>, clusters: &Clusters) -> bool {
    let per_row = clusters.n_clusters() * size_of::<f64>();
    per_row <= points.n_features() * size_of::<f32>() || per_row * points.n_rows() <= SUMS_BYTES
}

/// The silhouette of a row of cluster `own`, given the sums of its distances to all clusters.
fn silhouette(clusters: &Clusters, own: usize, sums: &[f64]) -> f64 {
    let others = clusters.size(own) - 1;
    if others == 0 {
        return 0.0;
    }
    let inside = sums[own] / others as f64;
    let mut outside = f64::INFINITY;
    for (cluster, sum) in sums.iter().enumerate() {
        if cluster != own {
            outside = outside.min(sum / clusters.size(cluster) as f64);
        }
    }
    let largest = inside.max(outside);
    if largest > 0.0 { (outside - inside) / largest } else { 0.0 }
}
