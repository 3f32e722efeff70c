//! Rows that are equal.
//!
//! # Cost
//! Each row is read once, and sorted by a hash of its values: 16 bytes a row.

use xxhash_rust::xxh3::xxh3_64;

use super::{Points, block_rows};
use crate::{Context, Error};

/// Rows read by one thread at a time.
const BLOCK: usize = 1024;

/// Of all rows that are equal to one before them: the first that is, and the row; those of one kind side by side and in
/// order.
///
/// # Errors
/// [`Error::Cancelled`].
pub(crate) fn copies(points: &Points<'_>, context: &Context<'_>) -> Result<Vec<(u32, u32)>, Error> {
    let (n, d) = (points.n_rows(), points.n_features());
    let mut hashes = vec![(0_u64, 0_u32); n];
    let scratch = || (vec![0.0_f64; d], vec![0_u8; size_of::<f64>() * d]);
    context.pool.map_blocks(
        context.observer,
        &mut hashes,
        BLOCK,
        scratch,
        |(row, bytes), block, out| {
            for (index, out) in block_rows(block, BLOCK, n).zip(out) {
                points.read_64(index, row);
                // Zero of either sign is one value.
                for (bytes, value) in bytes.chunks_exact_mut(size_of::<f64>()).zip(row.iter()) {
                    bytes.copy_from_slice(&(value + 0.0).to_le_bytes());
                }
                *out = (xxh3_64(bytes), index as u32);
            }
            Ok(())
        },
    )?;
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
