//! Dendrograms from vectors, without the distances of all pairs.

mod clusters;
mod duplicates;
mod finish;
mod generic;
mod grown;
mod lists;
mod measure;
mod regrown;
mod rounds;
mod search;
mod spanning;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod trees;

pub use spanning::tree;

use super::Method;
use super::dendrogram::{self, Join, Merge};
use crate::points::{Metric, Points};
use crate::{Context, Error};
use measure::Measure;

/// Clusters at which the distances of all pairs take over: 2 million, 16 MB.
const FINISH: usize = 2048;

/// The dendrogram of the rows: [`Method::Single`], [`Method::Ward`], [`Method::Centroid`] or [`Method::Median`] by
/// Euclidean distance, [`Method::Average`] by cosine distance of `points` under cosine.
///
/// # Errors
/// [`Error::NoVectorForm`] for any other method, [`Error::Cancelled`].
pub fn linkage(
    points: &Points<'_>,
    method: Method,
    context: &Context<'_>,
) -> Result<Vec<Merge>, Error> {
    let cosine = points.metric() == Metric::Cosine;
    let n = points.n_rows();
    match method {
        Method::Single if !cosine => Ok(dendrogram::ascending(n, tree(points, context)?)),
        Method::Centroid | Method::Median if !cosine => {
            let mut joins = generic::joins(points, method, context)?;
            unscale(&mut joins, points);
            Ok(dendrogram::numbered(n, &joins))
        }
        Method::Ward if !cosine => {
            let mut joins = rounds::joins(points, Measure::Ward, FINISH, context)?;
            unscale(&mut joins, points);
            Ok(dendrogram::ascending(n, joins))
        }
        Method::Average if cosine => {
            let joins = rounds::joins(points, Measure::Cosine, FINISH, context)?;
            Ok(dendrogram::ascending(n, joins))
        }
        _ => Err(Error::NoVectorForm { method: method.name() }),
    }
}

/// Squared heights of scaled rows to heights of the caller's.
fn unscale(joins: &mut [Join], points: &Points<'_>) {
    for join in joins {
        join.height = join.height.sqrt() / points.scale();
    }
}
