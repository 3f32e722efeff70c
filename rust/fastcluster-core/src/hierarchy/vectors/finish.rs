//! The last clusters, joined by the distances of all pairs.

use super::clusters::{Clusters, Pair};
use super::measure::Measure;
use crate::hierarchy::Method;
use crate::hierarchy::condensed;
use crate::hierarchy::dendrogram::Join;
use crate::{Context, Error};

/// Appends the joins of the standing clusters.
pub(super) fn joins(
    clusters: &Clusters<'_, '_>,
    standing: &[u32],
    joins: &mut Vec<Join>,
    context: &Context<'_>,
) -> Result<(), Error> {
    let d = clusters.points.n_features();
    let rows = context.pool.map_tasks(
        context.observer,
        standing.len(),
        || Pair::new(d),
        |pair, row| {
            let own = standing[row];
            let after = standing[row + 1..].iter();
            Ok(after.map(|other| clusters.between(own, *other, pair)).collect::<Vec<f64>>())
        },
    )?;
    let mut distances = rows.concat();
    drop(rows);
    let sizes = standing.iter().map(|cluster| clusters.size(*cluster)).collect();
    let method = match clusters.measure {
        Measure::Ward => Method::Ward,
        Measure::Cosine => Method::Average,
    };
    let last = condensed::chain_joins(&mut distances, sizes, method, context.observer)?;
    joins.extend(last.into_iter().map(|join| Join {
        one: standing[join.one as usize],
        other: standing[join.other as usize],
        ..join
    }));
    Ok(())
}
