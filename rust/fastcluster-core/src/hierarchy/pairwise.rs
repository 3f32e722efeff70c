//! Condensed distances of vectors.

use fastcluster_kernels::{Level, distance};

use crate::points::{Metric, Points};
use crate::{Context, Error};

/// The distances of rows i < j, row by row: Euclidean, or 1 − cos of `points` under cosine.
///
/// # Cost
/// n·(n − 1)/2·d multiply-adds in float64, and 8 bytes a pair.
///
/// # Errors
/// [`Error::Cancelled`].
pub fn distances(points: &Points<'_>, context: &Context<'_>) -> Result<Vec<f64>, Error> {
    let (n, d) = (points.n_rows(), points.n_features());
    let level = Level::current();
    let mut found = vec![0.0; n * (n - 1) / 2];
    let mut rest = found.as_mut_slice();
    let mut rows = Vec::with_capacity(n);
    for row in 0..n {
        let (head, tail) = rest.split_at_mut(n - row - 1);
        rows.push(head);
        rest = tail;
    }
    let scratch = || (vec![0.0; d], vec![0.0; d]);
    context.pool.map_blocks(
        context.observer,
        &mut rows,
        1,
        scratch,
        |(one, other), row, out| {
            points.read_64(row, one);
            for (after, out) in out[0].iter_mut().enumerate() {
                points.read_64(row + 1 + after, other);
                *out = match points.metric() {
                    Metric::Euclidean => {
                        distance::squared_64(level, one, other).sqrt() / points.scale()
                    }
                    Metric::Cosine => (1.0 - distance::dot_64(level, one, other)).max(0.0),
                };
            }
            Ok(())
        },
    )?;
    Ok(found)
}
