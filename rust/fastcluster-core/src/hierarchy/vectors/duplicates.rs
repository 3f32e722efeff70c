//! Rows that are equal.
//!
//! # Cost
//! Each row is read once, and sorted by a hash of its values: 16 bytes a row.

use xxhash_rust::xxh3::Xxh3Default;

use super::clusters::Clusters;
use crate::hierarchy::dendrogram::Join;
use crate::points::{Points, block_rows};
use crate::{Context, Error};

/// Rows read by one thread at a time.
const BLOCK: usize = 1024;

/// The joins, at height 0, of every row with the first that is equal to it: before anything else, for they would all be
/// nearest to all.
pub(super) fn join(
    clusters: &mut Clusters<'_, '_>,
    context: &Context<'_>,
) -> Result<Vec<Join>, Error> {
    let pairs = pairs(clusters.points, context)?;
    let join = |(one, other): (u32, u32)| {
        clusters.join_equal(one, other);
        Join { one, other, height: 0.0 }
    };
    Ok(pairs.into_iter().map(join).collect())
}

/// Of all rows that are equal to one before them: the first that is, and the row; those of one kind side by side and in
/// order.
pub(super) fn pairs(points: &Points<'_>, context: &Context<'_>) -> Result<Vec<(u32, u32)>, Error> {
    let (n, d) = (points.n_rows(), points.n_features());
    let mut hashes = vec![(0_u64, 0_u32); n];
    let work = |row: &mut Vec<f64>, block: usize, out: &mut [(u64, u32)]| {
        for (index, out) in block_rows(block, BLOCK, n).zip(out) {
            points.read_64(index, row);
            let mut hash = Xxh3Default::new();
            // Zero of either sign is one value.
            for value in row.iter() {
                hash.update(&(value + 0.0).to_le_bytes());
            }
            *out = (hash.digest(), index as u32);
        }
        Ok(())
    };
    context.pool.map_blocks(context.observer, &mut hashes, BLOCK, || vec![0.0; d], work)?;
    hashes.sort_unstable();
    let (mut first_row, mut row) = (vec![0.0; d], vec![0.0; d]);
    let mut pairs = Vec::new();
    for alike in hashes.chunk_by(|a, b| a.0 == b.0).filter(|alike| alike.len() > 1) {
        context.observer.check()?;
        let one = alike[0].1;
        points.read_64(one as usize, &mut first_row);
        for (_, other) in &alike[1..] {
            points.read_64(*other as usize, &mut row);
            if row == first_row {
                pairs.push((one, *other));
            }
        }
    }
    Ok(pairs)
}
