//! Davies–Bouldin and Calinski–Harabasz: spread about the centroids against the distances between them.
//!
//! # Cost
//! Two passes over the rows, and k² distances of centroids for Davies–Bouldin.
//!
//! # Source
//! Davies and Bouldin 1979, doi:10.1109/TPAMI.1979.4766909; Caliński and Harabasz 1974, doi:10.1080/03610927408827101.
//! What happens where centroids coincide, or clusters have no spread, is scikit-learn's rule.

use fastcluster_kernels::{Level, distance};

use super::Clusters;
use super::centroids::Centroids;
use crate::points::Points;
use crate::{Context, Error};

/// Distances up to this are taken for zero where all of them are, as scikit-learn does.
const NO_DISTANCE: f64 = 1e-8;

/// The mean over clusters of the largest `(s_i + s_j) / ‖c_i − c_j‖`, s the mean distance from the centroid: 0 is best.
///
/// # Errors
/// [`Error::LabelCount`], [`Error::Cancelled`].
pub fn davies_bouldin(
    points: &Points<'_>,
    clusters: &Clusters,
    context: &Context<'_>,
) -> Result<f64, Error> {
    clusters.check_count()?;
    let centroids = Centroids::of(points, clusters, context)?;
    let k = clusters.n_clusters();
    let spreads: Vec<f64> = (0..k)
        .map(|cluster| centroids.distances[cluster] / clusters.size(cluster) as f64)
        .collect();
    let level = Level::current();
    // The largest ratio of each cluster, and the largest distance.
    let found = context.pool.map_tasks(
        context.observer,
        k,
        || (),
        |(), one| {
            let (mut worst, mut farthest) = (0.0_f64, 0.0_f64);
            for other in (0..k).filter(|other| *other != one) {
                let squared =
                    distance::squared_64(level, centroids.mean(one), centroids.mean(other));
                let apart = squared.sqrt();
                farthest = farthest.max(apart);
                if apart > 0.0 {
                    worst = worst.max((spreads[one] + spreads[other]) / apart);
                }
            }
            Ok((worst, farthest))
        },
    )?;
    let negligible = NO_DISTANCE * points.scale();
    let no_spread = spreads.iter().all(|spread| *spread <= negligible);
    if no_spread || found.iter().all(|(_, farthest)| *farthest <= negligible) {
        return Ok(0.0);
    }
    Ok(found.iter().map(|(worst, _)| worst).sum::<f64>() / k as f64)
}

/// `Σ n_c‖c − m‖² / (k − 1)` over `Σ‖x − c‖² / (n − k)`, m the mean of all rows: large is good, 1 without any spread.
///
/// # Errors
/// [`Error::LabelCount`], [`Error::Cancelled`].
pub fn calinski_harabasz(
    points: &Points<'_>,
    clusters: &Clusters,
    context: &Context<'_>,
) -> Result<f64, Error> {
    clusters.check_count()?;
    let centroids = Centroids::of(points, clusters, context)?;
    let (n, k) = (points.n_rows() as f64, clusters.n_clusters());
    let mean = centroids.overall();
    let between: f64 = (0..k)
        .map(|cluster| {
            let squared = distance::squared_64(Level::current(), centroids.mean(cluster), &mean);
            clusters.size(cluster) as f64 * squared
        })
        .sum();
    let within: f64 = centroids.squares.iter().sum();
    if within == 0.0 {
        return Ok(1.0);
    }
    let k = k as f64;
    Ok(between * (n - k) / (within * (k - 1.0)))
}
