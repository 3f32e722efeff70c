//! Rows that are equal.

use super::clusters::Clusters;
use crate::hierarchy::dendrogram::Join;
use crate::points::copies;
use crate::{Context, Error};

/// The joins, at height 0, of every row with the first that is equal to it: before anything else, for they would all be
/// nearest to all.
pub(super) fn join(
    clusters: &mut Clusters<'_, '_>,
    context: &Context<'_>,
) -> Result<Vec<Join>, Error> {
    let pairs = copies(clusters.points, context)?;
    let join = |(one, other): (u32, u32)| {
        clusters.join_equal(one, other);
        Join { one, other, height: 0.0 }
    };
    Ok(pairs.into_iter().map(join).collect())
}
