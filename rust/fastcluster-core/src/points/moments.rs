//! Mean and variance of the features, in one pass.

use fastcluster_kernels::{Level, distance, reduce};

use super::{Metric, Points, SUMMARY_ROWS, block_rows};
use crate::{Context, Error};

/// Mean and mean variance of the rows (scaled and normalised, unweighted).
#[derive(Clone, Debug)]
pub(crate) struct Moments {
    pub(crate) mean: Vec<f64>,
    /// The mean over features of their variances, as scikit-learn's tolerance takes it.
    pub(crate) mean_variance: f64,
}

impl Moments {
    /// Sums deviations from the first row in float64, over fixed blocks combined in order.
    pub(crate) fn of(points: &Points<'_>, context: &Context<'_>) -> Result<Self, Error> {
        let (n, d) = (points.n_rows(), points.n_features());
        let level = Level::current();
        let mut origin = vec![0.0; d];
        points.read_64(0, &mut origin);
        let blocks = context.pool.map_tasks(
            context.observer,
            n.div_ceil(SUMMARY_ROWS),
            || vec![0.0; d],
            |row_values, block| {
                let (mut sums, mut squares) = (vec![0.0; d], vec![0.0; d]);
                for row in block_rows(block, SUMMARY_ROWS, n) {
                    points.read_64(row, row_values);
                    reduce::add_moments(level, &mut sums, &mut squares, row_values, &origin);
                }
                Ok((sums, squares))
            },
        )?;
        let (mut sums, mut squares) = (vec![0.0; d], vec![0.0; d]);
        for (block_sums, block_squares) in blocks {
            for feature in 0..d {
                sums[feature] += block_sums[feature];
                squares[feature] += block_squares[feature];
            }
        }
        let n = n as f64;
        let variances = sums.iter().zip(&squares).map(|(sum, square)| {
            let deviation = sum / n;
            (square / n - deviation * deviation).max(0.0)
        });
        let mean_variance = variances.sum::<f64>() / d as f64;
        let mean = origin.iter().zip(&sums).map(|(origin, sum)| origin + sum / n).collect();
        Ok(Self { mean, mean_variance })
    }

    /// The mean of ‖x − m‖².
    pub(crate) fn spread_per_row(&self) -> f64 {
        self.mean_variance * self.mean.len() as f64
    }

    /// Σ w‖x − m‖² over the rows that count, in working space.
    pub(crate) fn spread(
        &self,
        points: &Points<'_>,
        weights: Option<&[f64]>,
        context: &Context<'_>,
    ) -> Result<f64, Error> {
        let (n, d) = (points.n_rows(), points.n_features());
        if weights.is_none() && points.metric() == Metric::Euclidean {
            return Ok(self.mean_variance * d as f64 * n as f64);
        }
        let level = Level::current();
        let blocks = context.pool.map_tasks(
            context.observer,
            n.div_ceil(SUMMARY_ROWS),
            || vec![0.0; d],
            |values, block| {
                let mut sum = 0.0;
                for row in block_rows(block, SUMMARY_ROWS, n) {
                    points.read_64(row, values);
                    let weight = weights.map_or(1.0, |weights| weights[row]);
                    sum += weight * distance::squared_64(level, values, &self.mean);
                }
                Ok(sum)
            },
        )?;
        Ok(blocks.into_iter().sum())
    }
}
