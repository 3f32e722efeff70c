//! The mean of every cluster and how far its rows are from it.
//!
//! # Precision
//! Rows are read relative to a typical one, so that neither a common offset nor a far row costs the others digits; means are float64 sums over fixed parts
//! of the order combined in order, spreads are sums of distances in difference form.
//!
//! # Cost
//! Two passes over the rows.

use std::ops::Range;

use fastcluster_kernels::{Level, distance, reduce};

use super::Clusters;
use crate::points::Points;
use crate::{Context, Error};

/// Rows summed by one thread at a time.
const PART_ROWS: usize = 1024;

/// Rows whose median is the origin.
const TYPICAL_ROWS: usize = 31;

/// Means and spreads, in working space relative to `origin`.
#[derive(Clone, Debug)]
pub(super) struct Centroids {
    n_features: usize,
    origin: Vec<f64>,
    means: Vec<f64>,
    /// Rows that count: all but rows of zeros under cosine.
    pub(super) counts: Vec<usize>,
    /// `Σ ‖x − c‖` of each cluster.
    pub(super) distances: Vec<f64>,
    /// `Σ ‖x − c‖²` of each cluster.
    pub(super) squares: Vec<f64>,
}

impl Centroids {
    pub(super) fn of(
        points: &Points<'_>,
        clusters: &Clusters,
        context: &Context<'_>,
    ) -> Result<Self, Error> {
        let (k, d) = (clusters.n_clusters(), points.n_features());
        let mut centroids = Self {
            n_features: d,
            origin: typical(points),
            means: vec![0.0; k * d],
            counts: vec![0; k],
            distances: vec![0.0; k],
            squares: vec![0.0; k],
        };
        centroids.add_means(points, clusters, context)?;
        centroids.add_spreads(points, clusters, context)?;
        Ok(centroids)
    }

    /// Reads a row as the means are: relative to the origin.
    pub(super) fn read(&self, points: &Points<'_>, row: usize, out: &mut [f64]) {
        points.read_64(row, out);
        for (value, from) in out.iter_mut().zip(&self.origin) {
            *value -= from;
        }
    }

    /// The mean of a cluster, relative to the origin.
    pub(super) fn mean(&self, cluster: usize) -> &[f64] {
        &self.means[cluster * self.n_features..][..self.n_features]
    }

    /// The mean of all rows, relative to the origin: that of the centroids, by their counts.
    pub(super) fn overall(&self) -> Vec<f64> {
        let n: usize = self.counts.iter().sum();
        let mut sums = vec![0.0; self.n_features];
        for (mean, count) in self.means.chunks_exact(self.n_features).zip(&self.counts) {
            for (sum, value) in sums.iter_mut().zip(mean) {
                *sum += *count as f64 * value;
            }
        }
        sums.iter().map(|sum| sum / n as f64).collect()
    }

    fn add_means(
        &mut self,
        points: &Points<'_>,
        clusters: &Clusters,
        context: &Context<'_>,
    ) -> Result<(), Error> {
        let (d, level) = (self.n_features, Level::current());
        let parts = parts(clusters);
        let sums = context.pool.map_tasks(
            context.observer,
            parts.len(),
            || vec![0.0; d],
            |row, part| {
                let mut sums = vec![0.0; d];
                let mut count = 0;
                for number in &clusters.order()[parts[part].1.clone()] {
                    if points.is_void(*number as usize) {
                        continue;
                    }
                    self.read(points, *number as usize, row);
                    reduce::add_row_64(level, &mut sums, row, 1.0);
                    count += 1;
                }
                Ok((sums, count))
            },
        )?;
        for ((cluster, _), (sums, count)) in parts.iter().zip(sums) {
            self.counts[*cluster] += count;
            let means = &mut self.means[cluster * d..][..d];
            means.iter_mut().zip(sums).for_each(|(mean, sum)| *mean += sum);
        }
        for (means, count) in self.means.chunks_exact_mut(d).zip(&self.counts) {
            let count = (*count).max(1) as f64;
            for mean in means {
                *mean /= count;
            }
        }
        Ok(())
    }

    fn add_spreads(
        &mut self,
        points: &Points<'_>,
        clusters: &Clusters,
        context: &Context<'_>,
    ) -> Result<(), Error> {
        let level = Level::current();
        let parts = parts(clusters);
        let spreads = context.pool.map_tasks(
            context.observer,
            parts.len(),
            || vec![0.0; self.n_features],
            |row, part| {
                let (cluster, places) = &parts[part];
                let (mut distances, mut squares) = (0.0, 0.0);
                for number in &clusters.order()[places.clone()] {
                    if points.is_void(*number as usize) {
                        continue;
                    }
                    self.read(points, *number as usize, row);
                    let squared = distance::squared_64(level, row, self.mean(*cluster));
                    distances += squared.sqrt();
                    squares += squared;
                }
                Ok((distances, squares))
            },
        )?;
        for ((cluster, _), (distances, squares)) in parts.iter().zip(spreads) {
            self.distances[*cluster] += distances;
            self.squares[*cluster] += squares;
        }
        Ok(())
    }
}

/// The median of each feature over a few rows.
fn typical(points: &Points<'_>) -> Vec<f64> {
    let (n, d) = (points.n_rows(), points.n_features());
    let count = n.min(TYPICAL_ROWS);
    let mut rows = vec![0.0; count * d];
    for (number, row) in rows.chunks_exact_mut(d).enumerate() {
        points.read_64(number * n / count, row);
    }
    let median = |feature: usize| {
        let mut values: Vec<f64> = rows.iter().copied().skip(feature).step_by(d).collect();
        *values.select_nth_unstable_by(count / 2, f64::total_cmp).1
    };
    (0..d).map(median).collect()
}

/// The clusters, cut where they have more than [`PART_ROWS`] rows.
fn parts(clusters: &Clusters) -> Vec<(usize, Range<usize>)> {
    let mut parts = Vec::new();
    for cluster in 0..clusters.n_clusters() {
        let places = clusters.places(cluster);
        for first in places.clone().step_by(PART_ROWS) {
            parts.push((cluster, first..(first + PART_ROWS).min(places.end)));
        }
    }
    parts
}
