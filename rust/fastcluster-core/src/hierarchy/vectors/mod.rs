//! Dendrograms from vectors, without the distances of all pairs.

mod clusters;
mod finish;
mod lists;
mod measure;
mod rounds;
mod search;

use super::dendrogram::{self, Merge};
use crate::points::Points;
use crate::{Context, Error};
use measure::Measure;

/// Clusters at which the distances of all pairs take over: 2 million, 16 MB.
const FINISH: usize = 2048;

/// Ward linkage: heights are √(2ab/(a + b)) times the distance of means of a and b rows.
///
/// # Errors
/// [`Error::Cancelled`].
pub fn ward(points: &Points<'_>, context: &Context<'_>) -> Result<Vec<Merge>, Error> {
    let mut joins = rounds::joins(points, Measure::Ward, FINISH, context)?;
    let scale = points.scale();
    joins.iter_mut().for_each(|join| join.height = join.height.sqrt() / scale);
    Ok(dendrogram::ascending(points.n_rows(), joins))
}

/// Average linkage by cosine distance: heights are the mean of 1 − cos over all pairs of members. `points` are under
/// cosine.
///
/// # Errors
/// [`Error::Cancelled`].
pub fn average_cosine(points: &Points<'_>, context: &Context<'_>) -> Result<Vec<Merge>, Error> {
    let joins = rounds::joins(points, Measure::Cosine, FINISH, context)?;
    Ok(dendrogram::ascending(points.n_rows(), joins))
}
