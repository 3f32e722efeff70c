//! Sums of squared Euclidean distances and of cosine distances, from the means and spreads of the clusters.
//!
//! `Σ ‖x − y‖² = n·‖x − c‖² + Σ‖y − c‖²` over the n rows y of a cluster with mean c: every term is positive, so nothing
//! cancels. A cosine distance is half the squared distance of unit rows; a row of zeros is at 1 of every other row.
//!
//! # Cost
//! n·k distances of d features in float64, beside the passes for the means.

use fastcluster_kernels::{Level, distance};

use super::silhouette;
use crate::metrics::centroids::Centroids;
use crate::metrics::{Clusters, Distance};
use crate::points::Points;
use crate::{Context, Error};

/// Rows per task.
const BLOCK_ROWS: usize = 64;

pub(super) fn samples(
    points: &Points<'_>,
    clusters: &Clusters,
    distance: Distance,
    rows: Option<&[u32]>,
    context: &Context<'_>,
) -> Result<Vec<f64>, Error> {
    let centroids = Centroids::of(points, clusters, context)?;
    let half = if distance == Distance::Cosine { 0.5 } else { 1.0 };
    let mut samples = vec![0.0; rows.map_or(points.n_rows(), <[u32]>::len)];
    context.pool.map_blocks(
        context.observer,
        &mut samples,
        BLOCK_ROWS,
        || (vec![0.0; points.n_features()], vec![0.0; clusters.n_clusters()]),
        |(values, sums), block, out| {
            for (position, out) in (block * BLOCK_ROWS..).zip(out) {
                let row = rows.map_or(position, |rows| rows[position] as usize);
                centroids.read(points, row, values);
                let own = clusters.label(row);
                if points.is_void(row) {
                    void_sums(clusters, own, sums);
                } else {
                    row_sums(clusters, &centroids, values, half, sums);
                }
                *out = silhouette(clusters, own, sums);
            }
            Ok(())
        },
    )?;
    Ok(samples)
}

fn row_sums(
    clusters: &Clusters,
    centroids: &Centroids,
    values: &[f64],
    half: f64,
    sums: &mut [f64],
) {
    let level = Level::current();
    for (cluster, sum) in sums.iter_mut().enumerate() {
        let squared = distance::squared_64(level, values, centroids.mean(cluster));
        let n = centroids.counts[cluster];
        let n_void = clusters.size(cluster) - n;
        *sum = half * (n as f64 * squared + centroids.squares[cluster]) + n_void as f64;
    }
}

/// A row of zeros under cosine is at distance 1 of all rows but itself.
fn void_sums(clusters: &Clusters, own: usize, sums: &mut [f64]) {
    for (cluster, sum) in sums.iter_mut().enumerate() {
        *sum = (clusters.size(cluster) - usize::from(cluster == own)) as f64;
    }
}
