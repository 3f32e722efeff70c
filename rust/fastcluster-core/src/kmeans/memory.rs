//! What calls take on top of the data, and the refusal of those that take more than they may.

use super::sums::RUNS_AT_ONCE;
use crate::Error;
use crate::filter::{BLOCK_ROWS, Filter};
use crate::points::Points;

/// Refuses a call that needs more than `limit`.
pub(super) fn check(needed: u64, limit: Option<u64>) -> Result<(), Error> {
    match limit {
        Some(limit) if needed > limit => Err(Error::Memory { needed, limit }),
        _ => Ok(()),
    }
}

/// Centers, their sums, panels and copies.
pub(super) fn of_centers(n_clusters: usize, n_features: usize) -> u64 {
    48 * n_clusters as u64 * n_features as u64
}

/// Lloyd's iterations: row states, changes, labels and the sorted order, or the sums of runs.
pub(super) fn of_lloyd(n_rows: usize, n_features: usize, n_clusters: usize) -> u64 {
    let sums = 8 * n_clusters as u64 * n_features as u64;
    n_rows as u64 * 40 + RUNS_AT_ONCE as u64 * sums.min(1 << 19)
}

/// The share of X in float32 that a fit takes where it can: with what threads and the allocator add, 0.35 is not passed.
const SHARE: (u64, u64) = (8, 25);

/// Bytes that no fit is kept below.
const ROOM_MIN: u64 = 1 << 22;

/// Bytes a row beside words and bounds while the centers move: its state, its place in the order of clusters, and what
/// is noted of one in three rows that change.
const STATE_BYTES: u64 = 20;

/// How many of the first rows keep their words in sieves, where bounds and centers take `kept` bytes: as many as leave
/// a fit its share of X, but at least half. Words cost least to do without: they are made again of rows that are open.
pub(super) fn rows_in_words(
    points: &Points<'_>,
    filter: &Filter,
    n_clusters: usize,
    kept: u64,
) -> usize {
    let (n, d) = (points.n_rows(), points.n_features() as u64);
    let room = (4 * n as u64 * d * SHARE.0 / SHARE.1).max(ROOM_MIN);
    let sums = 8 * n_clusters as u64 * d;
    let needed = filter.stored_bytes(points) + kept + sums + STATE_BYTES * n as u64;
    let without = needed.saturating_sub(room).div_ceil(filter.word_bytes() as u64) as usize;
    if without == 0 { n } else { (n - without.min(n / 2)) / BLOCK_ROWS * BLOCK_ROWS }
}
