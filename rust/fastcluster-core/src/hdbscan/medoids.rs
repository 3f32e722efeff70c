//! The row of each cluster with the least sum of distances to its rows, weighted by their probabilities.

use super::batch::{BATCH_ROWS, Batch};
use crate::points::{Points, block_rows};
use crate::{Context, Error};

/// The medoid of each label 0, 1, …; ties to the lowest row, negative labels belong to none.
///
/// # Cost
/// The squares of the cluster sizes, times d.
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::Cancelled`].
pub fn medoids(
    points: &Points<'_>,
    labels: &[i64],
    weights: &[f64],
    context: &Context<'_>,
) -> Result<Vec<u32>, Error> {
    let expected = points.n_rows();
    for (name, found) in [("labels", labels.len()), ("weights", weights.len())] {
        if found != expected {
            return Err(Error::LengthMismatch { name, found, expected });
        }
    }
    let mut members: Vec<Vec<u32>> = Vec::new();
    for (row, label) in labels.iter().enumerate() {
        if let Ok(label) = usize::try_from(*label) {
            members.resize_with(members.len().max(label + 1), Vec::new);
            members[label].push(row as u32);
        }
    }
    let medoid = |rows: &Vec<u32>| medoid_of(points, rows, weights, context);
    members.iter().filter(|rows| !rows.is_empty()).map(medoid).collect()
}

fn medoid_of(
    points: &Points<'_>,
    rows: &[u32],
    weights: &[f64],
    context: &Context<'_>,
) -> Result<u32, Error> {
    let mut sums = vec![0.0; rows.len()];
    context.pool.map_blocks(
        context.observer,
        &mut sums,
        BATCH_ROWS,
        || Batch::with_scratch(points),
        |(batch, scratch, distances), block, sums| {
            let range = block_rows(block, BATCH_ROWS, rows.len());
            batch.read(points, rows[range.clone()].iter().map(|row| *row as usize));
            for (place, row) in rows.iter().enumerate() {
                batch.distances_to(points, *row as usize, scratch, distances);
                let each = sums.iter_mut().zip(distances.iter()).enumerate();
                for (line, (sum, distance)) in each {
                    // A row is at distance 0 from itself, also where it is all zeros under cosine.
                    if range.start + line != place {
                        *sum += distance * weights[*row as usize];
                    }
                }
            }
            Ok(())
        },
    )?;
    let each = rows.iter().zip(&sums);
    let least = each.min_by(|a, b| a.1.total_cmp(b.1).then(a.0.cmp(b.0)));
    Ok(least.map_or(0, |(row, _)| *row))
}
